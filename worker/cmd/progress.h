/* How far long work has come: a line on stderr that is written over and over, where stderr is a terminal; nothing elsewhere. */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/moment.h"

struct progress {
    bool is_on, is_shown;
    const char *what; /* "reading receipts": borrowed */
    uint64_t done, total;
    struct mono next; /* when it is written again */
};

void progress_init(struct progress *progress);
/* Begins to count anew, to `total`; 0: it is not known. */
void progress_begin(struct progress *progress, const char *what, uint64_t total);
void progress_step(struct progress *progress);
/* So many are done without a step each: they are left out. */
void progress_skip(struct progress *progress, uint64_t count);
/* Takes the line away; the next step puts it back. Before anything else is written to the terminal, and at the end. */
void progress_hide(struct progress *progress);

/* The line, at most 79 characters and a 0: "reading receipts [=====>     ]  45 %  123 of 270". Returns its length. */
#define PROGRESS_LINE 80
int progress_line(char out[PROGRESS_LINE], const char *what, uint64_t done, uint64_t total);

#endif
