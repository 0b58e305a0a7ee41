/* Outcomes as values, and the short detail that goes with one. OUTCOME_NONE: nothing is decided yet, or a check
 * passed. The table is outcome.def. */
#ifndef EVENT_OUTCOME_H
#define EVENT_OUTCOME_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

enum outcome {
    OUTCOME_NONE,
#define OUTCOME(name, outcome, reason, text, advice) OUTCOME_##name,
#include "event/outcome.def"
#undef OUTCOME
    OUTCOME_COUNT,
};

/* "delivered", "duplicate", "rejected", "failed"; "" for OUTCOME_NONE. */
const char *outcome_word(enum outcome outcome);
/* The reason's word, "" where there is none. */
const char *outcome_reason(enum outcome outcome);
/* One sentence for people. */
const char *outcome_text(enum outcome outcome);
/* What its sender, or whoever runs the workers, may do about it: without a period, "" where there is nothing to do. */
const char *outcome_advice(enum outcome outcome);
/* Of the two words back to the value; OUTCOME_NONE where there is no such row. */
enum outcome outcome_find(struct span word, struct span reason);

bool outcome_is_rejected(enum outcome outcome);
bool outcome_is_failed(enum outcome outcome);
/* Whether it is found before it is known for sure whose account the record is for. */
bool outcome_precedes_account(enum outcome outcome);
/* Whether the record is copied to the dead letters first. */
bool outcome_has_dead_letter(enum outcome outcome);

/* Of two receipts of one record, whether that which tells `one` is believed rather than that which tells `other`, whichever
 * came first: "delivered" before "unknown", and that before any other. False for both: the first of them is. */
bool outcome_outweighs(enum outcome one, enum outcome other);

/* At most 200 bytes: the path of a member and what is asked of it, a status and Papercups' words. Never a value of the
 * payload. */
struct detail {
    char text[201];
    unsigned char place_size; /* the bytes of the text that are that path; 0: it speaks of no member */
};

struct span detail_place(const struct detail *detail);
/* Makes an error of it, with its place. Returns -1. */
int detail_err(const struct detail *detail, struct err *err);

/* Cut at a code point's end where it is longer. Returns `outcome`: `return detail_set(d, OUTCOME_X, ...)`. */
enum outcome detail_set(struct detail *detail, enum outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
