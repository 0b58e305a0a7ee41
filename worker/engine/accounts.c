#include "engine/accounts.h"

#include <stdlib.h>

#include "base/mem.h"
#include "delivery/retry.h"
#include "engine/effects.h"
#include "engine/internal.h"
#include "engine/lease.h"
#include "engine/wake.h"
#include "event/traceparent.h"

#define PROBE_EVERY_MS 10000
#define ASIDE_MS       2000 /* for so long a list of messages takes a place; then it is considered again */

static void accounts_tell(struct engine *engine, const struct account *account)
{
    effect_add(engine, EFFECT_ACCOUNT, -1)->account = account;
}

/* `partition`: for which it is made; NULL: for none. `job`: likewise. */
static engine_handle accounts_send(struct engine *engine, const struct pending *what,
                                   const struct partition *partition, const struct job *job)
{
    struct account *account = what->account;
    struct pending *pending = mem_new(1, sizeof(*pending));
    *pending = *what;
    pending->started = engine->now.mono;
    account->in_flight++;
    struct request request;
    request_init(&request, &what->call, job == NULL ? NULL : &job->message, account->options.inbox);
    struct effect *effect = effect_add(engine, EFFECT_REQUEST, partition == NULL ? -1 : partition->id);
    effect->handle = slots_add(&engine->requests, pending);
    effect->account = account;
    effect->call = what->call.kind;
    effect->until = partition == NULL ? MONO_NEVER : lease_end(engine);
    effect->method = request.method;
    effect->path = request.path;
    effect->body = request.body;
    effect->traceparent = job == NULL ? SPAN_NONE : traceparent_of(job->record);
    return effect->handle;
}

static engine_handle accounts_request(struct engine *engine, struct account *account, const struct call *call,
                               const struct job *job)
{
    const struct pending pending = {.account = account, .call = *call, .job = job == NULL ? 0 : job->handle};
    return accounts_send(engine, &pending, job == NULL ? NULL : job->partition, job);
}

void accounts_glance(struct engine *engine, const struct glance *glance)
{
    const struct pending pending = {
        .account = glance->account, .call = glance->call, .glance = glance->handle};
    accounts_send(engine, &pending, glance->partition, NULL);
}

void accounts_call(struct engine *engine, struct job *job)
{
    job->request = accounts_request(engine, job->account, &job->call, job);
    if (call_lists(&job->call))
        timer_set(&engine->timers, &job->timer, mono_after(engine->now.mono, ASIDE_MS));
}

void accounts_set_aside(struct engine *engine, struct job *job)
{
    struct pending *pending = slots_find(&engine->requests, job->request);
    pending->aside = account_set_aside(pending->account, pending->started);
    if (pending->aside)
        wake_account(engine, pending->account);
    else
        timer_set(&engine->timers, &job->timer, mono_after(engine->now.mono, ASIDE_MS));
}

/* ---- a held account: is its key good again? ---- */

static void accounts_probe(struct engine *engine, struct account *account)
{
    if (account->probe == 0)
        account->probe = accounts_request(engine, account, &(struct call){.kind = CALL_ME}, NULL);
}

void accounts_hold(struct engine *engine, struct account *account, const char *why)
{
    account_enter(account, ACCOUNT_UNCHECKED, why);
    account->probe = 0; /* one under way asks with the key before this one */
    timer_set(&engine->timers, &account->timer, engine->now.mono);
    accounts_tell(engine, account);
}

static void accounts_probed(struct engine *engine, struct account *account, const struct answer *answer)
{
    enum account_hold before = account->hold;
    account_probed(account, answer);
    if (account->hold != before)
        accounts_tell(engine, account);
    if (account->hold != ACCOUNT_OPEN)
        timer_set(&engine->timers, &account->timer, mono_after(engine->now.mono, PROBE_EVERY_MS));
}

/* One message that a firewall refuses must not hold up all others, nor a bad key refuse one event after the other. */
static void accounts_doubt(struct engine *engine, struct account *account)
{
    account->doubted = true;
    accounts_probe(engine, account);
}

void accounts_timer(struct engine *engine, struct account *account)
{
    if (account->hold != ACCOUNT_OPEN)
        accounts_probe(engine, account);
    else
        wake_account(engine, account);
}

/* ---- answers ---- */

/* A list that is not there in time, while Papercups answers other calls, is a long one: that is its customer's affair. */
static void accounts_read_slow(const struct reply *reply, const struct pending *pending,
                               struct answer *answer)
{
    if (answer->kind != ANSWER_LOST || !reply->timed_out || !call_lists(&pending->call) ||
        pending->account->well_at.ms <= pending->started.ms)
        return;
    answer->kind = ANSWER_TOO_LARGE;
    detail_set(&answer->detail, OUTCOME_NONE,
               "too large: the messages were not there in http_timeout, while other calls were answered");
}

static struct question accounts_question(const struct account *account, const struct job *job)
{
    struct question question = job == NULL ? (struct question){0} : message_question(&job->message);
    if (account->options.papercups_account != NULL)
        question.account = span_of(account->options.papercups_account);
    if (account->options.inbox != NULL)
        question.inbox = span_of(account->options.inbox);
    return question;
}

/* What it says of Papercups. */
static void accounts_count(struct engine *engine, const struct pending *pending, const struct answer *answer)
{
    struct account *account = pending->account;
    bool was_open = concurrency_is_open(&account->concurrency);
    histogram_add(&engine->call_times.of[pending->call.kind][answer_status_class(answer)],
                  engine->now.mono.ms - pending->started.ms);
    account_answered(account, answer->kind, pending->call.kind, pending->started, engine->now.mono, &engine->rng);
    if (concurrency_is_open(&account->concurrency) != was_open)
        effect_add(engine, EFFECT_CIRCUIT, -1)->account = account;
}

struct pending accounts_answered(struct engine *engine, engine_handle handle, const struct reply *reply,
                                 struct answer *answer)
{
    struct pending *found = slots_find(&engine->requests, handle);
    if (found == NULL)
        return (struct pending){0};
    struct pending pending = *found;
    struct account *account = pending.account;
    const struct job *job = slots_find(&engine->jobs, pending.job);
    const struct question question = accounts_question(account, job);
    reply_read(reply, &pending.call, job == NULL ? NULL : job->marks, job == NULL ? 0 : job->mark_count,
               &question, answer);
    accounts_read_slow(reply, &pending, answer);
    if (reply->date.ms > 0)
        remote_clock_hear(&account->clock, reply->date, 1000, pending.started, engine->now.mono);
    accounts_count(engine, &pending, answer);
    if (concurrency_is_open(&account->concurrency)) /* it is the account that waits longer and longer then */
        answer->retry_within_ms = CONCURRENCY_PROBE_MS;
    if (answer->kind == ANSWER_LATER)
        concurrency_pause(&account->concurrency,
                          mono_after(engine->now.mono, retry_after_bounded_ms(answer->retry_after_ms)));
    if (answer->kind == ANSWER_OK && call_posts(&pending.call))
        account->posted_at = engine->now.mono;
    if (pending.aside)
        account->aside--;
    else
        account->in_flight--;
    slots_remove(&engine->requests, handle);
    free(found);
    if (handle == account->probe)
        accounts_probed(engine, account, answer);
    else if (pending.call.kind != CALL_ME && answer_is_doubtful(answer) && account->hold == ACCOUNT_OPEN)
        accounts_doubt(engine, account);
    wake_account(engine, account);
    return pending;
}
