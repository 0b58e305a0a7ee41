/* One delivery: resolve the customer and the conversation, post, and where it is not known whether a post arrived, wait
 * and read back until it is. A state machine that holds no socket and no clock: it is asked what it wants, and given
 * the answers. worker/README.md has it as a drawing. */
#ifndef DELIVERY_DELIVERY_H
#define DELIVERY_DELIVERY_H

#include "base/moment.h"
#include "base/rng.h"
#include "base/trace.h"
#include "delivery/answer.h"
#include "delivery/cache.h"
#include "event/payload.h"

#define CUSTOMER_PAGES 20 /* of one list; more is unreadable */

struct delivery_limits {
    int64_t http_timeout_ms;
    /* How long a request may still be under way inside Papercups after we lost sight of it. */
    int64_t settle_ms;
    /* How long what may be shown, and cannot be read, is asked for past its deadline; then it ends as unknown. */
    int64_t unknown_for_ms;
    /* The least time between a new conversation and the next message into it: a widget that hears of one misses what
     * comes between its fetch and its join. */
    int64_t new_spacing_ms;
    bool email_given, reopen, unassign, refuse_ambiguous; /* the account's settings */
};

enum delivery_step {
    STEP_RESOLVE,       /* by what the event is addressed to */
    STEP_CREATE,        /* the customer */
    STEP_HOST,          /* the row of a customer that is addressed by UUID gets the one it lacks */
    STEP_CONVERSATION,  /* which one to post to */
    STEP_CLOSED,        /* which one to reopen */
    STEP_REOPEN,
    STEP_POST,          /* into it, or a new one with it */
    STEP_UNASSIGN,      /* delivered; the conversation is given back */
    STEP_READBACK,      /* read back: which customers are there */
    STEP_READBACK_LIST, /* read back: their conversations, then the messages of each */
    STEP_DONE,
};

/* Where a readback still has to read: customers first, then conversations. */
struct delivery_search {
    struct uuid *customers, *conversations;
    size_t customer_count, conversation_count;
    size_t customer_next, conversation_next;
    unsigned page; /* of the customers, while there are more */
};

struct delivery {
    enum address address;
    struct uuid to; /* where it is addressed by UUID */
    struct mono deadline;
    struct delivery_limits limits;
    const struct trace *trace; /* NULL: nobody listens */

    enum delivery_step step;
    bool calling;
    bool opened;      /* the conversation was begun or reopened for this message, or may have been */
    struct mono wake; /* not to be asked before */
    unsigned tries;   /* failures in a row, for the backoff */
    bool some_email;  /* the page gives an e-mail that the event does not say: the one row that has any */
    unsigned page;    /* STEP_RESOLVE: of the rows that may be the customer's */
    struct uuid customer, conversation;
    char customer_updated_at[ANSWER_TIME_SIZE]; /* STEP_RESOLVE: of the newest row until now */
    struct mono resolved_at;                    /* when they were found: a post begins CACHE_TTL_MS later at most */
    struct mono post_from; /* the conversation is young: see delivery_limits.new_spacing_ms */
    size_t customer_matches;
    struct mono missing_since; /* the first 404, for whatever it was; 0: there was none. One alone ends nothing */

    /* Whether the message may be there already, and what it takes to prove that it is not. */
    bool unknown;
    struct mono absent_from; /* an "absent" counts when read from here on */
    unsigned absent_needed;  /* in a row */
    unsigned absent_seen;
    struct mono readback_started;
    struct mono read_until; /* set once past the deadline and still unknown: then it ends as unknown */
    struct delivery_search search;

    unsigned attempts; /* posts */
    int refused_by;    /* the last post's answer where it may be meant for good: a complete 5xx, 403; 0: another */
    struct mono refused_at; /* when that came */
    unsigned refusals; /* posts answered so, each proven absent afterwards; and other calls before it that got 403 */
    int refused_last;  /* what the last of them got */
    struct mono refused_since;
    bool was_unassigned; /* the conversation, before the post */
    struct uuid message;
    bool acknowledged;    /* a post was answered with 201: `conversation` is the one to post to */
    enum outcome outcome; /* once STEP_DONE */
    struct detail detail;
};

/* A first delivery. `deadline`: after it no post begins; it may be moved, as clocks become known. */
void delivery_init(struct delivery *delivery, const struct payload *payload,
                   const struct delivery_limits *limits, struct mono deadline);
/* The message may be in Papercups already (another worker may have posted it): it is read back first, and "absent"
 * counts only from `absent_from`, `times` in a row. `why`: for the trace. */
void delivery_doubt(struct delivery *delivery, struct mono absent_from, unsigned times, const char *why);
/* Where to post is known already: the delivery begins with the post. Only for one that has not begun. */
void delivery_resolved(struct delivery *delivery, const struct cached *where);
void delivery_done(struct delivery *delivery);

/* Whether the message may be in Papercups, as far as it knows, in whatever state it is: whoever gives it up unfinished, or
 * without its receipt, leaves it in doubt. */
bool delivery_may_be_shown(const struct delivery *delivery);

/* Whether it would end as gave_up, were it past its deadline. */
bool delivery_may_be_given_up(const struct delivery *delivery);

/* It is delivered, and what it still wants is not worth waiting for: finishes it. False where that is not so. */
bool delivery_cut_short(struct delivery *delivery);

enum delivery_want {
    DELIVERY_CALLS,    /* *call is to be made now; its answer goes to delivery_take */
    DELIVERY_WAITS,    /* until delivery->wake */
    DELIVERY_FINISHED, /* delivery->outcome */
};

enum delivery_want delivery_want(struct delivery *delivery, struct mono now, struct call *call);
/* Asked after an answer: whether it is on its way to its post, and every step so far was answered well. Then its next call
 * goes before those of others who wait: what it has found out gets old, and where every step waited as long as the first
 * one, it would have to begin anew for ever. What failed waits like others, and so do readbacks, for there may be many. */
bool delivery_goes_on(const struct delivery *delivery);
/* When it is to be asked at the latest, whatever it waits for: its time may be over then. */
struct mono delivery_ends(const struct delivery *delivery);
/* The call that delivery_want named is being made. */
void delivery_calling(struct delivery *delivery, const struct call *call, struct mono now);
/* Its answer; what is of use in it is taken over. */
void delivery_take(struct delivery *delivery, const struct call *call, struct answer *answer, struct mono now,
                   struct rng *rng);

#endif
