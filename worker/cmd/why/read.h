/* Reads what `why` puts together: of the partitions where an event may lie its records, receipts and dead letters. What cannot be
 * read is noted, and the rest is read all the same. */
#ifndef CMD_WHY_READ_H
#define CMD_WHY_READ_H

#include "audit/life.h"
#include "cmd/audit/read.h"

/* Something that was not read. */
struct why_note {
    const char *what; /* "records", "receipts", "dead letters", "how far the group has come" */
    int32_t partition; /* -1: of all */
    char *why;         /* owned */
};

struct why_reading {
    const struct audit_clients *clients;
    const struct config *config;
    int64_t since_ms, until_ms; /* INT64_MIN, INT64_MAX: all */
    struct audit_partitions partitions; /* `id` and `unserved` are the caller's, and the list */
    struct why_note *notes;
    size_t note_count;
};

/* Reads all of it into the life, and finishes that. */
void why_read(struct why_reading *reading, struct life *life);
void why_reading_done(struct why_reading *reading);

#endif
