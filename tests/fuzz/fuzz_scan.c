/* The reader of answers, base/json_scan, against jansson: where they do not agree, it is a crash. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "unit/json_both.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *wrong = json_disagreement((struct span){(const char *)data, size});
    if (wrong == NULL)
        return 0;
    fprintf(stderr, "%s\n", wrong);
    abort();
}
