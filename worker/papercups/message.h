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
    struct buf external_id; /* empty likewise */
    struct buf host, email; /* what the page gives its widget; no e-mail: empty */
    bool some_email;        /* it gives one, and the event does not say which */
    struct identity identity;
};

/* What an answer is held against, beside the call: which rows of customers are asked for, those that the page's widget
 * finds, and of which account. */
struct question {
    struct span account, inbox;    /* Papercups' ids; empty: not known, any */
    struct span external_id, host; /* empty: any */
    struct span email;             /* empty: any, or none */
    bool some_email;               /* only rows that have one */
};

struct message_options {
    const char *widget_host;
    bool email_given;       /* the account's pages give their widget the customer's e-mail */
    struct span event_name; /* metadata.cupbearer_event, or SPAN_NONE */
};

/* message_done it. */
void message_init(struct message *message, const struct payload *payload, const struct identity *identity,
                  const struct message_options *options);
void message_done(struct message *message);
/* It borrows from the message, which does not know its account. */
struct question message_question(const struct message *message);
size_t message_size(const struct message *message);

#endif
