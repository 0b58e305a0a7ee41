/* Looks in Papercups for an event's message, as a worker reads back what it may have posted: by its mark, in every conversation of
 * the customer, and then the message by itself. Only GET requests, one after the other, in the thread that asks. */
#ifndef LOOK_LOOK_H
#define LOOK_LOOK_H

#include "audit/shown.h"
#include "base/rng.h"
#include "config/config.h"
#include "event/payload.h"
#include "http/client/http_site.h"
#include "papercups/seen.h"

/* The workers' mark secret, and the one before it, ready for use. */
struct look_marks {
    struct identity_key keys[2];
    size_t count;
};

/* -1 with err where a file cannot be read. look_marks_done it in either case. */
int look_marks_init(struct look_marks *marks, const struct config *config, struct err *err);
void look_marks_done(struct look_marks *marks);

/* An account's way to Papercups. */
struct look_site {
    const struct config_account *account;
    struct http_site *http;
    int64_t http_timeout_ms; /* of one request */
    struct mono until;       /* then no request is begun any more, and none goes on */
    struct rng rng;
    bool away;         /* it cannot be asked, and is asked nothing more: */
    struct detail why; /* why */
};

/* The key is read anew each time: it may have been replaced. Borrows the account; look_close it, also where it is `away`. */
void look_open(struct look_site *site, const struct config_account *account, int64_t http_timeout_ms, struct mono until);
/* Whether the key is the account's: another one's finds nothing anywhere, and that would look like a proof. Else it is `away`. */
bool look_check(struct look_site *site);
void look_close(struct look_site *site);

/* Borrowed. */
struct look_event {
    const struct payload *payload;
    struct span routing_key, sender, event_id; /* of which the mark is made */
};

struct look_found {
    enum shown shown;
    struct uuid id;    /* of SHOWN_THERE; "": not known, so it was not read by itself */
    struct seen seen;  /* likewise */
    struct detail why; /* of SHOWN_NOT_READ */
    bool timed_out;    /* likewise: for want of time */
};

/* Fills all but `seen`. An account that does not answer, whatever it is asked, becomes `away`. */
void look_find(struct look_site *site, const struct look_marks *marks, const struct look_event *event, struct look_found *out);
/* The message of out->id by itself, which is another answer of Papercups than a list: fills the rest anew. */
void look_read(struct look_site *site, const struct look_marks *marks, const struct look_event *event, struct look_found *out);

#endif
