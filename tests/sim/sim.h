/* A random run of the engine: workers come, go, crash and freeze; answers, acknowledgements and commits are late, lost and wrong;
 * in the end all goes well, and every promise is checked. Time is virtual, and a seed is a run: how many workers and partitions
 * there are, and everything that happens, follows from it. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* The windows in which a message may be shown twice (README, "What is promised"), each of which can be opened. */
struct sim_windows {
    bool slow;    /* a request is under way inside Papercups for longer than the settle time */
    bool stopped; /* a worker is stopped between its last check of the clock and the write */
    bool edited;  /* somebody takes the mark away */
    bool stale;   /* lists are behind by more than the settle time */
};

struct sim_options {
    uint64_t seed;
    int steps;
    int events;     /* ids at most */
    int reach_step; /* of the engines; 0: a small one, as the seed says */
    bool trace;
    struct sim_windows windows;
    /* None of the troubles that have dice of their own: to logs under their owners, the mark secret, names, clocks, addresses,
     * accounts, keyrings. */
    bool steady_logs;
    bool unique_marks; /* Papercups has the index of deploy/papercups-once.sql */
};

struct sim_result {
    unsigned records, crashes, freezes, rebalances; /* what there was */
    unsigned ousted;      /* workers whose name another had taken */
    unsigned duplicated;     /* events that were shown more than once: only where a window is open */
    unsigned misreported; /* shown but reported as failed, or the other way round: only where a window is open */
    unsigned missed;      /* messages that were posted while the widget was joining their new conversation */
    int64_t settled_ms;   /* how long it took to settle everything, once nothing went wrong any more */
    bool good;
};

/* What follows from the seed goes to `report` as one line, then the trace if it is wanted; a broken promise comes last. */
void sim_run(const struct sim_options *options, struct buf *report, struct sim_result *out);

#endif
