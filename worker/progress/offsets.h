/* Which offsets of a partition are settled: a low watermark, below which all are, and a ring of bits for those beyond.
 * The watermark is what may be committed, and with it goes which record is the last below it: a log that was made again, or
 * lost its tail, has another one there. */
#ifndef PROGRESS_OFFSETS_H
#define PROGRESS_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OFFSETS_SPAN_MAX 1000000 /* between the watermark and what was read last; then the partition pauses */

struct offsets {
    int64_t start; /* where reading began */
    int64_t low;    /* all below are settled */
    int64_t next;   /* all below were read */
    int64_t beyond; /* how many beyond the watermark are settled */
    uint64_t *bits;
    uint32_t *stamps; /* of the records between watermark and next; 0: there is none */
    size_t words;     /* a power of two: of bits; 64 times as many stamps */
    int64_t last;     /* the last record below the watermark; -1: none is known */
    uint32_t last_stamp;
};

/* Enough of a record's time stamp to distinguish it from another at the same offset; never 0. */
uint32_t offsets_stamp(int64_t timestamp_ms);

void offsets_init(struct offsets *offsets, int64_t start);
void offsets_done(struct offsets *offsets);

/* The record at `offset` was read; what lies between the last one and it does not exist (compaction, transaction
 * markers) and counts as settled. False where one at or beyond it was read before. */
bool offsets_read(struct offsets *offsets, int64_t offset, uint32_t stamp);
/* Whether that very record is known to have been read. */
bool offsets_knows(const struct offsets *offsets, int64_t offset, uint32_t stamp);
/* What may be committed: behind the last record below the watermark, or as before where none is known. Not beyond a gap: a log
 * that loses its tail there has other records in it then, and nobody could notice. */
int64_t offsets_settled(const struct offsets *offsets);
/* Must have been read, and not be settled yet. */
void offsets_settle(struct offsets *offsets, int64_t offset);
/* How far reading is ahead of the watermark. */
int64_t offsets_span(const struct offsets *offsets);

#endif
