/* `dead resend`, partition by partition: dead letters are read, then receipts, then the letters that may be sent again
 * once more, each of which is signed and published. */
#ifndef CMD_RESEND_H
#define CMD_RESEND_H

#include "audit/resend.h"
#include "cmd/scan.h"
#include "cmd/signer.h"

struct resend_job {
    const struct config *config;
    struct resend_rules rules;   /* but for the partition, and how many there are */
    const struct signer *signer; /* its key is NULL: nothing is signed */
    bool dry_run;
    int64_t since_ms, until_ms; /* of the dead letters, by Kafka's timestamps; INT64_MIN, INT64_MAX */
    int64_t per_minute;         /* events at most */

    struct client *reader, *publisher; /* `publisher` is NULL in a dry run */
    uint64_t sent, refused;            /* done so far; `refused` without those that need not be sent */
};

/* All of it, a line for each letter on stdout. -1 with err; what was sent before is told all the same. */
int resend_run(struct resend_job *job, struct err *err);

#endif
