/* `dead resend`: signs the same payload anew, under the same event id, and publishes it; not faster than is said. */
#ifndef CMD_DEAD_RESEND_H
#define CMD_DEAD_RESEND_H

#include "cmd/dead/desk.h"
#include "cmd/sign/signer.h"

struct resend_job {
    const struct signer *signer; /* its key is NULL: nothing is signed */
    bool dry_run, json;
    int64_t per_minute; /* events at most */
    struct client *publisher; /* NULL in a dry run */
    uint64_t sent;            /* so far */
    struct desk_sums sums;    /* likewise */
};

/* All that the desk chooses, a line for each letter on stdout and the sums, or an object for each. -1 with err; what was sent before is told all the
 * same. */
int resend_run(struct desk *desk, struct resend_job *job, struct err *err);

#endif
