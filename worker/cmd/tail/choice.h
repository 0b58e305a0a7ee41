/* Which receipts `tail` tells, and whom they are for. */
#ifndef CMD_TAIL_CHOICE_H
#define CMD_TAIL_CHOICE_H

#include "receipt/receipt.h"

/* All zero: all of them. Borrows its texts. */
struct choice {
    struct span account, recipient, sender; /* SPAN_NONE: any */
    bool by_outcome, outcomes[OUTCOME_COUNT];
};

/* Adds what a list with commas names: outcomes' words and their reasons. -1 with ERR_USAGE. */
int choice_take_outcomes(struct choice *choice, const char *list, struct err *err);

/* `key`: the receipt's record key, which is its event's. */
bool choice_has(const struct choice *choice, const struct receipt *receipt, struct span key);

/* What a routing key names behind its account; another key, which no good event has, as it is. */
struct span choice_recipient(struct span key);

#endif
