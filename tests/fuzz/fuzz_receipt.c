/* A receipt as anybody may have written it, and a commit's metadata. */
#include <jansson.h>

#include "engine/progress.h"
#include "fuzz/fuzz.h"
#include "receipt/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {(const char *)data, size};
    struct receipt receipt;
    struct progress progress;
    json_t *root = NULL;
    if (receipt_read(text, &receipt, &root, NULL) == 0)
        json_decref(root);
    progress_read(text, &progress);
    return 0;
}
