/* Dead letters counted by reason, account, age and state, and the table of it. */
#ifndef CMD_DEAD_TALLY_H
#define CMD_DEAD_TALLY_H

#include <stdio.h>

#include "audit/resend.h"
#include "config/config.h"

struct tally_cell {
    uint64_t states[RESEND_STATES];
};

struct tally {
    const struct config *config;
    struct tally_cell *cells; /* by outcome, account (the last one: any other), age */
};

/* Borrows the configuration; tally_done it. */
void tally_init(struct tally *tally, const struct config *config);
void tally_done(struct tally *tally);
/* An account that is not the configuration's is "-": strangers make up as many as they like. */
void tally_add(struct tally *tally, enum outcome outcome, struct span account, int64_t age_ms, enum resend_state state);
/* A line for each group of which there is any, under a heading; at most 79 characters wide. Nothing where there is none. */
void tally_print(const struct tally *tally, FILE *out);

#endif
