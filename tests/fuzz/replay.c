/* Feeds a target the lines of its seed files, and mutations of each: the same ones in every run, because the stream of
 * numbers is seeded. A crash is a sanitizer's report, with the input written to the file "crash" first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/rng.h"
#include "fuzz/fuzz.h"

#define MUTATIONS 200
#define SIZE_MOST 65536

static void mutate(struct buf *input, struct rng *rng)
{
    static const char *const words[] = {"null",    "\"\"",  "{}", "[]",   "\\u0000",
                                        "\\ud800", "1e999", "-1", "\xff", "\xf0\x9f"};
    for (int64_t changes = 1 + rng_below(rng, 4); changes > 0 && input->size > 0; changes--) {
        size_t at = (size_t)rng_below(rng, (int64_t)input->size);
        size_t length = (size_t)rng_below(rng, (int64_t)(input->size - at) + 1);
        switch (rng_below(rng, 5)) {
        case 0: /* another byte */
            input->data[at] = (char)rng_below(rng, 256);
            break;
        case 1: /* a bit */
            input->data[at] ^= (char)(1 << rng_below(rng, 8));
            break;
        case 2: /* a hole */
            memmove(input->data + at, input->data + at + length, input->size - at - length);
            input->size -= length;
            break;
        case 3: /* a part twice */
            if (input->size + length < SIZE_MOST) {
                char *part = malloc(length + 1);
                memcpy(part, input->data + at, length);
                buf_add(input, part, length);
                free(part);
            }
            break;
        default: /* a word that parsers stumble over */
            buf_add_text(input, words[rng_below(rng, sizeof(words) / sizeof(words[0]))]);
        }
    }
}

/* The bytes in a block of exactly their size: a sanitizer sees one read too far. */
static void run(const char *data, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (size > 0)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static size_t replay(FILE *seeds, struct rng *rng)
{
    char *line = NULL;
    size_t room = 0, count = 0;
    ssize_t size;
    while ((size = getline(&line, &room, seeds)) >= 0) {
        size_t length = size > 0 && line[size - 1] == '\n' ? (size_t)size - 1 : (size_t)size;
        run(line, length);
        for (int i = 0; i < MUTATIONS; i++, count++) {
            struct buf input;
            buf_init(&input, SIZE_MOST);
            buf_add(&input, line, length < SIZE_MOST ? length : SIZE_MOST);
            mutate(&input, rng);
            run(input.data, input.size);
            buf_done(&input);
        }
    }
    free(line);
    return count;
}

int main(int argc, char **argv)
{
    struct rng rng = {1};
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        FILE *seeds = fopen(argv[i], "r");
        if (seeds == NULL) {
            fprintf(stderr, "replay: %s cannot be read\n", argv[i]);
            return 2;
        }
        count += replay(seeds, &rng);
        fclose(seeds);
    }
    printf("%zu inputs\n", count);
    return count == 0;
}
