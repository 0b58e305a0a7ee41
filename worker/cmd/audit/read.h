/* Reads what `audit` compares: where the three topics' partitions begin and end now, what the group has committed, and
 * then, one partition after the other, records, receipts and dead letters. */
#ifndef CMD_AUDIT_READ_H
#define CMD_AUDIT_READ_H

#include "audit/audit.h"
#include "cmd/scan.h"

struct audit_ends {
    int64_t begin, end;
};

struct audit_partition {
    int32_t id;
    bool unserved;                            /* added while the topic was in use */
    int64_t committed;                        /* -1: nothing */
    struct audit_ends events, receipts, dead; /* of the logs */
    struct audit_ends span;                   /* of the events: what is audited */
};

struct audit_partitions {
    struct audit_partition *list;
    size_t count;
};

/* For each of the three topics a consumer that reads it as it must be read. */
struct audit_clients {
    struct client *events, *written; /* what others write, what the workers write */
};

/* -1 with err; audit_clients_done them in either case. */
int audit_clients_init(struct audit_clients *clients, const struct config *config, struct err *err);
void audit_clients_done(struct audit_clients *clients);

/* Receipts and dead letters are written after their record; the clocks that stamp them may differ by this much. */
#define AUDIT_CLOCKS_MS 3600000

/* How far the group has come in each of them: INT64_MIN, and -1 with err, where that cannot be asked. */
int audit_look_committed(const struct audit_clients *clients, const struct config *config, struct audit_partitions *partitions,
                         struct err *err);

/* The partition `only`, or all where it is -1, of the span. -1 with err; otherwise free() the list. */
int audit_look(const struct audit_clients *clients, const struct config *config, int32_t only, int64_t since_ms,
               int64_t until_ms, struct audit_partitions *out, struct err *err);

/* How many records, receipts and dead letters that is at most. */
uint64_t audit_look_total(const struct audit_partitions *partitions);

/* Audits one of them: audit_done the result in either case; `progress` steps by what the total counts. `rules` are those of the span; what is the partition's own is
 * filled in. `all_receipts`: also those from long before the span, for a message may be of a record that is not in it. -1 with
 * err. */
struct progress; /* cmd/progress.h's */
int audit_read(const struct audit_clients *clients, const struct config *config, const struct audit_partition *partition,
               const struct audit_rules *rules, bool all_receipts, struct progress *progress, struct audit *out, struct err *err);

#endif
