#include "http/server/exposition.h"
#include "run/metrics.h"

static struct label account_label(const struct account *account)
{
    return (struct label){"account", account->options.name};
}

static void outcomes_of(struct buf *out, const char *account, const uint64_t *counts)
{
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
        enum outcome outcome = (enum outcome)i;
        /* Without an account only rejections can occur, and an account has none of those that come before it is known: lines for
         * the rest would be noise. */
        bool can_be = account[0] == 0 ? outcome_is_rejected(outcome) : !outcome_precedes_account(outcome);
        if (!can_be && counts[i] == 0)
            continue;
        sample_add(out, "cupbearer_outcomes_total",
                   LABELS({"account", account}, {"outcome", outcome_word(outcome)}, {"reason", outcome_reason(outcome)}),
                   counts[i]);
    }
}

static void write_outcomes(struct buf *out, const struct metrics_view *view)
{
    family_begin(out, "cupbearer_outcomes_total", "counter",
                 "Records that ended, by outcome; without an account where none is known for sure.");
    for (size_t i = 0; i < view->account_count; i++)
        outcomes_of(out, view->accounts[i]->options.name, view->accounts[i]->stats.outcomes);
    outcomes_of(out, "", view->outcomes);
}

/* What an account never had has no line: with many accounts most lines would be such. */
static void write_requests(struct buf *out, const struct metrics_view *view)
{
    static const char name[] = "cupbearer_requests_total";
    family_begin(out, name, "counter", "Requests to Papercups, by result; results other than ok have a line from their first one on.");
    for (size_t i = 0; i < view->account_count; i++)
        for (int kind = 0; kind < ANSWER_COUNT; kind++)
            if (kind == ANSWER_OK || view->accounts[i]->stats.answers[kind] > 0)
                sample_add(out, name,
                           LABELS(account_label(view->accounts[i]), {"answer", answer_word((enum answer_kind)kind)}),
                           view->accounts[i]->stats.answers[kind]);
}

static void write_delivery_times(struct buf *out, const struct metrics_view *view)
{
    static const char name[] = "cupbearer_account_delivery_seconds";
    family_begin(out, name, "summary",
                 "From the record's time in Kafka until Papercups had the message: the sum, and of how many.");
    for (size_t i = 0; i < view->account_count; i++) {
        const struct account *account = view->accounts[i];
        sample_seconds(out, name, "_sum", LABELS(account_label(account)), account->stats.delivery_ms);
        sample_add(out, "cupbearer_account_delivery_seconds_count", LABELS(account_label(account)),
                   account->stats.outcomes[OUTCOME_DELIVERED]);
    }
}

static uint64_t in_flight(const struct account *account)
{
    return (uint64_t)account->in_flight;
}

static uint64_t concurrency_limit(const struct account *account)
{
    return (uint64_t)account->concurrency.limit;
}

static uint64_t waiting_bytes(const struct account *account)
{
    return account->memory_used;
}

static uint64_t ambiguous(const struct account *account)
{
    return account->stats.ambiguous;
}

static uint64_t circuit_open(const struct account *account)
{
    return concurrency_is_open(&account->concurrency);
}

static void write_values(struct buf *out, const struct metrics_view *view)
{
    static const struct {
        const char *name, *type, *help;
        uint64_t (*value)(const struct account *account);
    } families[] = {
        {"cupbearer_in_flight", "gauge", "Requests to Papercups under way.", in_flight},
        {"cupbearer_concurrency_limit", "gauge",
         "Requests that may be under way at once, as found to be best.", concurrency_limit},
        {"cupbearer_circuit_open", "gauge",
         "1: five calls in a row have failed, and one at a time goes out until one succeeds.", circuit_open},
        {"cupbearer_waiting_bytes", "gauge", "Memory of events that are not settled.", waiting_bytes},
        {"cupbearer_ambiguous_customers_total", "counter",
         "Events for which the page's widget has several rows to choose from.", ambiguous},
    };
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        family_begin(out, families[i].name, families[i].type, families[i].help);
        for (size_t j = 0; j < view->account_count; j++)
            sample_add(out, families[i].name, LABELS(account_label(view->accounts[j])),
                       families[i].value(view->accounts[j]));
    }
}

static void write_held(struct buf *out, const struct metrics_view *view)
{
    family_begin(out, "cupbearer_account_held", "gauge", "1: no deliveries to the account, for this reason.");
    for (size_t i = 0; i < view->account_count; i++)
        for (int hold = ACCOUNT_OPEN + 1; hold <= ACCOUNT_STRANGER; hold++)
            sample_add(out, "cupbearer_account_held",
                       LABELS(account_label(view->accounts[i]), {"state", account_hold_word((enum account_hold)hold)}),
                       view->accounts[i]->hold == (enum account_hold)hold);
    family_begin(out, "cupbearer_api_key_stale", "gauge",
                 "1: the API key's file, or one by which the account is reached, is missing or wrong, and what it held last is in use.");
    for (size_t i = 0; i < view->account_count; i++)
        sample_add(out, "cupbearer_api_key_stale", LABELS(account_label(view->accounts[i])), view->api_key_stale[i]);
}

/* A clock that is not known yet has no line: 0 would say that it agrees. */
static void write_clocks(struct buf *out, const struct metrics_view *view)
{
    static const char name[] = "cupbearer_clock_ahead_of_papercups_seconds";
    family_begin(out, name, "gauge", "This worker's clock less Papercups', as its answers are dated; negative: behind.");
    for (size_t i = 0; i < view->account_count; i++)
        if (view->accounts[i]->clock.known)
            sample_seconds(out, name, "", LABELS(account_label(view->accounts[i])),
                           remote_clock_ahead_ms(&view->accounts[i]->clock, view->now));
}

void metrics_write_accounts(const struct metrics_view *view, struct buf *out)
{
    write_outcomes(out, view);
    write_requests(out, view);
    write_delivery_times(out, view);
    write_values(out, view);
    write_held(out, view);
    write_clocks(out, view);
}
