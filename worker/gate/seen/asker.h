/* Whether a customer has seen a message: asked of Papercups when somebody asks the gate, in the thread of that request, within
 * bounds, and remembered. */
#ifndef GATE_SEEN_ASKER_H
#define GATE_SEEN_ASKER_H

#include "base/err.h"
#include "config/config.h"
#include "gate/seen/memory.h"

#define ASKER_MAX        32    /* requests that wait for Papercups at once: the gate has connections left for all else */
#define ASKER_OF_ACCOUNT 4     /* of them, for one account: what hangs leaves the others room */
#define ASKER_MOST_MS    15000 /* for all that one answer takes; less where http_timeout is */

struct asker;

/* Borrows the configuration only for this. NULL with err where a mark secret cannot be read. */
struct asker *asker_new(const struct config *config, struct err *err);
void asker_free(struct asker *asker);

/* What is asked for: an event whose message a worker says to be in Papercups. Borrowed. */
struct asker_event {
    const struct config_account *account;
    struct span routing_key, sender, event_id;
    struct span message_id; /* Papercups' own, of the receipt; SPAN_NONE: it is looked for by its mark */
};

enum asker_end {
    ASKER_TOLD,
    ASKER_NO_ROOM,    /* too many wait */
    ASKER_NO_TIME,    /* Papercups did not answer in time: err */
    ASKER_NOT_READ,   /* it cannot be asked, or its answer says nothing of the message: err */
};

/* Without asking: false where Papercups has to be asked. */
bool asker_remembers(struct asker *asker, const struct asker_event *event, struct seen_told *out);
/* err never has a key in it. */
enum asker_end asker_ask(struct asker *asker, const struct asker_event *event, int64_t http_timeout_ms, struct seen_told *out,
                         struct err *err);
/* How many wait. */
size_t asker_waiting(struct asker *asker);

#endif
