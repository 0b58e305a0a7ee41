/* What makes a state the state it is, field by field: into a hash of 128 bits, or printed for people. Two states with one
 * fingerprint are taken for the same, so whatever can make a difference later has to be put in here. */
#ifndef TESTS_EXPLORE_MARK_H
#define TESTS_EXPLORE_MARK_H

#include <stdint.h>
#include <stdio.h>

#include "base/span.h"

struct fingerprint {
    uint64_t low, high;
};

#define MARK_MOST  8192
#define ITEMS_MOST 32

struct mark {
    FILE *print; /* NULL: nobody reads along */
    size_t size;
    unsigned char data[MARK_MOST];
};

/* Things whose order makes no difference. */
struct mark_set {
    size_t count;
    struct fingerprint items[ITEMS_MOST];
};

void mark_init(struct mark *mark, FILE *print);
void mark_number(struct mark *mark, const char *name, int64_t value);
void mark_text(struct mark *mark, const char *name, const char *text);
void mark_span(struct mark *mark, const char *name, struct span bytes);
/* Before each of several things, so that where one ends is told from what stands in the next. */
void mark_head(struct mark *mark, const char *name);
struct fingerprint mark_done(const struct mark *mark);

void mark_set_add(struct mark_set *set, const struct mark *item);
/* Adds what was gathered, in an order of its own. */
void mark_set_done(struct mark *mark, struct mark_set *set);

#endif
