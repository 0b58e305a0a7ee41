/* The states that were reached: a set of fingerprints, with a word of the caller's beside each. */
#ifndef TESTS_EXPLORE_SEEN_H
#define TESTS_EXPLORE_SEEN_H

#include <stdbool.h>
#include <stddef.h>

#include "explore/mark.h"

struct seen {
    struct fingerprint *slots; /* all zero: empty */
    uint64_t *words;           /* NULL: nobody wants them */
    size_t capacity, count;
};

void seen_init(struct seen *seen, bool with_words);
void seen_done(struct seen *seen);
/* Where it stands until the next one is added; *added: it was not there. */
size_t seen_add(struct seen *seen, struct fingerprint fingerprint, bool *added);

static inline bool fingerprint_equal(struct fingerprint a, struct fingerprint b)
{
    return a.low == b.low && a.high == b.high;
}

#endif
