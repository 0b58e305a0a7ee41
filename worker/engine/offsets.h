/* Which offsets of a partition are settled: a low watermark, below which all are, and a ring of bits for those beyond.
 * The watermark is what may be committed. */
#ifndef ENGINE_OFFSETS_H
#define ENGINE_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OFFSETS_SPAN_MAX 1000000 /* between the watermark and what was read last; then the partition pauses */

struct offsets {
    int64_t low;    /* all below are settled */
    int64_t next;   /* all below were read */
    int64_t beyond; /* how many beyond the watermark are settled */
    uint64_t *bits;
    size_t words; /* a power of two */
};

void offsets_init(struct offsets *offsets, int64_t start);
void offsets_done(struct offsets *offsets);

/* The record at `offset` was read; what lies between the last one and it does not exist (compaction, transaction
 * markers) and counts as settled. False where it was read before. */
bool offsets_read(struct offsets *offsets, int64_t offset);
/* Must have been read, and not be settled yet. */
void offsets_settle(struct offsets *offsets, int64_t offset);
/* How far reading is ahead of the watermark. */
int64_t offsets_span(const struct offsets *offsets);

#endif
