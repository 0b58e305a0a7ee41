/* A partition that this worker owns: what is under way of it, what may be committed, what it remembers. */
#ifndef ENGINE_PARTITION_H
#define ENGINE_PARTITION_H

#include <sys/queue.h>

#include "base/trace.h"
#include "dedup/window.h"
#include "delivery/timer.h"
#include "progress/offsets.h"
#include "progress/progress.h"
#include "progress/receipted.h"

struct job;
TAILQ_HEAD(job_list, job);

/* A record that was read, which distinguishes its log from another. */
struct witness {
    int64_t offset;
    uint32_t stamp; /* offsets_stamp; 0: none is known */
};

enum partition_state {
    PARTITION_ASSIGNED,   /* what this worker has produced for it before it was lost is still under way; or namesake_until */
    PARTITION_REBUILDING, /* its receipts are being read; its records are not handed in yet */
    PARTITION_RUNNING,
    PARTITION_DRAINING,  /* revoked: nothing new starts, what is under way may finish until drain_end */
    PARTITION_COMMITTING /* nothing is left; its last commit is under way */
};

struct partition {
    int32_t id;
    enum partition_state state;
    const struct trace *trace; /* NULL: nobody listens */
    struct offsets offsets;
    struct window window;
    struct job_list jobs; /* all of them, in the order they were read */
    size_t job_count, memory_used; /* of them */
    size_t glance_count;  /* glances that are due or under way */
    size_t doubted; /* records that have a receipt which may have been late, and are not settled yet */
    struct wall admitted; /* when the record that was read last was admitted */
    /* When the oldest was of those that were read and are left to the next owner; INT64_MAX: none are. */
    struct wall left;

    struct receipted_list receipted; /* what the receipts say of offsets at or beyond the committed one */
    bool inside;             /* it was begun in the middle of its log, and no record below is known */
    bool untouched;          /* never committed, and no receipt: nobody has delivered anything of it */
    size_t foreign_receipts; /* read without a good MAC: ignored */
    size_t other_version;    /* receipts whose MAC is of a version that this one does not know: likewise */
    int64_t in_doubt_end; /* a record below it without a receipt may have been posted by an earlier owner */
    struct mono in_doubt_absent_from; /* when "absent" begins to count for such a one */
    struct mono namesake_until; /* until then another worker of this one's name may go on with it, and nothing is done here */
    bool announced;             /* a commit was accepted that names this worker, or it has no name: deliveries may start */
    bool unproved;              /* of what is not in doubt none does before a commit is accepted that was sent after this one: */
    uint64_t unproved_until;    /* a handle; see log_check_read */
    struct mono assigned_at;    /* when it was assigned, and where its log ended then */
    int64_t assigned_end;
    struct mono rebuilt_at;     /* when its receipts had been read */
    uint64_t rebuilt;           /* of them, so far */
    struct mono first_from;     /* an earlier owner may have posted to any customer until the assignment */
    int64_t reach;              /* accepted: deliveries below it may start */
    int64_t reach_step;         /* and how far beyond what was read it is put */
    int64_t receipts_end;       /* behind the last receipt known to be written */
    struct wall receipts_since; /* PARTITION_ASSIGNED: and from when on they are to be read; 0: all */
    int64_t receipts_from;      /* where those of events beyond the watermark begin */

    int64_t committed;  /* the last offset that was accepted */
    int64_t committing; /* the one under way, -1: none */
    uint64_t commit_handle;
    int64_t committing_reach;
    struct mono commit_sent;
    /* A commit without an answer may be applied late, over a later one. Nothing is started beyond its reach until it can
     * arrive no more and one that was sent after that is accepted. */
    int64_t lost_reach;     /* the least of such commits; INT64_MAX: there is none */
    struct mono lost_until; /* until when they may arrive; MONO_NEVER: not any more */
    bool commit_again;      /* one of them may have put back what was committed */
    bool committing_again;  /* the one under way was sent for that */
    struct mono commit_at;  /* an offset that moved is committed then */
    struct mono reach_at;   /* not before: the last commit failed */
    /* See log_check.c. */
    struct witness newest;  /* the record that was read last */
    struct witness witness; /* what the next check asks about */
    struct witness asked, asked_at; /* of the check that was sent last: what it asks about, and `newest` at that moment */
    uint64_t check_handle;          /* 0: none is under way */
    struct mono check_at;
    struct mono drain_end;
    bool drained;   /* drain_end was reached */
    bool inherited; /* given up with something that is in doubt for the next owner */
    bool paused;
};

struct partition *partition_new(int32_t id, int64_t offset, int64_t reach_step,
                                const unsigned char hash_key[16]);
/* The one place where its state is set. `why`: for the trace. */
void partition_enter(struct partition *partition, enum partition_state state, const char *why);
/* Its jobs must be gone. */
void partition_free(struct partition *partition);

/* Whether the delivery of the record at that offset may start, as far as commits have a say. */
bool partition_may_start(const struct partition *partition, int64_t offset);
/* Deliveries below it may. */
int64_t partition_reach(const struct partition *partition);
/* When a commit is due: at once where records come close to the reach, else every second when the offset moved.
 * MONO_NEVER: there is nothing to commit, or one is under way. */
struct mono partition_commit_due(const struct partition *partition);
/* No record that is still to be judged was admitted earlier. */
struct wall partition_oldest(const struct partition *partition);
/* What is to be committed with the watermark, for a partition that goes on. */
struct progress partition_progress(const struct partition *partition);
/* A receipt was acknowledged at that offset of the receipts' partition (-1: not known). */
void partition_receipt_written(struct partition *partition, int64_t offset);

#endif
