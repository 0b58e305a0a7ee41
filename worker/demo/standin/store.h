/* What the stand-in holds: accounts, customers, conversations and messages, never freed before the end. Texts are
 * kept as JSON, quotes included (NULL: null), because they are written out far more often than looked into. One mutex
 * guards all of it: every function behind standin_store_unlock wants it held, unless it says otherwise. Ids, and who
 * owns what, never change, and owners are all there from the start: these may be read without it. */
#ifndef DEMO_STANDIN_STORE_H
#define DEMO_STANDIN_STORE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "base/map.h"
#include "demo/standin/standin.h"
#include "demo/standin/request_reply.h"

#define STANDIN_TIME_SIZE 20 /* YYYY-MM-DDTHH:MM:SS and its 0; "" is null */

enum standin_customer_text {
    STANDIN_BROWSER,
    STANDIN_CURRENT_URL,
    STANDIN_EMAIL,
    STANDIN_EXTERNAL_ID,
    STANDIN_HOST,
    STANDIN_NAME,
    STANDIN_OS,
    STANDIN_PATHNAME,
    STANDIN_PHONE,
    STANDIN_PROFILE_PHOTO_URL,
    STANDIN_TIME_ZONE,
    STANDIN_CUSTOMER_TEXTS
};
extern const char *const standin_customer_text_names[STANDIN_CUSTOMER_TEXTS];

/* An account with its one user and its one inbox. */
struct standin_owner {
    struct map_node by_key, by_id, by_inbox, by_user;
    struct standin_owner *next; /* in the order given */
    char *api_key;
    char account_id[STANDIN_ID_SIZE], inbox_id[STANDIN_ID_SIZE];
    char user_key[12]; /* the user's id as a text, the key of by_user */
    char *email;       /* JSON */
    int user_id;
    char created_at[STANDIN_TIME_SIZE];
    struct standin_customer *customers; /* newest first */
    struct standin_conversation *conversations;
};

/* All customers of one account with one external_id. */
struct standin_person {
    struct map_node node;
    char *key;
    struct standin_customer *customers; /* newest first */
    uint64_t version;                   /* grows with each change of them, their conversations and messages */
};

struct standin_customer {
    struct map_node by_id;
    char id[STANDIN_ID_SIZE];
    struct standin_owner *owner;
    struct standin_person *person; /* NULL without an external_id */
    struct standin_customer *next_of_owner, *next_of_person;
    struct standin_conversation *conversations; /* newest first; of other accounts too */
    char *texts[STANDIN_CUSTOMER_TEXTS];
    char *metadata;
    char first_seen[STANDIN_TIME_SIZE]; /* only its first 10 characters are shown */
    char last_seen_at[STANDIN_TIME_SIZE], created_at[STANDIN_TIME_SIZE], updated_at[STANDIN_TIME_SIZE];
};

struct standin_conversation {
    struct map_node by_id;
    char id[STANDIN_ID_SIZE], inbox_id[STANDIN_ID_SIZE];
    struct standin_owner *owner;
    struct standin_customer *customer;
    struct standin_conversation *next_of_customer, *next_of_owner;
    struct standin_message *first, *last; /* in the order of storing */
    size_t message_count, agent_replies;
    const char *status; /* "open" or "closed" */
    const char *source;
    char *priority, *subject, *metadata;
    int assignee_id; /* 0: none */
    bool read;
    uint64_t announced; /* the store's version when its customer's lobby heard of it; 0: never */
    char created_at[STANDIN_TIME_SIZE], closed_at[STANDIN_TIME_SIZE];
    char last_activity_at[STANDIN_TIME_SIZE], archived_at[STANDIN_TIME_SIZE];
};

struct standin_message {
    struct map_node by_id;
    char id[STANDIN_ID_SIZE];
    uint64_t sequence;           /* from 1 */
    uint64_t announced;          /* the store's version when its conversation heard of it */
    struct standin_owner *owner; /* of the key that posted it, whosever the conversation is */
    struct standin_conversation *conversation;
    struct standin_customer *customer; /* who wrote it; NULL: the owner's user did */
    struct standin_message *next;
    const char *type, *source;
    char *body, *content_type, *metadata;
    bool is_private;
    bool deleted; /* in no conversation and under no id any more */
    struct standin_message
        *shouted; /* as it was when it was stored, where it has been changed since; else NULL */
    char created_at[STANDIN_TIME_SIZE], sent_at[STANDIN_TIME_SIZE], seen_at[STANDIN_TIME_SIZE];
};

struct standin_store {
    pthread_mutex_t mutex;
    pthread_cond_t changed, stopped;
    bool stopping;
    size_t watchers; /* threads in standin_store_wait_change */
    struct map owners_by_key, owners_by_id, owners_by_inbox, owners_by_user;
    struct map people, customers, conversations, messages_by_id;
    struct standin_owner *first_owner;
    bool index_on;    /* at most one message of an account has a mark: its metadata's member "cupbearer" */
    struct map marks; /* of all messages, while index_on */
    struct standin_message **messages; /* by sequence - 1 */
    size_t message_count, message_capacity, bot_message_count;
    uint64_t version;
    atomic_uint ahead_s; /* how far the stand-in's clock is ahead */
};

struct standin_store *standin_store_new(void);
void standin_store_free(struct standin_store *store);
void standin_store_lock(struct standin_store *store);
void standin_store_unlock(struct standin_store *store);

/* Now, by a clock that may have been put ahead; as stored: UTC. These need no lock. */
time_t standin_clock(const struct standin_store *store);
void standin_time_now(const struct standin_store *store, char out[STANDIN_TIME_SIZE]);

/* -1 with err where an id is no UUID or the key is taken. */
int standin_store_add_owner(struct standin_store *store, const struct standin_account *account,
                            struct err *err);

/* Each NULL where there is none; ids in lower case. */
struct standin_owner *standin_store_owner_by_key(struct standin_store *store, struct span key);
struct standin_owner *standin_store_owner(struct standin_store *store, const char *account_id);
struct standin_owner *standin_store_inbox(struct standin_store *store, const char *inbox_id);
bool standin_store_user_exists(struct standin_store *store, int user_id);
struct standin_customer *standin_store_customer(struct standin_store *store, const char *id);
struct standin_conversation *standin_store_conversation(struct standin_store *store, const char *id);
struct standin_message *standin_store_message(struct standin_store *store, const char *id);
/* external_id: its bytes, not JSON. */
struct standin_person *standin_store_person(struct standin_store *store, const struct standin_owner *owner,
                                            struct span external_id);

/* The store takes what the pointers own. What `id`, the times of creation and the links say is set here. */
struct standin_customer *standin_store_add_customer(struct standin_store *store,
                                                    const struct standin_customer *draft,
                                                    struct span external_id);
struct standin_conversation *standin_store_add_conversation(struct standin_store *store,
                                                            const struct standin_conversation *draft);
/* Tells the lobby of its customer. */
void standin_store_announce(struct standin_store *store, struct standin_conversation *conversation);
/* hooks: what Papercups does behind POST /messages, but not behind a nested message: assignment, read, reopening.
 * NULL, and the draft still the caller's, where the unique index refuses it. */
struct standin_message *standin_store_add_message(struct standin_store *store,
                                                  const struct standin_message *draft, bool hooks);

/* Keeps what an open widget was told of a message, before it is changed. */
void standin_store_keep_shouted(struct standin_message *message);
void standin_store_remove_message(struct standin_store *store, struct standin_message *message);

/* Makes or drops papercups-api.md's unique index; false, and nothing made, where two messages share a mark already. */
bool standin_store_set_index(struct standin_store *store, bool on);
/* Notes the mark of a message that is about to be stored; false where its account has it already. */
bool standin_store_take_mark(struct standin_store *store, const struct standin_message *message);
void standin_store_give_mark_back(struct standin_store *store, const struct standin_message *message);

/* Moves a customer to another external_id (SPAN_NONE: to none). */
void standin_store_set_external_id(struct standin_store *store, struct standin_customer *customer,
                                   struct span external_id);
/* "open" or "closed"; the same again changes nothing. */
void standin_store_set_status(struct standin_store *store, struct standin_conversation *conversation,
                              const char *status);
/* Below 0 where a stands before b in a list: latest activity first, none at all before that, then the greater id. */
int standin_conversation_order(const struct standin_conversation *a, const struct standin_conversation *b);
/* Wakes those who watch this customer. */
void standin_store_touch(struct standin_store *store, struct standin_customer *customer);

/* Waits until something changes; false when `until` (thread_deadline) is reached or the stand-in stops. */
bool standin_store_wait_change(struct standin_store *store, const struct timespec *until);
/* Waits `delay_ms`, less when the stand-in stops; the mutex must not be held. */
void standin_store_pause(struct standin_store *store, long long delay_ms);
/* Ends all waits, for good; the mutex must not be held. */
void standin_store_stop(struct standin_store *store);

#endif
