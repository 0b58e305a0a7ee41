/* Looks in Papercups for the messages of a partition's records (look/look.h). */
#ifndef CMD_AUDIT_SHOWN_H
#define CMD_AUDIT_SHOWN_H

#include "cmd/audit/read.h"
#include "look/look.h"

struct audit_shown_reader;

/* Borrows both. NULL with err where a mark secret cannot be read; audit_shown_free it (NULL is allowed). An account that
 * cannot be read is told once on stderr, unless it is to be `quiet`, and its events are not read. */
struct audit_shown_reader *audit_shown_new(const struct config *config, const struct event_rules *rules, bool quiet,
                                           struct err *err);
void audit_shown_free(struct audit_shown_reader *reader);

/* Reads the partition's records again, and adds what was found to an audit that is finished. -1 with err where Kafka does not
 * answer. */
int audit_shown_read(struct audit_shown_reader *reader, struct client *events, const struct audit_partition *partition,
                     struct audit *audit, struct err *err);

/* One event's message, and where it is there, the message by itself. The event must be authentic and have its payload. */
void audit_shown_look(struct audit_shown_reader *reader, const struct event *event, struct span key, struct look_found *out);

#endif
