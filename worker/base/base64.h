/* Base64, strictly: of its alphabet and padding nothing else, and no bits behind the last byte. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/span.h"

/* variant: one of libsodium's. False where `text` is not exactly that, or longer than out[most]. */
bool base64_read(struct span text, int variant, unsigned char *out, size_t most, size_t *size);

#endif
