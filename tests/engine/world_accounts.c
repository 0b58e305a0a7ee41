/* Accounts: some are slow, or away, or do not take the key that a worker has. What becomes of one is nothing to the others. */
#include <stdio.h>

#include "world_take.h"

static const char *const names[WORLD_ACCOUNTS_MAX] = {WORLD_ACCOUNT, WORLD_ACCOUNT_2, WORLD_ACCOUNT_3};

const char *world_account_name(size_t account)
{
    return names[account];
}

size_t world_account_of(struct span name)
{
    size_t account = 0;
    while (account < WORLD_ACCOUNTS_MAX - 1 && !span_equal(name, span_of(names[account])))
        account++;
    return account;
}

void world_slow(struct world *world, size_t account, int64_t ms)
{
    if (ms > 0)
        world_tell(world, WORLD_NOBODY, "%s answers in %lld ms", names[account], (long long)ms);
    else
        world_tell(world, WORLD_NOBODY, "%s answers at once", names[account]);
    world->accounts[account].slow_ms = ms;
}

void world_away(struct world *world, size_t account, bool away)
{
    world_tell(world, WORLD_NOBODY, "%s %s", names[account], away ? "is away: it refuses connections" : "is back");
    world->accounts[account].away = away;
    world->accounts[account].away_since = world->now.mono;
}

bool world_is_due(const struct world *world, const struct world_request *request)
{
    const struct world_account *account = &world->accounts[world_account_of(span_of(request->account))];
    return account->away || mono_reached(mono_after(request->sent_at, account->slow_ms), world->now.mono);
}

struct mono world_next_due(const struct world *world)
{
    struct mono next = MONO_NEVER;
    for (size_t i = 0; i < world->request_count; i++) {
        const struct world_request *request = &world->requests[i];
        const struct world_account *account = &world->accounts[world_account_of(span_of(request->account))];
        if (account->slow_ms > 0 && !world_is_due(world, request))
            next = mono_earlier(next, mono_after(request->sent_at, account->slow_ms));
    }
    return next;
}

bool world_is_away(const struct world *world, const struct world_request *request)
{
    return request->status == 0 && world->accounts[world_account_of(span_of(request->account))].away;
}

enum fate world_fate_away(const struct world *world, const struct world_request *request, enum fate fate)
{
    struct mono since = world->accounts[world_account_of(span_of(request->account))].away_since;
    if (mono_reached(since, request->sent_at))
        return FATE_NOT_SENT;
    return world_fate_stores(fate) ? FATE_LOST_STORED : FATE_LOST; /* it was under way when its Papercups went away */
}

/* ---- which ones there are ---- */

size_t world_accounts(const struct world *world, int worker, struct account_options out[WORLD_ACCOUNTS_MAX])
{
    const struct world_options *o = &world->options;
    size_t count = 0;
    for (size_t i = 0; i < o->account_count; i++)
        if (world_knows(world, worker, i))
            out[count++] = (struct account_options){.index = i,
                                                    .name = world_account_name(i),
                                                    .widget_host = world->workers[worker].widget_host,
                                                    .deliver_within_ms = WORLD_WITHIN_S * 1000,
                                                    .deliver_within_max_ms = 24 * 3600 * 1000,
                                                    .max_in_flight = o->max_in_flight,
                                                    .email_given = o->email_given,
                                                    .refuse_ambiguous = o->refuse_ambiguous,
                                                    .unassign = o->unassign,
                                                    .reopen = o->reopen,
                                                    .memory_bytes = o->account_memory_bytes};
    return count;
}

bool world_knows(const struct world *world, int worker, size_t account)
{
    return world->workers[worker].accounts >> account & 1;
}

bool world_all_know(const struct world *world, size_t account)
{
    bool all = true;
    for (int i = 0; i < world->options.worker_count; i++)
        all = all && world_knows(world, i, account);
    return all;
}

void world_note_unknown(struct world *world, struct span routing_key)
{
    size_t account = world_account_of(world_target(routing_key).account);
    if (!world_all_know(world, account))
        world->was_unknown |= 1u << account;
}

void world_add_account(struct world *world, int worker, size_t account)
{
    struct account_options accounts[WORLD_ACCOUNTS_MAX];
    world_tell(world, worker, "%s %s", world_knows(world, worker, account) ? "reads another address of" : "is given account",
               names[account]);
    world->workers[worker].accounts |= 1u << account;
    world->workers[worker].api_keys[account] = world->accounts[account].key;
    size_t count = world_accounts(world, worker, accounts);
    for (size_t i = 0; i < count; i++)
        accounts[i].held = accounts[i].index == account;
    world_take(world, worker,
               &(struct input){.type = INPUT_ACCOUNTS,
                               .accounts = accounts,
                               .account_count = count,
                               .memory_bytes = world->options.memory_bytes});
}

/* ---- keys ---- */

void world_refuse(struct world *world, const char *name)
{
    for (size_t i = 0; i < WORLD_ACCOUNTS_MAX; i++) {
        bool refused = strcmp(names[i], name) == 0, had = world->accounts[i].refuses && !refused;
        world->accounts[i].refuses = refused;
        if (refused)
            world_tell(world, WORLD_NOBODY, "the key of %s is refused", name);
        if (!had)
            continue;
        world_tell(world, WORLD_NOBODY, "the key is replaced");
        for (int worker = 0; worker < world->options.worker_count; worker++)
            if (!world->workers[worker].frozen)
                world_take(world, worker, &(struct input){.type = INPUT_API_KEY, .account = i});
    }
}

bool world_any_refused(const struct world *world)
{
    for (size_t i = 0; i < WORLD_ACCOUNTS_MAX; i++)
        if (world->accounts[i].refuses)
            return true;
    return false;
}

void world_take_key(struct world *world, size_t account, bool takes)
{
    world_tell(world, WORLD_NOBODY, "the key of %s is %s", names[account], takes ? "taken again" : "refused");
    world->accounts[account].refuses = !takes;
}

void world_new_key(struct world *world, size_t account)
{
    world_tell(world, WORLD_NOBODY, "%s has another key, and takes no other", names[account]);
    world->accounts[account].refuses = false;
    world->accounts[account].key++;
}

void world_tell_key(struct world *world, int worker, size_t account)
{
    world_tell(world, worker, "is given the key of %s", names[account]);
    world->workers[worker].api_keys[account] = world->accounts[account].key;
    world_take(world, worker, &(struct input){.type = INPUT_API_KEY, .account = account});
}

bool world_has_key(const struct world *world, int worker, size_t account)
{
    return world->workers[worker].api_keys[account] == world->accounts[account].key;
}

bool world_takes_key(const struct world *world, const struct world_request *request)
{
    const struct world_account *account = &world->accounts[world_account_of(span_of(request->account))];
    return !account->refuses && request->api_key == account->key;
}
