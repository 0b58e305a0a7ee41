#include "engine/offsets.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

void offsets_init(struct offsets *offsets, int64_t start)
{
    *offsets = (struct offsets){.low = start, .next = start, .words = 4};
    offsets->bits = mem_new(offsets->words, sizeof(uint64_t));
}

void offsets_done(struct offsets *offsets)
{
    free(offsets->bits);
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

/* A ring of more words: the bits of [low, next) move to their places in it. */
static void offsets_grow(struct offsets *offsets)
{
    struct offsets grown = *offsets;
    grown.words *= 2;
    grown.bits = mem_new(grown.words, sizeof(uint64_t));
    for (int64_t at = offsets->low; at < offsets->next; at++)
        if ((*offsets_word(offsets, at) & offsets_bit(at)) != 0)
            *offsets_word(&grown, at) |= offsets_bit(at);
    free(offsets->bits);
    *offsets = grown;
}

static void offsets_rise(struct offsets *offsets)
{
    while (offsets->low < offsets->next &&
           (*offsets_word(offsets, offsets->low) & offsets_bit(offsets->low)) != 0) {
        *offsets_word(offsets, offsets->low) &= ~offsets_bit(offsets->low);
        offsets->low++;
        offsets->beyond--;
    }
}

bool offsets_read(struct offsets *offsets, int64_t offset)
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
        for (; gap < offset; gap++)
            *offsets_word(offsets, gap) |= offsets_bit(gap);
    }
    offsets->next = offset + 1;
    return true;
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
