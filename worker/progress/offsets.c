#include "progress/offsets.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

uint32_t offsets_stamp(int64_t timestamp_ms)
{
    uint32_t stamp = (uint32_t)timestamp_ms;
    return stamp == 0 ? 1 : stamp;
}

void offsets_init(struct offsets *offsets, int64_t start)
{
    *offsets = (struct offsets){.start = start, .low = start, .next = start, .words = 4, .last = -1};
    offsets->bits = mem_new(offsets->words, sizeof(uint64_t));
    offsets->stamps = mem_new(offsets->words * 64, sizeof(uint32_t));
}

void offsets_done(struct offsets *offsets)
{
    free(offsets->bits);
    free(offsets->stamps);
    *offsets = (struct offsets){0};
}

static uint64_t *offsets_word(const struct offsets *offsets, int64_t offset)
{
    return &offsets->bits[((uint64_t)offset / 64) & (offsets->words - 1)];
}

static uint64_t offsets_bit(int64_t offset)
{
    return 1ULL << ((uint64_t)offset % 64);
}

static uint32_t *offsets_stamp_at(const struct offsets *offsets, int64_t offset)
{
    return &offsets->stamps[(uint64_t)offset & (offsets->words * 64 - 1)];
}

/* A ring of more words: what it holds of [low, next) moves to its place. */
static void offsets_grow(struct offsets *offsets)
{
    struct offsets grown = *offsets;
    grown.words *= 2;
    grown.bits = mem_new(grown.words, sizeof(uint64_t));
    grown.stamps = mem_new(grown.words * 64, sizeof(uint32_t));
    for (int64_t at = offsets->low; at < offsets->next; at++) {
        if ((*offsets_word(offsets, at) & offsets_bit(at)) != 0)
            *offsets_word(&grown, at) |= offsets_bit(at);
        *offsets_stamp_at(&grown, at) = *offsets_stamp_at(offsets, at);
    }
    free(offsets->bits);
    free(offsets->stamps);
    *offsets = grown;
}

static void offsets_rise(struct offsets *offsets)
{
    while (offsets->low < offsets->next &&
           (*offsets_word(offsets, offsets->low) & offsets_bit(offsets->low)) != 0) {
        *offsets_word(offsets, offsets->low) &= ~offsets_bit(offsets->low);
        if (*offsets_stamp_at(offsets, offsets->low) != 0) {
            offsets->last = offsets->low;
            offsets->last_stamp = *offsets_stamp_at(offsets, offsets->low);
        }
        offsets->low++;
        offsets->beyond--;
    }
}

bool offsets_read(struct offsets *offsets, int64_t offset, uint32_t stamp)
{
    if (offset < offsets->next)
        return false;
    if (offsets->low == offsets->next) {
        offsets->low = offsets->next = offset;
    } else {
        int64_t gap = offsets->next;
        while ((uint64_t)(offset - offsets->low) + 64 >= offsets->words * 64)
            offsets_grow(offsets);
        offsets->beyond += offset - gap;
        for (; gap < offset; gap++) {
            *offsets_word(offsets, gap) |= offsets_bit(gap);
            *offsets_stamp_at(offsets, gap) = 0;
        }
    }
    *offsets_stamp_at(offsets, offset) = stamp;
    offsets->next = offset + 1;
    return true;
}

bool offsets_knows(const struct offsets *offsets, int64_t offset, uint32_t stamp)
{
    if (offset < offsets->low || offset >= offsets->next)
        return offset == offsets->last && stamp == offsets->last_stamp;
    return stamp == *offsets_stamp_at(offsets, offset);
}

int64_t offsets_settled(const struct offsets *offsets)
{
    return offsets->last < offsets->start ? offsets->start : offsets->last + 1;
}

void offsets_settle(struct offsets *offsets, int64_t offset)
{
    assert(offset >= offsets->low && offset < offsets->next);
    assert((*offsets_word(offsets, offset) & offsets_bit(offset)) == 0);
    *offsets_word(offsets, offset) |= offsets_bit(offset);
    offsets->beyond++;
    offsets_rise(offsets);
}

int64_t offsets_span(const struct offsets *offsets)
{
    return offsets->next - offsets->low;
}
