#include "base/base64.h"

#include <sodium.h>

bool base64_read(struct span text, int variant, unsigned char *out, size_t most, size_t *size)
{
    /* libsodium (1.0.18) takes any byte that is not ASCII for the last digit. */
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] >= 0x80)
            return false;
    return sodium_base642bin(out, most, text.data, text.size, NULL, size, NULL, variant) == 0;
}
