#include <stdio.h>
#include <stdlib.h>

#include "cmd/audit_print.h"
#include "cmd/audit_read.h"
#include "cmd/cmd.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/rules.h"
#include "cmd/topics.h"
#include "os/clock.h"

#define AUDIT "audit"

static const char help[] =
    "cupbearer audit: show that every event has exactly one outcome, or name those that do not\n"
    "\n"
    "  cupbearer audit [OPTION]...\n"
    "\n"
    "Reads events, receipts and dead letters, from the beginning of the logs to their end as it is now, compares\n"
    "them, and verifies each event by the keyring as it is now. Of each difference it says what to do. What the\n"
    "group has not settled yet is counted apart. Changes nothing, joins no group.\n"
    "\n"
    "  -c, --config FILE  the workers' configuration (default: $CUPBEARER_CONFIG, else\n"
    "                     " OPTIONS_CONFIG ")\n"
    "  --since TIME       only events from that time on, by Kafka's timestamps: 2026-01-31T12:00:00Z, or "
    "how\n"
    "                     long ago: 90m, 24h, 7d\n"
    "  --until TIME       only events before that time\n"
    "  --partition N      only that partition\n"
    "  --json             an object a line: one for each partition, one for each deviation, the sum\n"
    "  --help             this text\n"
    "\n"
    "Exit codes: 0 records = outcomes, 1 not for all, 2 usage or configuration, 3 Kafka does not answer, 5 "
    "system.\n";

enum { SINCE = 0x100, UNTIL, PARTITION, JSON };

static const struct option table[] = {
    {"config", required_argument, NULL, 'c'},
    {"since", required_argument, NULL, SINCE},
    {"until", required_argument, NULL, UNTIL},
    {"partition", required_argument, NULL, PARTITION},
    {"json", no_argument, NULL, JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct audit_options {
    const char *config_file;
    int64_t now_ms, since_ms, until_ms, partition;
    bool json, help;
};

static int audit_take(struct audit_options *audit, int option, const char *value, struct err *err)
{
    switch (option) {
    case 'c':
        audit->config_file = value;
        return 0;
    case SINCE:
        return options_past("--since", value, audit->now_ms, &audit->since_ms, err);
    case UNTIL:
        return options_past("--until", value, audit->now_ms, &audit->until_ms, err);
    case PARTITION:
        return options_number("--partition", value, 0, INT32_MAX, &audit->partition, err);
    case JSON:
        audit->json = true;
        return 0;
    default:
        audit->help = true;
        return 0;
    }
}

static int audit_options(struct audit_options *audit, int argc, char **argv)
{
    struct options options;
    struct err err;
    options_init(&options, AUDIT, table, argc, argv);
    const char *value;
    int option;
    while (!audit->help && (option = options_next(&options, &value)) != OPTIONS_END) {
        if (option == OPTIONS_MISTAKE)
            return ERR_USAGE;
        if (audit_take(audit, option, value, &err) != 0)
            return failure_err(AUDIT, &err);
    }
    if (audit->help)
        return 0;
    if (options.operands[0] != NULL)
        return failure_usage(AUDIT, "'%.60s' is not expected here; see cupbearer audit --help",
                             options.operands[0]);
    if (audit->since_ms >= audit->until_ms)
        return failure_usage(AUDIT, "--since has to lie before --until");
    return 0;
}

/* The exit code, or -1 with err. */
static int audit_compare(const struct audit_options *audit, const struct config *config,
                         const struct audit_clients *clients, const struct audit_rules *rules, struct err *err)
{
    struct audit_partitions partitions = {0};
    struct audit_print print = {.json = audit->json};
    int result = audit_look(clients, config, (int32_t)audit->partition, audit->since_ms, audit->until_ms,
                            &partitions, err);
    for (size_t i = 0; i < partitions.count && result == 0; i++) {
        struct audit one;
        result = audit_read(clients, config, &partitions.list[i], rules, &one, err);
        if (result == 0)
            audit_print_partition(&print, &partitions.list[i], &one);
        audit_done(&one);
    }
    if (result == 0) {
        audit_print_end(&print);
        result = audit_print_holds(&print) ? ERR_NONE : ERR_NO;
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
    int result = topics_ledger(config, &rules.ledger, err);
    if (result == 0)
        result = (keyring = rules_read(config, rules.ledger.hash_key, &truth.event, err)) == NULL ? -1 : 0;
    if (result == 0)
        result = audit_clients_init(&clients, config, err);
    if (result == 0)
        result = audit_compare(audit, config, &clients, &rules, err);
    topics_ledger_done(&rules.ledger);
    keyring_free(keyring);
    audit_clients_done(&clients);
    config_free(config);
    return result;
}

int cmd_audit(int argc, char **argv)
{
    struct audit_options audit = {
        .now_ms = clock_now().wall.ms, .since_ms = INT64_MIN, .until_ms = INT64_MAX, .partition = -1};
    struct err err;
    int code = audit_options(&audit, argc, argv);
    if (code == 0 && audit.help)
        fputs(help, stdout);
    else if (code == 0 && (code = audit_run(&audit, &err)) < 0)
        code = failure_err(AUDIT, &err);
    return code;
}
