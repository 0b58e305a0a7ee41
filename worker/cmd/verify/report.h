/* What `verify` says of a record, a line for each thing, on stdout. It goes on where a worker would stop, so that all
 * that is wrong is seen at once; the last line is what a worker would make of it. */
#ifndef CMD_VERIFY_REPORT_H
#define CMD_VERIFY_REPORT_H

#include "event/event.h"

struct report {
    const struct record *record; /* its partition is -1 where that is not known */
    const struct keyring *keyring;
    enum partitioner partitioner;
    int32_t partition_count; /* 0: not known */
    int64_t now_ms, admitted_at_ms;
    bool show_signed;
};

/* Prints it all. OUTCOME_NONE where a worker would admit the record, as far as the record and the keyring tell. */
enum outcome report_print(const struct report *report);

#endif
