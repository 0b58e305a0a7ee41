/* What `audit` found, on stdout: lines for people, or with --json an object a line. */
#ifndef CMD_AUDIT_PRINT_H
#define CMD_AUDIT_PRINT_H

#include "cmd/audit/read.h"

#define AUDIT_LINES_MAX 1000 /* deviations that are told one by one */

struct audit_print {
    bool json;
    bool papercups; /* what Papercups holds was looked at too */
    struct audit_counts sum;
    uint64_t deviation_count;
    bool kinds[DEVIATION_COUNT]; /* which occurred */
    struct {
        int32_t partition;
        struct deviation deviation;
    } * deviations; /* the first AUDIT_LINES_MAX, in the order of partitions and offsets */
    size_t kept;
};

/* All zero but `json` and `papercups` is one that has printed nothing. */
void audit_print_partition(struct audit_print *print, const struct audit_partition *partition,
                           const struct audit *audit);
/* Whether records = outcomes, as far as was printed, and nothing was left unread. */
bool audit_print_holds(const struct audit_print *print);
/* Whether they differ, or cannot be judged: more than that Papercups could not be read. */
bool audit_print_differs(const struct audit_print *print);
/* The sum, the deviations, and what to do about them. */
void audit_print_end(const struct audit_print *print);
void audit_print_done(struct audit_print *print);

#endif
