#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/rules.h"
#include "cmd/shared_options.h"
#include "cmd/topics.h"
#include "cmd/why/print.h"
#include "os/clock.h"

#define WHY "why"

enum { ACCOUNT = 0x100, RECIPIENT, PAPERCUPS, JSON };

struct why_options {
    const char *config_file, *event_id, *account, *recipient;
    int64_t now_ms, since_ms, until_ms;
    bool papercups, json;
};

/* What a run of it holds. */
struct why {
    const struct why_options *options;
    struct config *config;
    struct keyring *keyring;
    struct truth_rules truth;
    struct life_rules rules;
    struct buf keys[LIFE_KEYS_MAX];
    struct audit_clients clients;
    struct why_reading reading;
    struct life life;
    struct look_found *shown;
    int32_t count, served; /* partitions */
};

static int why_take(void *context, int option, const char *value, struct err *err)
{
    struct why_options *why = context;
    switch (option) {
    case OPTION_CONFIG:
        why->config_file = value;
        return 0;
    case OPTION_SINCE:
        return options_past("--since", value, why->now_ms, &why->since_ms, err);
    case OPTION_UNTIL:
        return options_past("--until", value, why->now_ms, &why->until_ms, err);
    case ACCOUNT:
        why->account = value;
        return 0;
    case RECIPIENT:
        why->recipient = value;
        return 0;
    case PAPERCUPS:
        why->papercups = true;
        return 0;
    default:
        why->json = true;
        return 0;
    }
}

/* ---- where it may lie ---- */

static int why_account(struct why *why, struct err *err)
{
    const struct config *config = why->config;
    const char *account = why->options->account;
    if (account == NULL && why->options->recipient == NULL)
        return 0;
    if (account == NULL && config->account_count > 1)
        return err_set(err, ERR_USAGE, "--recipient: there are several accounts; say of which one it is: --account ACCOUNT");
    account = account == NULL ? config->accounts[0].name : options_account(config, account, err);
    why->rules.account = span_of(account);
    why->rules.narrowed = account != NULL;
    return account == NULL ? -1 : 0;
}

/* What an audit, or a log, shows of a recipient is the routing key. */
static int why_recipient(const struct why *why, struct err *err)
{
    struct span rest = span_of(why->options->recipient == NULL ? "" : why->options->recipient), account = why->rules.account;
    if (rest.size < account.size + 3 || !span_starts(rest, account) || rest.data[account.size] != '/' ||
        strchr("ecv", rest.data[account.size + 1]) == NULL || rest.data[account.size + 2] != '/')
        return 0;
    return err_set(err, ERR_USAGE, "--recipient: '%.300s' is a routing key; the recipient is what stands behind its second '/'",
                   rest.data);
}

/* What looks like a UUID may be the id of a customer or a conversation in Papercups, or the backend's own. */
static void why_keys(struct why *why)
{
    static const char kinds[LIFE_KEYS_MAX] = {'e', 'c', 'v'};
    const char *recipient = why->options->recipient;
    size_t count = recipient == NULL ? 0 : uuid_is_valid(span_of(recipient)) ? LIFE_KEYS_MAX : 1;
    for (; why->rules.key_count < count; why->rules.key_count++) {
        struct buf *key = &why->keys[why->rules.key_count];
        buf_init(key, ENVELOPE_KEY_MAX);
        buf_printf(key, "%.*s/%c/%s", SPAN_ARGS(why->rules.account), kinds[why->rules.key_count], recipient);
        why->rules.keys[why->rules.key_count] = buf_span(key);
    }
}

static void partition_add(struct why *why, int32_t id)
{
    struct audit_partitions *partitions = &why->reading.partitions;
    for (size_t i = 0; i < partitions->count; i++)
        if (partitions->list[i].id == id)
            return;
    partitions->list = mem_grow(partitions->list, partitions->count + 1, sizeof(*partitions->list));
    partitions->list[partitions->count++] = (struct audit_partition){.id = id, .unserved = id >= why->served};
}

/* Of a recipient those alone where its records belong, by the number that is served and by that which a producer may count. */
static void why_partitions(struct why *why)
{
    for (size_t i = 0; i < why->rules.key_count; i++) {
        partition_add(why, partitioner_partition(why->config->partitioner, why->rules.keys[i], why->served));
        partition_add(why, partitioner_partition(why->config->partitioner, why->rules.keys[i], why->count));
    }
    for (int32_t id = 0; id < why->count && why->rules.key_count == 0; id++)
        partition_add(why, id);
}

/* ---- Papercups ---- */

static void why_look_for(struct why *why, struct audit_shown_reader *reader, size_t index)
{
    const struct life_event *one = &why->life.events[index];
    struct look_found *shown = &why->shown[index];
    struct event event = {0};
    struct detail detail;
    detail_set(&shown->why, OUTCOME_NONE, "its record is not here, so where to look is not known");
    if (one->held_record != SIZE_MAX) {
        const struct record *record = why->life.moments[one->held_record].record;
        event_open(&event, record, &why->truth.event, &detail);
        if (event.authentic && event.has_payload)
            audit_shown_look(reader, &event, (struct span){one->key, one->key_size}, shown);
        else
            detail_set(&shown->why, OUTCOME_NONE, "its record is not good by the keyring as it is now, so where to look is not known");
        event_done(&event);
    }
    if (one->verdict == LIFE_FOREIGN_ONLY && shown->shown == SHOWN_ABSENT) {
        shown->shown = SHOWN_NOT_READ;
        detail_set(&shown->why, OUTCOME_NONE, "with another mark secret than the workers' it is not found");
    }
    life_shown(&why->life, index, shown->shown, shown->id.text[0] == 0 || shown->seen.whole);
}

static int why_papercups(struct why *why, struct err *err)
{
    struct audit_shown_reader *reader = audit_shown_new(why->config, &why->truth.event, true, err);
    if (reader == NULL)
        return -1;
    why->shown = mem_new(why->life.event_count, sizeof(*why->shown));
    for (size_t i = 0; i < why->life.event_count; i++)
        why_look_for(why, reader, i);
    audit_shown_free(reader);
    return 0;
}

/* ---- all of it ---- */

static int why_prepare(struct why *why, struct err *err)
{
    why->config = options_config(why->options->config_file, err);
    if (why->config == NULL || why_account(why, err) != 0 || why_recipient(why, err) != 0 ||
        topics_ledger(why->config, &why->rules.ledger, err) != 0)
        return -1;
    why->keyring = rules_read(why->config, why->rules.ledger.hash_key, &why->truth.event, err);
    if (why->keyring == NULL || audit_clients_init(&why->clients, why->config, err) != 0 ||
        topics_count(why->clients.events, why->config, &why->count, &why->served, err) != 0)
        return -1;
    why->truth.stamps_are_brokers = !why->config->allow_create_time;
    why->truth.event.partition_count = why->served;
    why_keys(why);
    why_partitions(why);
    return 0;
}

/* The exit code, or -1 with err. */
static int why_run(struct why *why, struct err *err)
{
    static const int codes[] = {
        [LIFE_LEVEL_FINE] = ERR_NONE, [LIFE_LEVEL_UNTOLD] = ERR_UNREACHABLE, [LIFE_LEVEL_WRONG] = ERR_NO};
    if (why_prepare(why, err) != 0)
        return -1;
    why->rules.truth = &why->truth;
    why->reading.clients = &why->clients;
    why->reading.config = why->config;
    life_init(&why->life, &why->rules);
    why_read(&why->reading, &why->life);
    if (why->options->papercups && why_papercups(why, err) != 0)
        return -1;
    const struct why_told told = {&why->life, &why->reading, why->keyring, why->shown, why->count};
    if (why->options->json)
        why_print_json(&told);
    else
        why_print(&told);
    return codes[life_level(&why->life)];
}

static void why_done(struct why *why)
{
    free(why->shown);
    life_done(&why->life);
    why_reading_done(&why->reading);
    audit_clients_done(&why->clients);
    for (size_t i = 0; i < why->rules.key_count; i++)
        buf_done(&why->keys[i]);
    topics_ledger_done(&why->rules.ledger);
    keyring_free(why->keyring);
    if (why->config != NULL)
        config_free(why->config);
}

static int cmd_why(int argc, char **argv)
{
    struct why_options options = {.now_ms = clock_now().wall.ms, .since_ms = INT64_MIN, .until_ms = INT64_MAX};
    const char *const *operands;
    struct err err;
    int code;
    if (!command_read(&command_why, argc, argv, why_take, &options, &operands, &code))
        return code;
    options.event_id = operands[0];
    if (options.event_id == NULL || options.event_id[0] == 0)
        return failure_usage(WHY, "say which event: its id, which is its webhook-id header; see cupbearer why --help");
    if (options.since_ms >= options.until_ms)
        return failure_usage(WHY, "--since has to lie before --until");
    struct why why = {.options = &options,
                      .rules = {.event_id = span_of(options.event_id)},
                      .reading = {.since_ms = options.since_ms, .until_ms = options.until_ms}};
    code = why_run(&why, &err);
    why_done(&why);
    return code < 0 ? failure_err(WHY, &err) : code;
}

static const struct option_row rows[] = {
    OPTION(ACCOUNT, "account", "ACCOUNT", "only events of that account"),
    OPTION(RECIPIENT, "recipient", "ID",
           "only events to that recipient, and read only where these lie: the external id that events name, or the id "
           "of a customer or a conversation in Papercups",
           .more = "Where the configuration has one account, --account may be left out. A record whose producer has put it into "
                   "another partition than its key's is not found by it"),
    OPTION(PAPERCUPS, "papercups", NULL,
           "looks for the message in the customer's conversations too: whether it is there, whole, and was seen",
           .more = "It only reads, with the accounts' API keys. An open widget says what was seen; a first message that a customer "
                   "reads in one is not reported, so what is not reported may have been seen all the same"),
    OPTION(JSON, "json", NULL, "an object a line: one for each record, dead letter and receipt, one for each event, the sum",
           .more = "Each has a member kind. An event's verdict is one word, advice what to do; the sum's level is fine, "
                   "wrong or not_all_read"),
};
static const struct option_group own = OPTION_GROUP(WHY, NULL, rows);

const struct command command_why = {
    WHY,
    cmd_why,
    "tell one event's whole life, what became of it, and what to do",
    .usage = "EVENT_ID [OPTION]...",
    .about = "Reads the events' topic, the receipts and the dead letters, and puts together all that is said of that id, in "
             "the order of time: each record with who signed it and what a worker makes of it, each receipt, each dead "
             "letter. At the end stands what became of the event, and what to do about it. What only claims the id is told "
             "apart. All partitions are read, unless --recipient says where it lies; --since and --until go by Kafka's timestamps of the "
             "records. Changes nothing, joins no group.",
    .groups = (const struct option_group *const[]){&option_group_config, &option_group_period, &own, NULL},
    .operand = &(const struct operand){.noun = "event id"},
    .end = "Exit codes: 0 it was delivered, or still waits; 1 something is wrong with it, or there is no such event; 2 usage or "
           "configuration, 3 not all could be read, and so not all be told; 5 system.",
};
