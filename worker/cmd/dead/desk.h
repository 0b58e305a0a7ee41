/* Reads the dead letters that are chosen, and what became of each since: partition by partition first the letters, then the
 * events that may have no outcome yet, then the receipts, all to their ends; then the letters once more, each of which is handed
 * on with what is known of it. Joins no group and writes nothing. */
#ifndef CMD_DEAD_DESK_H
#define CMD_DEAD_DESK_H

#include "audit/resend.h"
#include "cmd/progress.h"
#include "cmd/scan.h"

/* A dead letter that was chosen; all of it is borrowed until return. */
struct desk_letter {
    int32_t partition;
    const struct record *record;         /* as it lies in the dead letters' topic */
    const struct resend_opened *opened;  /* just now: what is not authentic has no event */
    const struct resend_letter *told;    /* by the receipts */
    const struct resend_rules *rules;    /* of this partition */
    enum resend_verdict verdict;
};

/* 0, or -1 with err: nothing more is read then. */
typedef int desk_take(void *context, const struct desk_letter *letter, struct err *err);
/* A receipt of one of the letters' events, or, where the letter of one place is chosen, of that place. */
typedef void desk_receipt(void *context, const struct ledger *ledger, const struct record *record,
                          const struct receipt *receipt);

struct desk {
    const struct config *config;
    struct resend_rules rules;  /* but for the partition, and how many there are */
    int64_t since_ms, until_ms; /* of the dead letters, by Kafka's timestamps; INT64_MIN, INT64_MAX */
    int32_t only;               /* that partition; -1: all */
    struct client *reader;
    struct progress progress;
    uint64_t foreign; /* records of the dead letters' topic that are none of these events; once read */

    desk_take *take;
    desk_receipt *receipt; /* may be NULL */
    void *context;
};

/* All of them. -1 with err: of `take`, or of Kafka. */
int desk_read(struct desk *desk, struct err *err);

/* How many dead letters are in which state. */
struct desk_sums {
    uint64_t letters, states[RESEND_STATES];
};

void desk_sums_add(struct desk_sums *sums, enum resend_verdict verdict);
/* "33 dead letters: 3 to send, 30 delivered", and a line end. `open`: what is said of those to send; NULL: that. */
void desk_sums_print(const struct desk_sums *sums, const char *open);

#endif
