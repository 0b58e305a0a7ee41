#include "cmd/dead/asked.h"

#include <stdio.h>

#include "base/nearest.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/shared_options.h"

/* What means something with some of them only. */
static const struct {
    int option;
    const char *name;
    unsigned actions;
    const char *with;
} owned[DEAD_OWNED_MAX] = {
    {DEAD_EVENT_ID, "event-id", DEAD_LIST | DEAD_RESEND | DEAD_EXPORT, "dead list, dead resend and dead export; dead show EVENT_ID"},
    {DEAD_STATE, "state", DEAD_LIST | DEAD_EXPORT, "dead list and dead export; dead resend sends those that are open"},
    {DEAD_EACH, "each", DEAD_LIST, "dead list"},
    {DEAD_JSON, "json", DEAD_LIST | DEAD_SHOW | DEAD_RESEND, "dead list, dead show and dead resend; dead export is JSON by itself"},
    {DEAD_PER_MINUTE, "per-minute", DEAD_RESEND, "dead resend"},
    {DEAD_DRY_RUN, "dry-run", DEAD_RESEND, "dead resend"},
    {SIGNER_KEY_FILE, "key-file", DEAD_RESEND, "dead resend"},
    {SIGNER_KEY_ID, "key-id", DEAD_RESEND, "dead resend"},
};

void dead_init(struct dead *dead, int64_t now_ms)
{
    *dead = (struct dead){
        .desk = {.rules = {.now_ms = now_ms}, .since_ms = INT64_MIN, .until_ms = INT64_MAX, .only = -1},
        .choice = {.state = RESEND_STATES, .now_ms = now_ms},
        .job = {.per_minute = 600},
    };
}

/* ---- the options ---- */

static int reason_take(struct dead *dead, const char *value, struct err *err)
{
    enum outcome outcome = outcome_find(SPAN("failed"), span_of(value));
    if (outcome == OUTCOME_NONE && value[0] != 0)
        outcome = outcome_find(SPAN("rejected"), span_of(value));
    dead->reasons[outcome] = outcome != OUTCOME_NONE;
    if (outcome != OUTCOME_NONE)
        return 0;
    struct nearest nearest;
    nearest_init(&nearest, span_of(value));
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++)
        if (outcome_reason((enum outcome)i)[0] != 0)
            nearest_offer(&nearest, span_of(outcome_reason((enum outcome)i)), outcome_reason((enum outcome)i));
    const char *meant = nearest_thing(&nearest);
    return meant == NULL ? err_set(err, ERR_USAGE, "--reason: there is no reason '%.60s'; see cupbearer dead --help", value)
                         : err_set(err, ERR_USAGE, "--reason: there is no reason '%.60s'; did you mean %s?", value, meant);
}

/* What a routing key has behind its account, as event/payload writes it. */
static int recipient_take(struct dead *dead, char form, const char *value, struct err *err)
{
    if (dead->recipient[0] != 0)
        return err_set(err, ERR_USAGE,
                       "name one recipient: --to-external-id, --to-customer-id or --to-conversation-id, not several");
    int size = snprintf(dead->recipient, sizeof(dead->recipient), "%c/%s", form, value);
    if (value[0] == 0 || size < 0 || (size_t)size >= sizeof(dead->recipient))
        return err_set(err, ERR_USAGE, "the recipient's id is empty, or longer than an id can be");
    dead->desk.rules.recipient = span_of(dead->recipient);
    return 0;
}

static int state_take(struct dead *dead, const char *value, struct err *err)
{
    dead->choice.state = resend_state_find(span_of(value));
    if (dead->choice.state != RESEND_STATES)
        return 0;
    return err_set(err, ERR_USAGE, "--state is open, delivered, waiting, superseded or kept, not '%.40s'", value);
}

static int which_take(struct dead *dead, int option, const char *value, struct err *err)
{
    struct resend_rules *rules = &dead->desk.rules;
    switch (option) {
    case DEAD_REASON:
        return reason_take(dead, value, err);
    case DEAD_EXPIRED:
        rules->outcomes[OUTCOME_EXPIRED] = true;
        return 0;
    case DEAD_WRONG_PARTITION:
        rules->outcomes[OUTCOME_WRONG_PARTITION] = true;
        return 0;
    case DEAD_EVENT_ID:
        rules->event_id = span_of(value);
        return 0;
    case DEAD_ACCOUNT:
        rules->account = span_of(value);
        return 0;
    case DEAD_SENDER:
        rules->from = span_of(value);
        return 0;
    case DEAD_EXTERNAL_ID:
        return recipient_take(dead, 'e', value, err);
    case DEAD_CUSTOMER_ID:
        return recipient_take(dead, 'c', value, err);
    case DEAD_CONVERSATION_ID:
        return recipient_take(dead, 'v', value, err);
    default:
        return state_take(dead, value, err);
    }
}

int dead_take(void *context, int option, const char *value, struct err *err)
{
    struct dead *dead = context;
    for (size_t i = 0; i < DEAD_OWNED_MAX; i++)
        dead->given[i] = dead->given[i] || owned[i].option == option;
    if (option >= DEAD_REASON && option <= DEAD_STATE)
        return which_take(dead, option, value, err);
    switch (option) {
    case OPTION_SINCE:
        return options_past("--since", value, dead->choice.now_ms, &dead->desk.since_ms, err);
    case OPTION_UNTIL:
        return options_past("--until", value, dead->choice.now_ms, &dead->desk.until_ms, err);
    case OPTION_CONFIG:
        dead->config_file = value;
        return 0;
    case SIGNER_KEY_FILE:
    case SIGNER_KEY_ID:
        signer_take(&dead->signer, option, value);
        return 0;
    case DEAD_PER_MINUTE:
        return options_number("--per-minute", value, 1, 60000, &dead->job.per_minute, err);
    case DEAD_DRY_RUN:
        dead->job.dry_run = true;
        return 0;
    case DEAD_EACH:
        dead->choice.each = true;
        return 0;
    default:
        dead->choice.json = true;
        return 0;
    }
}

/* ---- what they mean together ---- */

static int action_find(struct dead *dead, const char *const *operands)
{
    static const struct {
        const char *word;
        enum dead_action action;
        bool has_operand;
    } actions[] = {{"list", DEAD_LIST, false}, {"show", DEAD_SHOW, true}, {"resend", DEAD_RESEND, false}, {"export", DEAD_EXPORT, true}};
    if (operands[0] == NULL)
        return failure_usage(DEAD, "what shall be done? dead list, show, resend or export; see cupbearer dead --help");
    struct nearest nearest;
    nearest_init(&nearest, span_of(operands[0]));
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        nearest_offer(&nearest, span_of(actions[i].word), actions[i].word);
        if (strcmp(operands[0], actions[i].word) != 0)
            continue;
        dead->action = actions[i].action;
        dead->operand = operands[1];
        if (dead->operand != NULL && !actions[i].has_operand)
            return failure_usage(DEAD, "'%.60s' is not expected here; see cupbearer dead --help", dead->operand);
        return ERR_NONE;
    }
    const char *meant = nearest_thing(&nearest);
    if (meant != NULL)
        return failure_usage(DEAD, "there is no dead %.60s; did you mean dead %s?", operands[0], meant);
    return failure_usage(DEAD, "there is no dead %.60s: dead list, show, resend or export; see cupbearer dead --help",
                         operands[0]);
}

/* An event's id, or the place PARTITION/OFFSET that it had. */
static int operand_check(struct dead *dead)
{
    struct resend_rules *rules = &dead->desk.rules;
    struct span rest = span_of(dead->operand), first;
    int64_t partition;
    if (dead->action != DEAD_SHOW)
        return ERR_NONE;
    if (dead->operand == NULL)
        return failure_usage(DEAD, "which one shall be shown? cupbearer dead show EVENT_ID, or PARTITION/OFFSET of its record");
    if (event_id_is_valid(rest)) {
        rules->event_id = rest;
        return ERR_NONE;
    }
    first = span_cut(&rest, '/');
    if (!span_number(first, 9, &partition) || !span_number(rest, 18, &rules->place))
        return failure_usage(DEAD, "'%.60s' is neither an event id nor a place such as 3/1047, PARTITION/OFFSET of a record",
                             dead->operand);
    rules->one_place = true;
    dead->desk.only = (int32_t)partition;
    return ERR_NONE;
}

/* Which outcomes are chosen; what is sent again has to be named. */
static int outcomes_check(struct dead *dead)
{
    struct resend_rules *rules = &dead->desk.rules;
    bool rejected = rules->outcomes[OUTCOME_EXPIRED] || rules->outcomes[OUTCOME_WRONG_PARTITION], by_reason = false;
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
        const char *reason = outcome_reason((enum outcome)i);
        by_reason = by_reason || dead->reasons[i];
        rules->outcomes[i] = rules->outcomes[i] || dead->reasons[i];
        if (dead->action != DEAD_RESEND || !dead->reasons[i] || outcome_is_failed((enum outcome)i))
            continue;
        if (i == OUTCOME_EXPIRED)
            return failure_usage(DEAD, "--reason: expired events were rejected; if you mean them: --expired");
        if (i == OUTCOME_WRONG_PARTITION)
            return failure_usage(DEAD, "--reason: events in a wrong partition were rejected; if you mean them: --wrong-partition");
        return failure_usage(DEAD, "--reason: %s is why a record was rejected; such a one is never signed", reason);
    }
    bool by_id = rules->event_id.data != NULL;
    if (dead->action == DEAD_RESEND && !by_reason && !rejected && !by_id)
        return failure_usage(DEAD, "say which: --reason REASON (repeatable), --expired, --wrong-partition, or --event-id ID");
    bool all = !by_reason && (dead->action == DEAD_RESEND ? by_id : !rejected);
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT && all; i++)
        rules->outcomes[i] = rules->outcomes[i] || (dead->action == DEAD_RESEND ? outcome_is_failed((enum outcome)i)
                                                                         : outcome_has_dead_letter((enum outcome)i));
    return ERR_NONE;
}

int dead_check(struct dead *dead, const char *const *operands)
{
    int code = action_find(dead, operands);
    for (size_t i = 0; i < DEAD_OWNED_MAX && code == ERR_NONE; i++)
        if (dead->given[i] && (owned[i].actions & dead->action) == 0)
            code = failure_usage(DEAD, "--%s goes with %s", owned[i].name, owned[i].with);
    if (code == ERR_NONE && dead->desk.since_ms >= dead->desk.until_ms)
        code = failure_usage(DEAD, "--since has to lie before --until");
    if (code == ERR_NONE)
        code = operand_check(dead);
    return code == ERR_NONE ? outcomes_check(dead) : code;
}
