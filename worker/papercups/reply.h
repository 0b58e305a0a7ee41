/* An HTTP answer, and what it means for the call that asked. Every body is somebody else's bytes: bounded, parsed
 * strictly, and unreadable where anything is not as it should be. */
#ifndef PAPERCUPS_REPLY_H
#define PAPERCUPS_REPLY_H

#include "base/moment.h"
#include "delivery/answer.h"
#include "event/identity.h"
#include "papercups/message.h"

#define REPLY_BODY_MAX  (8u << 20)  /* more is unreadable */
#define REPLY_READ_MAX  (64u << 20) /* of a list of messages, before it is folded: more is too large */
#define REPLY_DEPTH_MAX 32
#define REPLY_IDS_MAX   1000 /* customers or conversations of one answer */

enum transport {
    TRANSPORT_ANSWERED, /* status and body are whole */
    TRANSPORT_NOT_SENT, /* not a byte of the request was handed to the network */
    TRANSPORT_LOST,     /* bytes were handed over, and there is no complete answer */
};

struct reply {
    enum transport transport;
    int status;
    bool is_json;   /* by its content type */
    bool too_large; /* there was more of it than is read: `body` is not all */
    bool timed_out; /* why there is no answer */
    bool has_retry_after;
    int64_t retry_after_ms;
    struct wall date; /* when it was given, by its own Date; 0: it does not say */
    struct span body;
    struct span failure; /* why there is no answer, for people */
};

/* Whether a content type, with or without parameters, is that of JSON. */
bool reply_type_is_json(struct span content_type);

/* Whether the body is an error in Papercups' own words: what something in between says is about nothing of Papercups. */
bool reply_is_own_error(const struct reply *reply);

/* `marks`: those under which this delivery's message may stand, none where nobody waits for the answer any more;
 * `question`: what the answer is held against beside the call; NULL: nothing. An answer to another question is unreadable,
 * but for one that names nothing, as an empty list. answer_done the answer. */
void reply_read(const struct reply *reply, const struct call *call, const struct identity *marks,
                size_t mark_count, const struct question *question, struct answer *out);

#endif
