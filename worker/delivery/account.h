/* One Papercups account as the engine sees it: what is configured, how many requests are under way, who waits for a
 * place. */
#ifndef DELIVERY_ACCOUNT_H
#define DELIVERY_ACCOUNT_H

#include "base/map.h"
#include "base/remote_clock.h"
#include "base/trace.h"
#include "delivery/answer.h"
#include "delivery/concurrency.h"
#include "delivery/queue.h"

struct account_options {
    size_t index; /* the owner's own number for it: where it keeps URL and key */
    const char *name;
    const char *inbox;       /* a UUID, or NULL: the pages give their widget none */
    const char *widget_host; /* of the pages: which rows of a customer they find */
    bool email_given;        /* they give their widget the customer's e-mail: it must be the row's, too */
    int64_t deliver_within_ms, deliver_within_max_ms;
    int32_t max_in_flight;
    const char *papercups_account; /* what /api/v1/me must say; NULL: it is not asked */
    bool reopen;                   /* a closed conversation, instead of starting a new one */
    bool unassign;                 /* give back a conversation that our message assigned */
    bool refuse_ambiguous; /* several rows that a widget may take: refuse, instead of taking the newest */
    bool held;             /* from now on, until /api/v1/me says that the key is good */
    size_t memory_bytes;   /* of events that wait; more end as failed: backlog. 0: no share of its own */
};

/* Why an account makes no calls for now. */
enum account_hold {
    ACCOUNT_OPEN,
    ACCOUNT_UNCHECKED,    /* its key was not checked yet */
    ACCOUNT_UNAUTHORIZED, /* /api/v1/me answers 401, 403 or 407 */
    ACCOUNT_REDIRECTED,   /* it answers with a redirect: a wrong base URL */
    ACCOUNT_STRANGER,     /* the key is good, and somebody else's */
};

struct account_stats {
    uint64_t answers[ANSWER_COUNT];
    uint64_t outcomes[OUTCOME_COUNT];
    uint64_t ambiguous; /* deliveries for which a widget has several rows to choose from */
    int64_t delivery_ms; /* from admission to delivery, of all that were delivered */
};

struct account {
    struct map_node node;           /* under its name */
    struct account_options options; /* the strings are the account's */
    int32_t in_flight;
    int32_t aside;      /* lists under way for so long that they take no place: see account_set_aside */
    struct queue ready; /* who wants to make a call, first come first served; but see delivery_goes_on */
    /* Glances that are due: they go before those. */
    struct queue glances;
    struct concurrency concurrency;
    enum account_hold hold;
    /* A call was refused, and it is not known whether all are: /api/v1/me is being asked. Until it answers no other is made. */
    bool doubted;
    uint64_t probe;     /* the request that asks whose key it is; 0: none that counts */
    struct timer timer; /* the next probe, or the end of a pause */
    size_t memory_used;
    struct mono posted_at; /* when a message was last taken */
    struct mono well_at;   /* when a call was last answered without trouble */
    struct remote_clock clock; /* of its Papercups, as that dates its answers: for people, nothing is decided by it */
    struct account_stats stats;
    STAILQ_ENTRY(account) in_woken; /* the engine's, where there may be a place: see engine/wake.h */
    bool woken;
    const struct trace *trace; /* NULL: nobody listens */
};

struct account *account_new(const struct account_options *options);
void account_free(struct account *account);
/* Changes its configuration; what is under way goes on as it was begun. Name, index and papercups_account do not
 * change. */
void account_change(struct account *account, const struct account_options *options);

/* Whether a call may be made now; where not, because of a pause, *again is when to ask (else MONO_NEVER). */
bool account_may_call(const struct account *account, struct mono now, struct mono *again);
/* Takes note of an answer, good or bad, to a call that began at `started`. */
void account_answered(struct account *account, enum answer_kind answer, enum call_kind call,
                      struct mono started, struct mono now, struct rng *rng);
/* A list that is long under way, begun at `started`, takes no place any more: it is one customer's affair. One may always
 * be; more, as many as there are places at most, where Papercups has answered other calls since. False: not now. */
bool account_set_aside(struct account *account, struct mono started);
/* The one place where its hold is set. `why`: for the trace. */
void account_enter(struct account *account, enum account_hold hold, const char *why);
/* /api/v1/me has answered: how the account is held from now on. */
void account_probed(struct account *account, const struct answer *answer);
/* "unauthorized", "redirected", ...; for logs and metrics. */
const char *account_hold_word(enum account_hold hold);

/* How long an event may be tried: its own wish or the account's default, never more than the account allows. */
int64_t account_deliver_within_ms(const struct account *account, int64_t wish_s);

#endif
