#include "explore/seen.h"

#include "base/mem.h"

#include <stdlib.h>

#define SEEN_FIRST (1u << 16)

static void seen_allocate(struct seen *seen, size_t capacity, bool with_words)
{
    seen->capacity = capacity;
    seen->slots = mem_new(capacity, sizeof(*seen->slots));
    seen->words = with_words ? mem_new(capacity, sizeof(*seen->words)) : NULL;
}

void seen_init(struct seen *seen, bool with_words)
{
    *seen = (struct seen){0};
    seen_allocate(seen, SEEN_FIRST, with_words);
}

void seen_done(struct seen *seen)
{
    free(seen->slots);
    free(seen->words);
    *seen = (struct seen){0};
}

static size_t seen_place(const struct seen *seen, struct fingerprint fingerprint)
{
    size_t at = (size_t)fingerprint.low & (seen->capacity - 1);
    while (!fingerprint_equal(seen->slots[at], fingerprint) &&
           !fingerprint_equal(seen->slots[at], (struct fingerprint){0, 0}))
        at = (at + 1) & (seen->capacity - 1);
    return at;
}

static void seen_grow(struct seen *seen)
{
    struct seen old = *seen;
    seen_allocate(seen, old.capacity * 2, old.words != NULL);
    for (size_t i = 0; i < old.capacity; i++) {
        if (fingerprint_equal(old.slots[i], (struct fingerprint){0, 0}))
            continue;
        size_t at = seen_place(seen, old.slots[i]);
        seen->slots[at] = old.slots[i];
        if (old.words != NULL)
            seen->words[at] = old.words[i];
    }
    free(old.slots);
    free(old.words);
}

size_t seen_add(struct seen *seen, struct fingerprint fingerprint, bool *added)
{
    if (seen->count >= seen->capacity / 4 * 3)
        seen_grow(seen);
    size_t at = seen_place(seen, fingerprint);
    *added = !fingerprint_equal(seen->slots[at], fingerprint);
    if (*added) {
        seen->slots[at] = fingerprint;
        seen->count++;
    }
    return at;
}
