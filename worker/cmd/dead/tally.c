#include "cmd/dead/tally.h"

#include <stdlib.h>

#include "base/mem.h"

#define HOUR_MS      3600000LL
#define ACCOUNT_SIZE 16

static const struct {
    int64_t before_ms;
    const char *text;
} ages[] = {{HOUR_MS, "< 1 h"}, {24 * HOUR_MS, "< 24 h"}, {168 * HOUR_MS, "< 7 d"}, {INT64_MAX, ">= 7 d"}};

enum { AGES = sizeof(ages) / sizeof(ages[0]) };

static struct tally_cell *cell_of(const struct tally *tally, int outcome, size_t account, size_t age)
{
    return &tally->cells[((size_t)outcome * (tally->config->account_count + 1) + account) * AGES + age];
}

void tally_init(struct tally *tally, const struct config *config)
{
    *tally = (struct tally){.config = config};
    tally->cells = mem_new((config->account_count + 1) * OUTCOME_COUNT * AGES, sizeof(*tally->cells));
}

void tally_done(struct tally *tally)
{
    free(tally->cells);
    *tally = (struct tally){0};
}

void tally_add(struct tally *tally, enum outcome outcome, struct span account, int64_t age_ms, enum resend_state state)
{
    size_t which = 0, age = 0;
    while (which < tally->config->account_count && !span_equal(span_of(tally->config->accounts[which].name), account))
        which++;
    while (age_ms >= ages[age].before_ms && age < AGES - 1)
        age++;
    cell_of(tally, (int)outcome, which, age)->states[state]++;
}

static void account_print(const struct tally *tally, size_t account, FILE *out)
{
    const char *name = account < tally->config->account_count ? tally->config->accounts[account].name : "-";
    if (strlen(name) > ACCOUNT_SIZE)
        fprintf(out, "%.*s..", ACCOUNT_SIZE - 2, name);
    else
        fprintf(out, "%-*s", ACCOUNT_SIZE, name);
}

static bool cell_print(const struct tally *tally, int outcome, size_t account, size_t age, bool first, FILE *out)
{
    const struct tally_cell *cell = cell_of(tally, outcome, account, age);
    uint64_t sum = 0;
    for (int i = 0; i < RESEND_STATES; i++)
        sum += cell->states[i];
    if (sum == 0)
        return false;
    uint64_t open = cell->states[RESEND_STATE_OPEN], delivered = cell->states[RESEND_STATE_DELIVERED];
    if (first)
        fprintf(out, "%-22s %-*s %-6s  LETTERS TO SEND DELIVERED OTHER\n", "REASON", ACCOUNT_SIZE, "ACCOUNT", "AGE");
    fprintf(out, "%-22s ", outcome_reason((enum outcome)outcome));
    account_print(tally, account, out);
    fprintf(out, " %-6s %8llu %7llu %9llu %5llu\n", ages[age].text, (unsigned long long)sum,
            (unsigned long long)open, (unsigned long long)delivered, (unsigned long long)(sum - open - delivered));
    return true;
}

void tally_print(const struct tally *tally, FILE *out)
{
    bool any = false;
    for (int outcome = OUTCOME_NONE + 1; outcome < OUTCOME_COUNT; outcome++)
        for (size_t account = 0; account <= tally->config->account_count; account++)
            for (size_t age = 0; age < AGES; age++)
                any = cell_print(tally, outcome, account, age, !any, out) || any;
}
