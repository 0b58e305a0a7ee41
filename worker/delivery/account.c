#include "delivery/account.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

static char *copy_of(const char *text)
{
    return text == NULL ? NULL : mem_copy(span_of(text));
}

/* With copies of its strings. */
static void options_take(struct account *account, const struct account_options *options)
{
    account->options = *options;
    account->options.name = copy_of(options->name);
    account->options.widget_host = copy_of(options->widget_host);
    account->options.inbox = copy_of(options->inbox);
    account->options.papercups_account = copy_of(options->papercups_account);
    account->node.key = span_of(account->options.name);
}

static void options_free(struct account_options *options)
{
    free((char *)(uintptr_t)options->name);
    free((char *)(uintptr_t)options->widget_host);
    free((char *)(uintptr_t)options->inbox);
    free((char *)(uintptr_t)options->papercups_account);
}

struct account *account_new(const struct account_options *options)
{
    struct account *account = mem_new(1, sizeof(*account));
    options_take(account, options);
    account->hold = options->held ? ACCOUNT_UNCHECKED : ACCOUNT_OPEN;
    account->timer.owner = TIMER_ACCOUNT;
    concurrency_init(&account->concurrency, options->max_in_flight);
    return account;
}

void account_free(struct account *account)
{
    if (account == NULL)
        return;
    options_free(&account->options);
    free(account);
}

static bool is_same(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

void account_change(struct account *account, const struct account_options *options)
{
    struct account_options before = account->options;
    assert(before.index == options->index && is_same(before.name, options->name) &&
           is_same(before.papercups_account, options->papercups_account));
    options_take(account, options);
    options_free(&before);
    concurrency_bound(&account->concurrency, options->max_in_flight);
}

int64_t account_deliver_within_ms(const struct account *account, int64_t wish_s)
{
    int64_t ms = wish_s > 0 ? wish_s * 1000 : account->options.deliver_within_ms;
    return ms < account->options.deliver_within_max_ms ? ms : account->options.deliver_within_max_ms;
}

bool account_may_call(const struct account *account, struct mono now, struct mono *again)
{
    *again = MONO_NEVER;
    if (account->hold != ACCOUNT_OPEN || account->doubted)
        return false;
    if (concurrency_allows(&account->concurrency, account->in_flight, now))
        return true;
    if (!mono_reached(account->concurrency.not_before, now))
        *again = account->concurrency.not_before;
    return false;
}

bool account_set_aside(struct account *account, struct mono started)
{
    if (account->aside > 0 &&
        (account->well_at.ms <= started.ms || account->aside >= account->options.max_in_flight))
        return false;
    account->aside++;
    account->in_flight--;
    return true;
}

void account_answered(struct account *account, enum answer_kind answer, enum call_kind call,
                      struct mono started, struct mono now, struct rng *rng)
{
    account->stats.answers[answer]++;
    switch (answer) {
    case ANSWER_OK:
    case ANSWER_NOT_FOUND:
    case ANSWER_REFUSED:
        account->well_at = now;
        concurrency_succeeded(&account->concurrency, call, started, account->in_flight, now);
        break;
    case ANSWER_LATER:
    case ANSWER_NOT_SENT:
    case ANSWER_SERVER_ERROR:
    case ANSWER_UNREADABLE:
    case ANSWER_LOST:
        concurrency_failed(&account->concurrency, started, now, rng);
        break;
    case ANSWER_UNAUTHORIZED: /* that of /api/v1/me says whose affair it is */
    case ANSWER_FORBIDDEN:
    case ANSWER_REDIRECTED:
    case ANSWER_TOO_LARGE: /* one customer's affair */
    case ANSWER_COUNT:
        break;
    }
}

void account_enter(struct account *account, enum account_hold hold, const char *why)
{
    trace_tell(account->trace, MACHINE_ACCOUNT, account, (int)account->hold, (int)hold, why);
    account->hold = hold;
}

/* What is neither good nor refused says nothing of the key: as it was. */
void account_probed(struct account *account, const struct answer *answer)
{
    const char *expected = account->options.papercups_account;
    account->probe = 0;
    account->doubted = false;
    if (answer->kind == ANSWER_OK && (expected == NULL || strcmp(answer->ids[0].text, expected) == 0))
        account_enter(account, ACCOUNT_OPEN, "/api/v1/me knows the key");
    else if (answer->kind == ANSWER_OK)
        account_enter(account, ACCOUNT_STRANGER, "/api/v1/me says that the key is somebody else's");
    else if (answer->kind == ANSWER_REDIRECTED)
        account_enter(account, ACCOUNT_REDIRECTED, "/api/v1/me redirects");
    else if (answer_is_doubtful(answer))
        account_enter(account, ACCOUNT_UNAUTHORIZED, "/api/v1/me refuses the key");
}

const char *account_hold_word(enum account_hold hold)
{
    static const char *const words[] = {[ACCOUNT_OPEN] = "open",
                                        [ACCOUNT_UNCHECKED] = "unchecked",
                                        [ACCOUNT_UNAUTHORIZED] = "unauthorized",
                                        [ACCOUNT_REDIRECTED] = "redirected",
                                        [ACCOUNT_STRANGER] = "stranger"};
    return words[hold];
}
