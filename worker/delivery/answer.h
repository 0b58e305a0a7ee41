/* A call to Papercups and what came back, as far as a delivery cares. papercups/ turns the one into HTTP and the other
 * out of it. */
#ifndef DELIVERY_ANSWER_H
#define DELIVERY_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/moment.h"
#include "event/outcome.h"

struct uuid {
    char text[37]; /* lower case, terminated; "" for none */
};

#define ANSWER_TIME_SIZE                                                                                     \
    32 /* 2026-11-29T13:55:16.123456Z; the times of one server are written alike, and compare as text */

enum call_kind {
    CALL_FIND_CUSTOMERS, /* those that the page's widget finds: by external id, host and, where it gives one, e-mail */
    CALL_LIST_CUSTOMERS, /* by the external id alone: whoever may have got the message */
    CALL_CREATE_CUSTOMER,
    CALL_READ_CUSTOMER,      /* id: the customer; answers its conversations */
    CALL_SET_HOST,           /* id: the customer, whose row has none */
    CALL_LIST_CONVERSATIONS, /* id: the customer; answers the open chat conversation to post to */
    CALL_LIST_CLOSED,        /* id: the customer; answers the closed chat conversation to reopen */
    CALL_REOPEN,             /* id: the conversation */
    CALL_UNASSIGN,           /* id: the conversation */
    CALL_READ_CONVERSATION,  /* id: the conversation */
    CALL_READ_MESSAGES,      /* id: the conversation; answers whether our mark is in it */
    CALL_POST_MESSAGE,       /* id: the conversation */
    CALL_POST_CONVERSATION,  /* id: the customer; the message goes with it */
    CALL_ME,                 /* whose key it is; answers the Papercups account */
};
#define CALL_KINDS (CALL_ME + 1)

struct call {
    enum call_kind kind;
    struct uuid id;
    unsigned page; /* CALL_FIND_CUSTOMERS, CALL_LIST_CUSTOMERS: behind the first; 0 is the first */
};

enum answer_kind {
#define ANSWER(name, word, text) ANSWER_##name,
#include "delivery/answer.def"
#undef ANSWER
    ANSWER_COUNT,
};

struct answer {
    enum answer_kind kind;
    int status;              /* HTTP's, 0 where there was none */
    bool own;                /* a 3xx, 4xx or 5xx: in Papercups' own words; else something in between may have said it */
    int64_t retry_after_ms;  /* ANSWER_LATER */
    int64_t retry_within_ms; /* 0, or the longest wait before the next call, unless Papercups said when */
    struct uuid *ids;        /* ANSWER_OK: what was found, the one to take first; owned by the answer */
    size_t id_count;
    char updated_at[ANSWER_TIME_SIZE]; /* customers: of the first, which is the newest; "": not said */
    bool incomplete;                   /* there is more than the answer lists */
    bool host_missing;                 /* CALL_READ_CUSTOMER: the row has no host, and no widget finds it */
    bool closed;                       /* the conversation is */
    bool unassigned;                   /* the first conversation is */
    bool mark_found;                   /* the message of this delivery is among what was listed */
    struct uuid marked;                /* that message's id, where it is known */
    struct detail detail;

    struct uuid marked_in; /* the conversation of that message, where it is known */
    struct wall begun;     /* when the conversation was, in whole seconds of Papercups' clock; 0: not known */
    int64_t age_ms;        /* so old is it at least; -1: not known */
};

/* Whether it is a post of the message. */
bool call_posts(const struct call *call);
/* Whether its answer holds all messages of one or more conversations: as many as strangers care to write. */
bool call_lists(const struct call *call);
/* Whether it changes anything at Papercups. */
bool call_writes(const struct call *call);

/* The class of its status, for metrics: 2 for 2xx; 0 where there was none. And its word: "2xx", "none". */
#define STATUS_CLASSES 6
size_t answer_status_class(const struct answer *answer);
const char *status_class_word(size_t status_class);

/* Whether it may be about the account and not about its one call: /api/v1/me decides. */
bool answer_is_doubtful(const struct answer *answer);

const char *answer_word(enum answer_kind kind);
void answer_done(struct answer *answer);

#endif
