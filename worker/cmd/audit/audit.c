#include <stdlib.h>

#include "cmd/audit/print.h"
#include "cmd/audit/read.h"
#include "cmd/audit/shown.h"
#include "cmd/cmd.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/progress.h"
#include "cmd/rules.h"
#include "cmd/shared_options.h"
#include "cmd/topics.h"
#include "os/clock.h"

#define AUDIT "audit"

enum { PARTITION = 0x100, PAPERCUPS, JSON };

struct audit_options {
    const char *config_file;
    int64_t now_ms, since_ms, until_ms, partition;
    bool papercups, json;
};

static int audit_take(void *context, int option, const char *value, struct err *err)
{
    struct audit_options *audit = context;
    switch (option) {
    case OPTION_CONFIG:
        audit->config_file = value;
        return 0;
    case OPTION_SINCE:
        return options_past("--since", value, audit->now_ms, &audit->since_ms, err);
    case OPTION_UNTIL:
        return options_past("--until", value, audit->now_ms, &audit->until_ms, err);
    case PARTITION:
        return options_number("--partition", value, 0, INT32_MAX, &audit->partition, err);
    case PAPERCUPS:
        audit->papercups = true;
        return 0;
    default:
        audit->json = true;
        return 0;
    }
}

/* The exit code, or -1 with err. */
static int audit_compare(const struct audit_options *audit, const struct config *config,
                         const struct audit_clients *clients, const struct audit_rules *rules,
                         struct audit_shown_reader *shown, struct err *err)
{
    struct audit_partitions partitions = {0};
    struct audit_print print = {.json = audit->json, .papercups = shown != NULL};
    struct progress progress;
    progress_init(&progress);
    int result = audit_look(clients, config, (int32_t)audit->partition, audit->since_ms, audit->until_ms,
                            &partitions, err);
    progress_begin(&progress, "reading", audit_look_total(&partitions));
    for (size_t i = 0; i < partitions.count && result == 0; i++) {
        struct audit one;
        result = audit_read(clients, config, &partitions.list[i], rules, shown != NULL, &progress, &one, err);
        progress_hide(&progress);
        if (result == 0 && shown != NULL)
            result = audit_shown_read(shown, clients->events, &partitions.list[i], &one, err);
        if (result == 0)
            audit_print_partition(&print, &partitions.list[i], &one);
        audit_done(&one);
    }
    if (result == 0) {
        audit_print_end(&print);
        result = audit_print_holds(&print)     ? ERR_NONE
                 : audit_print_differs(&print) ? ERR_NO
                                               : ERR_UNREACHABLE;
    }
    audit_print_done(&print);
    free(partitions.list);
    return result;
}

static int audit_run(const struct audit_options *audit, struct err *err)
{
    struct config *config = options_config(audit->config_file, err);
    if (config == NULL)
        return -1;
    struct truth_rules truth = {.stamps_are_brokers = !config->allow_create_time};
    struct audit_rules rules = {.since_ms = audit->since_ms,
                                .until_ms = audit->until_ms,
                                .window_ms = config->window_ms,
                                .truth = &truth};
    struct audit_clients clients = {0};
    struct keyring *keyring = NULL;
    struct audit_shown_reader *shown = NULL;
    int result = topics_ledger(config, &rules.ledger, err);
    if (result == 0)
        result = (keyring = rules_read(config, rules.ledger.hash_key, &truth.event, err)) == NULL ? -1 : 0;
    if (result == 0)
        result = audit_clients_init(&clients, config, err);
    if (result == 0 && audit->papercups)
        result = (shown = audit_shown_new(config, &truth.event, false, err)) == NULL ? -1 : 0;
    if (result == 0)
        result = audit_compare(audit, config, &clients, &rules, shown, err);
    audit_shown_free(shown);
    topics_ledger_done(&rules.ledger);
    keyring_free(keyring);
    audit_clients_done(&clients);
    config_free(config);
    return result;
}

static int cmd_audit(int argc, char **argv)
{
    struct audit_options audit = {
        .now_ms = clock_now().wall.ms, .since_ms = INT64_MIN, .until_ms = INT64_MAX, .partition = -1};
    const char *const *operands;
    struct err err;
    int code;
    if (!command_read(&command_audit, argc, argv, audit_take, &audit, &operands, &code))
        return code;
    if (audit.since_ms >= audit.until_ms)
        return failure_usage(AUDIT, "--since has to lie before --until");
    code = audit_run(&audit, &err);
    return code < 0 ? failure_err(AUDIT, &err) : code;
}

static const struct option_row rows[] = {
    OPTION(PARTITION, "partition", "N", "only that partition"),
    OPTION(PAPERCUPS, "papercups", NULL,
           "looks for the message of each event in its customer's conversations too, by its mark and with the accounts' "
           "API keys, and holds what is there against the receipt",
           .more = "It only reads. What cannot be read is counted as not read, and never called right"),
    OPTION(JSON, "json", NULL, "an object a line: one for each partition, one for each deviation, the sum",
           .more = "The sum's member holds says whether records = outcomes. A deviation's member deviation is its "
                   "name, advice what to do about it"),
};
static const struct option_group own = OPTION_GROUP(AUDIT, NULL, rows);

const struct command command_audit = {
    AUDIT,
    cmd_audit,
    "show that every event has exactly one outcome, or name those that do not",
    .usage = "[OPTION]...",
    .about = "Reads events, receipts and dead letters, from the beginning of the logs to their end as it is now, "
             "compares them, and verifies each event by the keyring as it is now. Of each difference it says what "
             "to do. What the group has not settled yet is counted apart. --since and --until go by Kafka's "
             "timestamps of the events. Changes nothing, joins no group.",
    .groups = (const struct option_group *const[]){&option_group_config, &option_group_period, &own, NULL},
    .end = "Exit codes: 0 records = outcomes, 1 not for all, 2 usage or configuration, 3 Kafka does not answer, or with "
           "--papercups not all could be read, 5 system.",
};
