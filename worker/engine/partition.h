/* A partition that this worker owns: what is under way of it, what may be committed, what it remembers. */
#ifndef ENGINE_PARTITION_H
#define ENGINE_PARTITION_H

#include "dedup/window.h"
#include "delivery/timer.h"
#include "engine/offsets.h"

struct job;

enum partition_state {
    PARTITION_RUNNING,
    PARTITION_DRAINING,  /* revoked: nothing new starts, what is under way may finish until drain_end */
    PARTITION_COMMITTING /* nothing is left; its last commit is under way */
};

struct partition {
    int32_t id;
    enum partition_state state;
    struct offsets offsets;
    struct window window;
    struct job *jobs, *jobs_last; /* all of them, in the order they were read */
    size_t job_count;
    struct wall admitted;  /* when the record that was read last was admitted */
    int64_t committed;     /* the last offset that was accepted */
    int64_t committing;    /* the one under way, -1: none */
    struct mono commit_at; /* not before */
    struct mono drain_end;
    bool paused;
};

struct partition *partition_new(int32_t id, int64_t offset, const unsigned char hash_key[16]);
/* Its jobs must be gone. */
void partition_free(struct partition *partition);

/* Whether there is something to commit and nothing under way. */
bool partition_has_commit(const struct partition *partition);

#endif
