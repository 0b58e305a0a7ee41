/* What is not the same for all events of a world: their accounts, the keys that sign them, their addresses. */
#ifndef TESTS_ENGINE_WORLD_ACCOUNTS_H
#define TESTS_ENGINE_WORLD_ACCOUNTS_H

#include "fake_papercups.h"
#include "event/outcome.h"
#include "event/record.h"

struct world;
struct world_request;

/* ---- accounts ---- */

#define WORLD_ACCOUNT     "acme"
#define WORLD_ACCOUNT_2   "beta"
#define WORLD_ACCOUNT_3   "gamma" /* where options.account_count says so */
#define WORLD_ACCOUNTS_MAX 3

/* A Papercups, as far as it is not the same for all. */
struct world_account {
    int64_t slow_ms; /* so long an answer takes at least */
    bool away;       /* it refuses connections */
    struct mono away_since;
    bool refuses; /* every key */
    unsigned key; /* the one that it takes */
};

/* Papercups refuses the key of that account ("": of none) from now on; where it has another again, the
 * workers that run are told. */
void world_refuse(struct world *world, const char *account);
bool world_any_refused(const struct world *world);
/* It refuses the key, or takes it again, and nobody is told. */
void world_take_key(struct world *world, size_t account, bool takes);
/* It takes none but another one from now on, which workers have when they are given it. */
void world_new_key(struct world *world, size_t account);
void world_tell_key(struct world *world, int worker, size_t account);
bool world_has_key(const struct world *world, int worker, size_t account);
/* Its answers take so long at least, 0: no time; it refuses connections, or does not any more. */
void world_slow(struct world *world, size_t account, int64_t ms);
void world_away(struct world *world, size_t account, bool away);
const char *world_account_name(size_t account);
/* Of the last one, where there is none of that name. */
size_t world_account_of(struct span name);
/* Whether an answer can be there by now; and when the next one can be that cannot yet. */
bool world_is_due(const struct world *world, const struct world_request *request);
struct mono world_next_due(const struct world *world);
/* Nobody is there to do it, and nobody has yet. */
bool world_is_away(const struct world *world, const struct world_request *request);

/* The worker, which runs, has read a configuration with one more account, whose key it finds good before it makes any other
 * call; or with another address of one that it knows, likewise. */
void world_add_account(struct world *world, int worker, size_t account);
bool world_knows(const struct world *world, int worker, size_t account);
/* Whether every worker does, also those that are frozen. */
bool world_all_know(const struct world *world, size_t account);
/* An event of that account is published. */
void world_note_unknown(struct world *world, struct span routing_key);
/* Those that a worker begins with; how many. */
struct account_options;
size_t world_accounts(const struct world *world, int worker, struct account_options out[WORLD_ACCOUNTS_MAX]);

/* ---- keyrings ---- */

#define WORLD_KEYS 2

/* What a keyring's file says. */
struct world_keyring {
    bool has[WORLD_KEYS], revoked[WORLD_KEYS];
    unsigned grants[WORLD_KEYS]; /* accounts, a bit each */
};

/* The first key alone, for all accounts. */
struct world_keyring world_keyring(void);
/* The worker has read that one. */
void world_give_keyring(struct world *world, int worker, const struct world_keyring *keyring);
/* A post is about to be made; an event has ended so. */
void world_check_key(struct world *world, const struct world_request *request);
void world_check_key_outcome(struct world *world, const struct record *record, enum outcome outcome);

/* ---- addresses ---- */

/* A routing key, read. */
struct world_target {
    struct span account, external_id; /* which the key owns; external_id where the form is 'e' */
    char form;                        /* 'e', 'c' or 'v' */
    unsigned number;                  /* of the customer ('c') or the conversation ('v') */
};
struct world_target world_target(struct span routing_key);
/* Whether the message stands where one of that address belongs. */
bool world_is_to(const struct world *world, const struct fake_message *message, struct span routing_key);
/* Whether that customer or conversation is there, in its account. */
bool world_knows_target(const struct world *world, const struct world_target *target);
/* A post is about to be made for an event of that address. */
void world_check_target(struct world *world, const struct world_request *request, struct span routing_key);
/* That of the records of that id; SPAN_NONE: there are none (any more). */
struct span world_routing_key(const struct world *world, int32_t partition, const char *event_id);
/* When a post to that address was last answered; 0: never. */
struct mono world_answered_at(const struct world *world, struct span routing_key);
/* Each address that has an answer, SPAN_NONE behind the last. */
struct span world_answered_key(const struct world *world, size_t place);

#endif
