/* The engine's state, which its own files share: what each of them does with it is in a header of its own, and none of them calls
 * back one that calls it (tests/circles.sh). Nothing outside engine/ includes this but tests. */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "base/remote_clock.h"
#include "base/rng.h"
#include "delivery/cache.h"
#include "engine/engine.h"
#include "engine/glance.h"
#include "engine/job.h"
#include "base/slots.h"
#include "papercups/request.h"
#include "receipt/dead_letter.h"
#include "receipt/receipt.h"

/* A dead letter or a receipt under way for a partition that was lost meanwhile: it may be written still. */
struct orphan {
    engine_handle handle;
    int32_t partition;
};

struct engine {
    struct engine_options options;
    struct keyring *keyring;
    struct identity_key identity_key, previous_identity_key;
    bool has_previous;
    unsigned char mac_key[32], previous_mac_key[32];
    uint64_t secret, previous_secret; /* fingerprints of the mark secrets */
    struct rng rng;

    struct map accounts;
    struct queues queues;
    STAILQ_HEAD(, queue) woken_queues; /* see engine/wake.h; empty between inputs */
    STAILQ_HEAD(, account) woken_accounts;
    struct cache cache;
    struct timers timers;
    struct slots jobs, requests, glances;
    struct partition **partitions; /* by id; NULL: not ours */
    size_t memory_used;
    engine_handle last_commit, last_check;
    bool leased;                      /* a commit was accepted since the last assignment */
    struct mono lease_from;           /* when the newest of them was sent */
    struct remote_clock broker_clock; /* as what was written says */
    int64_t deadlines_by_ms; /* the most that its least_ms was when those were woken who wait for their deadline */
    bool broker_is_mute;  /* it was asked and cannot say: the dead letters' topic has its producers' stamps */
    engine_handle asking; /* the job whose dead letter asks, if it is still there; see deadline.c */
    struct call_times call_times;
    uint64_t outcomes[OUTCOME_COUNT]; /* of records without a known account */
    bool full;                        /* its memory: no record is to be handed in */
    bool stopping, stopped;
    struct mono sweep_at;

    struct moment now; /* of the input being taken */
    struct effect *effects;
    size_t effect_count, effect_capacity;
    struct orphan *orphans;
    size_t orphan_count;
    struct job_list gone; /* jobs that were dropped; effects may point into them until the next input */
};

#endif
