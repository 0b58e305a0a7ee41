/* Papercups as far as an engine can tell: customers, conversations, bot messages with their marks. It does what it is
 * asked and never fails; what goes wrong on the way is the world's. Things are numbered from 1, and their UUIDs end in
 * their number. */
#ifndef TESTS_ENGINE_FAKE_PAPERCUPS_H
#define TESTS_ENGINE_FAKE_PAPERCUPS_H

#include "base/buf.h"
#include "base/moment.h"
#include "delivery/answer.h"

#define FAKE_ACCOUNT_ID "d0000000-0000-4000-8000-000000000001" /* whose all keys are */

/* An HTTP request, understood. */
struct fake_request {
    enum call_kind kind;
    unsigned id;                               /* the customer or conversation it speaks of; 0: none */
    char external_id[64], host[64], email[64]; /* FIND_CUSTOMERS, CREATE_CUSTOMER; SET_HOST; "": not given */
    unsigned page;                             /* FIND_CUSTOMERS: behind the first */
    char event[64];                            /* posts: metadata.cupbearer_event */
    char mark[32];                             /* posts */
};

struct fake_customer {
    char account[16], external_id[64];
    char host[64], email[64]; /* "": null */
    unsigned number, updated; /* a later one is newer */
    struct mono updated_at;
    struct mono told_at; /* the world's: when somebody was last told which conversations it has, or begun or opened one */
};

struct fake_conversation {
    unsigned customer;
    bool closed, archived; /* an archived one is in no list but that of its customer */
    struct moment begun;
    struct mono closed_at; /* the world's: since when */
};

/* A widget that hears of a new conversation fetches its messages a second later, and joins it up to 0.6 s behind that.
 * What is posted in between it shows only when its page is loaded again. */
#define FAKE_FETCH_MS 1000
#define FAKE_JOIN_MS  1600

struct fake_message {
    unsigned conversation;
    struct mono stored_at;
    char event[64], mark[32]; /* somebody may have taken the mark away */
    bool missed;              /* an open widget did not show it when it came */
    /* The world's: who has told it as delivered, of which partition, and that its conversation was closed then and has not
     * been opened since: no page that is loaded shows it. An agent may close one after that. */
    bool told;
    int told_by;
    int32_t told_of;
    char told_form; /* of its address: see world_target */
    bool hidden;
};

struct fake_papercups {
    struct fake_customer *customers;
    struct fake_conversation *conversations;
    struct fake_message *messages;
    unsigned customer_count, conversation_count, message_count;
    struct mono now;    /* the world's */
    unsigned updates;   /* of customers' rows */
    int64_t behind_ms;  /* what was posted within that time is in no list yet: a replica is read */
    unsigned page_size; /* of customers; 0: 50 */
    bool unique_marks;  /* the index of deploy/papercups-once.sql: a second message of one mark is refused */
};

void fake_papercups_done(struct fake_papercups *papercups);

/* False where it is no request that Papercups knows. */
bool fake_request_read(struct span method, struct span path, struct span body, struct fake_request *out);
bool fake_request_writes(const struct fake_request *request);
bool fake_request_posts(const struct fake_request *request);
/* "find ann", "post v1 e1": for traces. */
void fake_request_write(struct buf *out, const struct fake_request *request);

/* Does what a write asks: the number of what was made, 0 where there is nothing to write to. */
unsigned fake_papercups_store(struct fake_papercups *papercups, const char *account,
                              const struct fake_request *request, struct moment now);
/* Appends the body of the answer, `made` as fake_papercups_store says. The status. */
int fake_papercups_answer(const struct fake_papercups *papercups, const char *account,
                          const struct fake_request *request, unsigned made, struct buf *body);
/* The body of an error, in the place of what is there. The status. */
int fake_papercups_error(int status, struct buf *body);

/* Nothing in that conversation is hidden any more by what the worker has to see to. */
void fake_papercups_unhide(struct fake_papercups *papercups, unsigned conversation);
/* A row like that one, as the widget, a stranger or an agent makes it; its number. */
unsigned fake_papercups_add_row(struct fake_papercups *papercups, const struct fake_customer *row);
/* The widget that has it says so: it is the newest. */
void fake_papercups_touch_row(struct fake_papercups *papercups, unsigned customer);
/* The one that a widget takes which asks for external_id, host and email: the newest that matches. NULL: none. */
const struct fake_customer *fake_papercups_row(const struct fake_papercups *papercups, const char *account,
                                               const struct fake_request *question);
/* How many messages of that event there are; `customer` by external id. */
unsigned fake_papercups_shown(const struct fake_papercups *papercups, const char *customer,
                              const char *event);
/* Whose a message is. */
const struct fake_customer *fake_papercups_reader(const struct fake_papercups *papercups,
                                                  const struct fake_message *message);
/* A customer with a conversation that holds a message with that mark: as another worker may have left it. */
void fake_papercups_plant(struct fake_papercups *papercups, const char *account, const char *external_id,
                          const char *event, const char *mark);

#endif
