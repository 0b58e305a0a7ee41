/* What the simulator's own files share. */
#ifndef TESTS_SIM_SIM_INTERNAL_H
#define TESTS_SIM_SIM_INTERNAL_H

#include "base/rng.h"
#include "engine/world.h"
#include "sim/sim.h"

#define SIM_SECRET_B "whmk_Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M=" /* what the mark secret is changed to */
/* How long it may take to settle everything once nothing goes wrong any more: a lost commit may arrive for a minute, a delivery in
 * doubt is read back twice after 25 s, and what waits for one customer waits in turn. */
#define SIM_SETTLED_MS (15 * 60 * 1000)
#define SIM_LONG_MS (24 * 3600 * 1000) /* a window so long that no clock is wrong by more */

/* What goes wrong more often than elsewhere, in runs of more than 500 steps: how often, in per cent. */
struct sim_weather {
    int64_t late_commits; /* of commits */
    int64_t refusals;     /* of posts */
    int64_t short_lives;  /* of events: twenty seconds */
    int64_t unwritten[2]; /* receipts, and dead letters, that must be tried again */
    int64_t bad_events;   /* whose posts never succeed: answered 500, or lost */
    int64_t others;       /* of events whose id another topic has, too */
    bool steady;          /* workers and partitions mostly stay, for what takes long */
    bool outages;         /* in which all posts are answered 500 */
};

/* The recipient of an event, whenever it is published. */
struct sim_address {
    bool chosen;
    const char *account;
    unsigned customer, conversation; /* both 0: to a customer by external id */
};

struct sim {
    struct world *world;
    struct sim_weather weather;
    struct mono outage_until;
    struct rng rng;
    struct rng strangers; /* dice of their own, as sim_dice */
    bool
        has_strangers; /* pages of other hosts, rows that are not the widget's, accounts that are configured anew */
    struct sim_options options;
    int events;        /* how many ids there are */
    int first_event;   /* those before are of a topic that was made again */
    struct rng log_rng, secret_rng, swap_rng, clock_rng, proxy_rng;
    int64_t strays;          /* per thousand answers: how many are not from Papercups; 0: nothing stands in between */
    int64_t forbidden_texts; /* per cent of events: whose text something in between never lets pass */
    int64_t swaps; /* per thousand answers: how many a cache gives that are another's; 0: there is none */
    int64_t clock_unrest; /* per thousand steps: how often a worker's clock is set; 0: only when a worker is dealt with */
    bool secret_changes, impostors; /* see sim_secret.c */
    int secret_step;                /* to which workers start */
    int secret_of[WORLD_WORKERS_MAX];
    bool stranger[WORLD_WORKERS_MAX];
    struct rng twice_rng;
    bool twice;         /* see sim_twice.c */
    unsigned last_name; /* of those that workers have in the group */
    struct mono told_at[WORLD_WORKERS_MAX]; /* when an ousted one is told */
    struct rng keyring_rng;
    int64_t keyring_unrest; /* per thousand steps: how often the file is changed; 0: never */
    struct world_keyring keyring; /* as the file is now */
    struct rng account_rng;
    bool has_accounts;      /* see sim_accounts.c */
    int64_t account_unrest; /* per thousand steps: how often something happens to one */
    struct rng added_rng;
    bool is_added;      /* see sim_added.c: the last account is, while workers run */
    bool is_configured; /* it is in the configuration file by now */
    bool too_early;     /* it is published for before all know it */
    struct rng trace_rng; /* half of the records have a header traceparent, good or bad */
    struct rng address_rng;
    int64_t by_number; /* per cent: how many events name a customer or a conversation; 0: none */
    struct sim_address addresses[WORLD_EVENTS_MAX];
    int64_t log_unrest; /* per thousand steps: how often something happens to a log; 0: never */
    int64_t unrest;    /* per cent: how often a partition moves, of the times that something happens to it */
    int64_t stride_ms; /* how far time goes at once, where nothing is due */
    struct mono frozen_until[WORLD_WORKERS_MAX];
    bool stopping[WORLD_WORKERS_MAX];
    struct sim_result *result;
};

/* Dice of its own for one kind of trouble, so that its draws change nothing else in the same seed. `name`: the trouble's name in
 * ASCII, as a number. */
struct rng sim_dice(const struct sim *sim, uint64_t name);
int64_t sim_below(struct sim *sim, int64_t bound);
bool sim_chance(struct sim *sim, int64_t per_cent);
bool sim_is_frozen(const struct sim *sim, int worker);
bool sim_is_anyone_frozen(const struct sim *sim);

/* sim.c: every worker runs, and knows its partitions; one that was frozen thaws when its time has come: the others continue without
 * it. */
void sim_recover(struct sim *sim, struct mono *last_fault);

/* sim_events.c: what is published. */
void sim_publish(struct sim *sim);

/* sim_addresses.c: events that name a customer or a conversation. */
void sim_addresses_init(struct sim *sim);
/* Changes the recipient of that one, or does nothing. */
void sim_address(struct sim *sim, int event, struct publication *out);

/* sim_accounts.c: accounts are slow, away, or have another key. */
void sim_accounts_options(struct sim *sim, struct world_options *options);
void sim_accounts(struct sim *sim);
/* Changes of which account an event is, or does nothing. */
void sim_account(const struct sim *sim, int event, struct publication *out);
/* That worker is about to begin anew. */
void sim_accounts_crash(struct sim *sim, int worker);
/* Nothing else goes wrong: one is away, one slow, and the others go on; then all are well, but for a key that stays refused. */
void sim_accounts_calm(struct sim *sim, bool refused);

/* sim_added.c: an account is added while workers run; as those of sim_accounts.c, which call them. */
void sim_added_options(struct sim *sim, struct world_options *options);
void sim_added(struct sim *sim);
void sim_added_crash(struct sim *sim, int worker);
void sim_added_calm(struct sim *sim);
/* Whether that may be published yet. */
bool sim_may_publish(const struct sim *sim, const struct publication *publication);

/* sim_keyring.c: keys are added, revoked, granted less. */
void sim_keyring_init(struct sim *sim);
void sim_keyring(struct sim *sim);
/* That worker is about to begin anew. */
void sim_keyring_crash(struct sim *sim, int worker);
/* The key for what is published now. */
size_t sim_keyring_signs(struct sim *sim);

/* sim_answers.c: what becomes of what was sent, and how time goes on. */
void sim_answer(struct sim *sim);
void sim_acknowledge(struct sim *sim);
void sim_commit(struct sim *sim);
void sim_advance(struct sim *sim);
/* Whatever frozen workers have sent arrives, or does not. */
void sim_arrive_alone(struct sim *sim);
/* They get no answer; what they ask may be done all the same. */
void sim_give_up_requests(struct sim *sim);

/* sim_log.c: records are gone, and their offsets come again. */
void sim_log_init(struct sim *sim);
void sim_log(struct sim *sim);
void sim_log_mend(struct sim *sim);
/* Something becomes of the check that is under way; false: not now. */
bool sim_log_check(struct sim *sim, int worker, int32_t partition);

/* sim_secret.c: the mark secret is changed, and workers begin with another one. */
void sim_secret_init(struct sim *sim);
void sim_secret(struct sim *sim);
void sim_secret_crash(struct sim *sim, int worker);
void sim_secret_mend(struct sim *sim);
void sim_secret_finish(struct sim *sim);

/* sim_twice.c: a worker begins under the name of another. */
void sim_twice_init(struct sim *sim);
void sim_twice(struct sim *sim);
/* That worker is about to begin anew. */
void sim_twice_crash(struct sim *sim, int worker);
void sim_twice_thaw(struct sim *sim, int worker);
/* It ends, for another has its name. */
void sim_twice_end(struct sim *sim, int worker);

/* sim_proxy.c: something in between answers in Papercups' place. */
void sim_proxy_init(struct sim *sim);
enum fate sim_proxy(struct sim *sim, const struct world_request *request, enum fate fate);

/* sim_clocks.c: workers whose clocks are wrong from the start, and are set. */
void sim_clocks_options(struct sim *sim, struct world_options *options);
void sim_clocks_init(struct sim *sim);
void sim_clocks(struct sim *sim);

/* sim_workers.c: partitions and workers come and go. */
void sim_partition(struct sim *sim);
void sim_assign(struct sim *sim, int32_t partition);
void sim_worker(struct sim *sim);
/* So far ahead of the broker's it is from now on, unless that would break a promise that depends on it. */
void sim_set_clock(struct sim *sim, int worker, int64_t chosen_ms);
/* Who was frozen learns what was taken from it. */
void sim_learn(struct sim *sim, int worker);
/* sim_others.c: what people do in Papercups. */
void sim_others(struct sim *sim);
/* The page from which an event comes, and what it gives. */
void sim_page(const struct sim *sim, int event, struct publication *out);
/* The pages of a worker's accounts move to another host, from its next start on. */
void sim_move_host(struct sim *sim, int worker);

#endif
