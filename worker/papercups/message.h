/* What Papercups is told of an event, made once when it is admitted: the message with its mark, and the customer for
 * the case that it must be created. */
#ifndef PAPERCUPS_MESSAGE_H
#define PAPERCUPS_MESSAGE_H

#include "base/buf.h"
#include "event/identity.h"
#include "event/payload.h"

#define MESSAGE_JSON_MAX (1u << 20) /* a payload of 256 KiB, escaped, and the mark */

struct message {
    struct buf json;        /* "type":"bot","body":...,"metadata":{...}: the members, without the braces */
    struct buf customer;    /* {"customer":{...}}; empty where the event is addressed by UUID */
    struct buf host;        /* {"customer":{"host":...}}: for a row that lacks it */
    struct buf external_id; /* percent-encoded, for a query; empty likewise */
    struct identity identity;
};

struct message_options {
    const char *widget_host;
    struct span event_name; /* metadata.cupbearer_event, or SPAN_NONE */
};

/* message_done it. */
void message_init(struct message *message, const struct payload *payload, const struct identity *identity,
                  const struct message_options *options);
void message_done(struct message *message);
size_t message_size(const struct message *message);

#endif
