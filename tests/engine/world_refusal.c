/* What was answered to the calls for an event, and for what it may be refused; what /api/v1/me said, and whether an account may
 * be held. */
#include "world.h"

#include "world_take.h"

/* Whatever has said it, it may be about the account. */
static bool is_doubtful(int status)
{
    return (status >= 300 && status <= 399) || status == 401 || status == 403 || status == 407;
}

static void note_doubt(struct world *world, const struct world_request *request, int status)
{
    if (request->worker == WORLD_NOBODY)
        return;
    struct worker *worker = &world->workers[request->worker];
    size_t account = world_account_of(span_of(request->account));
    if (request->what.kind == CALL_ME) {
        worker->doubts[account] = false;
        worker->me_refused[account] = is_doubtful(status);
    } else if (is_doubtful(status)) {
        worker->doubts[account] = true;
    }
}

static void note_refusal(struct world *world, const struct world_request *request, bool own, int status)
{
    struct world_refusals *said = &world->refusals[request->event];
    bool missing = own && status == 404;
    bool error = status == 403 || (status == 500 && fake_request_posts(&request->what));
    if (error && said->errors++ == 0)
        said->first_error = world->now.mono;
    if (error)
        said->error_since = world->taken_at[world_account_of(span_of(request->account))].ms > said->first_error.ms;
    said->refusals += own && status >= 400 && status <= 499 && status != 401 && status != 403 && status != 404;
    if (missing && said->missing++ == 0)
        said->first_missing = world->now.mono;
    if (missing)
        said->last_missing = world->now.mono;
}

void world_note_answer(struct world *world, const struct world_request *request, enum fate fate,
                       const struct reply *reply)
{
    bool own = fate == FATE_DONE || fate == FATE_REFUSED || fate == FATE_MISSING || fate == FATE_UNAUTHORIZED;
    int status = request->swapped || reply->transport != TRANSPORT_ANSWERED ? 0 : reply->status;
    if (fake_request_posts(&request->what) && status == 201)
        world->taken_at[world_account_of(span_of(request->account))] = world->now.mono;
    if (request->event >= 0)
        note_refusal(world, request, own, status);
    note_doubt(world, request, status);
}

/* For its 500s or 403s after five of its own, where another message was taken meanwhile: else it is Papercups that is ill, or
 * the way to it. For a 404 after two of Papercups' own, that are apart. For anything else it takes Papercups' own word. */
void world_check_refused(struct world *world, const struct receipt *receipt, unsigned event)
{
    const struct world_refusals *said = &world->refusals[event];
    if (receipt->outcome != OUTCOME_REFUSED_BY_PAPERCUPS)
        return;
    if (span_starts(receipt->detail, SPAN("answered 5xx or 403"))) {
        if (said->errors < 5)
            world_fail(world, "e%u is refused for five 500s or 403s, and was answered %u times so", event,
                       said->errors);
        if (!said->error_since)
            world_fail(world, "e%u is refused for its 500s or 403s, and got none since another message was taken",
                       event);
    } else if (span_starts(receipt->detail, SPAN("Papercups answered: 404"))) {
        int64_t apart_ms = said->last_missing.ms - said->first_missing.ms;
        if (said->missing < 2 || apart_ms < WORLD_SETTLE_MS)
            world_fail(world, "e%u is refused for a 404, and Papercups has said so %u times, %lld ms apart", event,
                       said->missing, (long long)apart_ms);
    } else if (said->refusals == 0) {
        world_fail(world, "e%u is refused, and not by Papercups: %.*s", event, SPAN_ARGS(receipt->detail));
    }
}

void world_check_doubts(struct world *world, const struct world_request *request)
{
    if (fake_request_posts(&request->what) &&
        world->workers[request->worker].doubts[world_account_of(span_of(request->account))])
        world_fail(world, "%s is posted while it is open whether its account is refused", request->what.event);
}

void world_check_held(struct world *world, int worker, const struct account *account)
{
    bool held = account->hold == ACCOUNT_UNAUTHORIZED || account->hold == ACCOUNT_REDIRECTED;
    if (held && !world->workers[worker].me_refused[world_account_of(span_of(account->options.name))])
        world_fail(world, "account %s is held, and /api/v1/me has not said so", account->options.name);
}
