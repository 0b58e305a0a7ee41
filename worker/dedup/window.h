/* The memory of a partition: which identities were admitted, and until when a repetition of one is a duplicate. 20
 * bytes a slot and a load of 11/12 at most; a full part first drops what has ended, then grows by a sixteenth, so it
 * costs 24 bytes an identity at most and never stops to copy more than a 256th.
 * "Now" is the log's: the moments at which records were admitted, never a clock. */
#ifndef DEDUP_WINDOW_H
#define DEDUP_WINDOW_H

#include "base/map.h"
#include "base/moment.h"
#include "event/identity.h"
#include "event/outcome.h"

#define WINDOW_SHARDS 256

struct window_entry;

struct window_shard {
    struct window_entry *entries;
    uint32_t capacity;
    uint32_t count;
};

struct window {
    struct window_shard
        shards[WINDOW_SHARDS]; /* by the identity's first byte: it is a MAC, so they fill evenly */
    struct map failed;         /* the few that ended as failed: they may come again */
    struct wall horizon;
    bool filling;
};

enum window_state {
    WINDOW_NEW,       /* not admitted before, or its window is over */
    WINDOW_DELIVERED, /* a duplicate */
    WINDOW_FAILED,    /* a duplicate, unless signed later than the one that failed */
};

/* Whether an event that ended so is remembered. Of backlog nothing was tried: its identity is as good as new. */
bool window_remembers(enum outcome outcome);
/* When the window of a remembered one begins, Unix milliseconds: the later of the two. A receipt is stamped with it, for by
 * that time the next owner looks for those whose window has not ended. */
int64_t window_from_ms(int64_t admitted_at_ms, int64_t finished_at_ms);

void window_init(struct window *window, const unsigned char hash_key[16]);
void window_done(struct window *window);

/* Very many are about to be added, until window_filled: parts grow by a half, which copies less and takes more memory
 * meanwhile. */
void window_fill(struct window *window);
void window_filled(struct window *window);

/* What a record of this identity, admitted at that moment, meets. For WINDOW_FAILED *signed_at_s is the failed one's. */
enum window_state window_find(const struct window *window, const struct identity *identity,
                              struct wall admitted_at, int64_t *signed_at_s);

/* Remembers a delivered identity until `end` (the later end stays); forgets that it ever failed. */
void window_add(struct window *window, const struct identity *identity, struct wall end);
void window_add_failed(struct window *window, const struct identity *identity, struct wall end,
                       int64_t signed_at_s);

/* No record admitted before `horizon` will be asked for any more: what ended before it may be dropped. */
void window_advance(struct window *window, struct wall horizon);

/* Identities held, ended ones that were not dropped yet included; and the bytes that holding them takes. */
size_t window_count(const struct window *window);
size_t window_bytes(const struct window *window);

#endif
