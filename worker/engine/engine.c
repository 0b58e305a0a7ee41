#include "engine/engine.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/accounts.h"
#include "engine/admit.h"
#include "engine/assign.h"
#include "engine/commit.h"
#include "engine/effects.h"
#include "engine/glance.h"
#include "engine/internal.h"
#include "engine/log_check.h"
#include "engine/places.h"
#include "engine/rebuild.h"
#include "engine/release.h"
#include "engine/run.h"
#include "engine/settle.h"
#include "engine/turn.h"

#define SWEEP_EVERY_MS 10000 /* for queues that are kept only for the pause after their last message */

static void engine_add_account(struct engine *engine, const struct account_options *options)
{
    struct account *account = account_new(options);
    account->trace = engine->options.trace;
    map_add(&engine->accounts, &account->node);
    if (account->hold != ACCOUNT_OPEN)
        timer_set(&engine->timers, &account->timer, (struct mono){0}); /* probed with the first input */
}

static void engine_take_secret(struct key mark_secret, struct identity_key *key, unsigned char mac_key[32],
                               uint64_t *fingerprint)
{
    *fingerprint = identity_secret_fingerprint(&mark_secret);
    identity_key_init(key, &mark_secret);
    receipt_mac_key(&mark_secret, mac_key);
    key_done(&mark_secret);
}

struct engine *engine_new(const struct engine_options *options, struct keyring *keyring,
                          struct key mark_secret, const struct key *previous_mark_secret)
{
    struct engine *engine = mem_new(1, sizeof(*engine));
    engine->options = *options;
    engine->keyring = keyring;
    engine_take_secret(mark_secret, &engine->identity_key, engine->mac_key, &engine->secret);
    engine->has_previous = previous_mark_secret != NULL;
    if (engine->has_previous)
        engine_take_secret(*previous_mark_secret, &engine->previous_identity_key, engine->previous_mac_key,
                           &engine->previous_secret);
    TAILQ_INIT(&engine->gone);
    STAILQ_INIT(&engine->woken_queues);
    STAILQ_INIT(&engine->woken_accounts);
    engine->rng.state = options->seed;
    engine->sweep_at = MONO_NEVER;
    map_init(&engine->accounts, options->hash_key);
    queues_init(&engine->queues, options->hash_key);
    cache_init(&engine->cache, options->hash_key);
    engine->partitions = mem_new((size_t)options->partition_count, sizeof(struct partition *));
    for (size_t i = 0; i < options->account_count; i++)
        engine_add_account(engine, &options->accounts[i]);
    engine->options.accounts = NULL;
    return engine;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    for (int32_t i = 0; i < engine->options.partition_count; i++) {
        struct partition *partition = engine->partitions[i];
        while (partition != NULL && !TAILQ_EMPTY(&partition->jobs))
            job_drop(engine, TAILQ_FIRST(&partition->jobs));
        if (partition != NULL)
            glances_drop(engine, partition);
        partition_free(partition);
    }
    effects_reset(engine);
    for (uint32_t i = 0; i < engine->requests.size; i++)
        free(engine->requests.slots[i].thing);
    struct map_node *node;
    while ((node = map_any(&engine->accounts)) != NULL) {
        map_remove(&engine->accounts, node);
        account_free(MAP_ENTRY(node, struct account, node));
    }
    map_done(&engine->accounts);
    queues_done(&engine->queues);
    cache_done(&engine->cache);
    timers_done(&engine->timers);
    slots_done(&engine->jobs);
    slots_done(&engine->requests);
    slots_done(&engine->glances);
    keyring_free(engine->keyring);
    identity_key_done(&engine->identity_key);
    identity_key_done(&engine->previous_identity_key);
    sodium_memzero(engine->mac_key, sizeof(engine->mac_key));
    sodium_memzero(engine->previous_mac_key, sizeof(engine->previous_mac_key));
    free(engine->partitions);
    free(engine->orphans);
    free(engine->effects);
    free(engine);
}

static void engine_stop(struct engine *engine)
{
    engine->stopping = true;
    for (int32_t i = 0; i < engine->options.partition_count; i++)
        if (engine->partitions[i] != NULL)
            release_begin(engine, engine->partitions[i], "the worker stops");
}

static void engine_produced(struct engine *engine, const struct input *input)
{
    struct job *job = slots_find(&engine->jobs, input->handle);
    if (job == NULL)
        release_orphan_done(engine, input->handle);
    else if (settle_produced(engine, job, input))
        run_asked(engine, job, "the broker has told its time");
}

static void engine_partition_input(struct engine *engine, const struct input *input)
{
    assert(input->partition >= 0 && input->partition < engine->options.partition_count);
    struct partition *partition = engine->partitions[input->partition];
    if (input->type == INPUT_ASSIGNED) {
        assign(engine, input);
        return;
    }
    if (partition == NULL && (input->type == INPUT_REVOKED || input->type == INPUT_LOST)) {
        effect_add(engine, EFFECT_RELEASED,
                   input->partition); /* was released before it was revoked: a stop */
        return;
    }
    if (partition == NULL)
        return; /* a late answer */
    if (input->type == INPUT_COMMITTED)
        commit_answered(engine, partition, input->handle, input->ok);
    else if (input->type == INPUT_LOG_CHECKED)
        log_check_answered(engine, partition, input);
    else if (input->type == INPUT_RECEIPT)
        rebuild_receipt(engine, partition, input->record);
    else if (input->type == INPUT_REBUILT)
        rebuild_finish(engine, partition, input->offset);
    else if (input->type == INPUT_REVOKED)
        release_begin(engine, partition, "revoked");
    else
        release_at_once(engine, partition);
}

static void engine_api_key(struct engine *engine, size_t index)
{
    const struct account *account = NULL;
    while ((account = engine_next_account(engine, account)) != NULL)
        if (account->options.index == index)
            accounts_hold(engine, (struct account *)(uintptr_t)account, "its API key is another one");
}

static void engine_accounts(struct engine *engine, const struct input *input)
{
    engine->options.memory_bytes = input->memory_bytes;
    for (size_t i = 0; i < input->account_count; i++) {
        const struct account_options *options = &input->accounts[i];
        struct map_node *node = map_find(&engine->accounts, span_of(options->name));
        if (node == NULL) {
            engine_add_account(engine, options);
            continue;
        }
        struct account *account = MAP_ENTRY(node, struct account, node);
        account_change(account, options);
        if (options->held)
            accounts_hold(engine, account, "its configuration is another one");
    }
    /* Where customers are was found out under the previous settings of the accounts, such as the inbox. */
    cache_done(&engine->cache);
    cache_init(&engine->cache, engine->options.hash_key);
}

static void engine_dispatch(struct engine *engine, const struct input *input)
{
    switch (input->type) {
    case INPUT_TICK:
        break;
    case INPUT_RECORD:
        assert(input->record->partition >= 0 && input->record->partition < engine->options.partition_count);
        if (engine->partitions[input->record->partition] != NULL)
            admit(engine, engine->partitions[input->record->partition], input->record);
        break;
    case INPUT_ANSWERED:
        run_answer(engine, input->handle, input->reply);
        break;
    case INPUT_PRODUCED:
        engine_produced(engine, input);
        break;
    case INPUT_ASSIGNED:
    case INPUT_RECEIPT:
    case INPUT_REBUILT:
    case INPUT_COMMITTED:
    case INPUT_LOG_CHECKED:
    case INPUT_REVOKED:
    case INPUT_LOST:
        engine_partition_input(engine, input);
        break;
    case INPUT_KEYRING:
        keyring_free(engine->keyring);
        engine->keyring = input->keyring;
        break;
    case INPUT_API_KEY:
        engine_api_key(engine, input->account);
        break;
    case INPUT_ACCOUNTS:
        engine_accounts(engine, input);
        break;
    case INPUT_STOP:
        engine_stop(engine);
        break;
    }
}

static void engine_timer(struct engine *engine, struct timer *timer)
{
    if (timer->owner == TIMER_ACCOUNT)
        accounts_timer(engine, MAP_ENTRY(timer, struct account, timer));
    else if (timer->owner == TIMER_GLANCE)
        glance_timer(engine, GLANCE_OF(timer, timer));
    else
        run_timer(engine, JOB_OF(timer, timer));
}

static void engine_due(struct engine *engine)
{
    struct timer *timer;
    while ((timer = timers_due(&engine->timers, engine->now.mono)) != NULL) {
        engine_timer(engine, timer);
        places_give(engine);
    }
    if (engine->queues.by_key.count == 0) {
        engine->sweep_at = MONO_NEVER;
    } else if (engine->sweep_at.ms == MONO_NEVER.ms) {
        engine->sweep_at = mono_after(engine->now.mono, SWEEP_EVERY_MS);
    } else if (mono_reached(engine->sweep_at, engine->now.mono)) {
        queues_sweep(&engine->queues, engine->now.mono);
        engine->sweep_at = mono_after(engine->now.mono, SWEEP_EVERY_MS);
    }
}

static void engine_weigh(struct engine *engine)
{
    size_t limit = (size_t)engine->options.memory_bytes;
    engine->full = engine->memory_used >= limit;
}

static void engine_partitions(struct engine *engine)
{
    bool any = false;
    for (int32_t i = 0; i < engine->options.partition_count; i++) {
        if (engine->partitions[i] != NULL)
            turn_partition(engine, engine->partitions[i]);
        any = any || engine->partitions[i] != NULL;
    }
    if (engine->stopping && !engine->stopped && !any) {
        engine->stopped = true;
        effect_add(engine, EFFECT_STOPPED, -1);
    }
}

void engine_take(struct engine *engine, const struct input *input, struct effects *out)
{
    effects_reset(engine);
    engine->now = input->now;
    engine_dispatch(engine, input);
    places_give(engine);
    engine_due(engine);
    engine_weigh(engine);
    engine_partitions(engine);
    *out = (struct effects){engine->effects, engine->effect_count};
}

struct mono engine_deadline(const struct engine *engine)
{
    struct mono at = mono_earlier(timers_next(&engine->timers), engine->sweep_at);
    for (int32_t i = 0; i < engine->options.partition_count; i++)
        if (engine->partitions[i] != NULL)
            at = mono_earlier(at, turn_deadline(engine, engine->partitions[i]));
    return at;
}
