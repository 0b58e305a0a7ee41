/* A receipt as `tail` prints it. */
#ifndef CMD_TAIL_LINE_H
#define CMD_TAIL_LINE_H

#include <stdio.h>

#include "receipt/receipt.h"

/* A line for people: time (UTC), outcome, account, recipient, event id, reason and detail; what is not known is -. On a terminal of
 * `width` columns it is shorter than that: account and recipient have their columns, the end is cut off, and the time has no day
 * where that is `now_ms`'s. With `width` 0 all is whole. */
void line_print(FILE *out, const struct receipt *receipt, struct span key, size_t width, int64_t now_ms);

/* An object, the receipt's own members and routing_key, which is null where it is no UTF-8. Adds it to `root`. */
struct json_t;
void line_print_json(FILE *out, struct json_t *root, struct span key);

#endif
