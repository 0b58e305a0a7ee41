/* The messages that may have been signed instead of webhook-id "." webhook-timestamp "." value. */
#ifndef CMD_VERIFY_DIAGNOSIS_MESSAGE_H
#define CMD_VERIFY_DIAGNOSIS_MESSAGE_H

#include "base/buf.h"
#include "event/envelope.h"

#define DIAGNOSIS_MESSAGE_MAX (8u << 20) /* a value of 1 MiB, indented */

/* How many kinds there are; kind 0 is the right one. */
size_t diagnosis_message_count(void);

/* Appends the message of that kind; *diagnosis says what was done, NULL for kind 0. False where there is no such message for
 * this record: the value is no JSON, or has no line end. */
bool diagnosis_message(const struct envelope *envelope, struct span value, size_t kind, struct buf *out,
                  const char **diagnosis);

#endif
