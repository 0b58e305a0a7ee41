#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/publish.h"
#include "cmd/resend.h"
#include "cmd/rules.h"
#include "cmd/topics.h"
#include "os/clock.h"

#define DEAD "dead"

static const char help[] =
    "cupbearer dead resend: send events again that failed\n"
    "\n"
    "  cupbearer dead resend --reason REASON --key-file FILE --key-id ID [OPTION]...\n"
    "  cupbearer dead resend --reason REASON --dry-run [OPTION]...\n"
    "\n"
    "Reads the dead letters, and signs those anew that are chosen: the same payload under the same event id, "
    "with\n"
    "the time of now. Each must carry a good signature of the same sender, and have its receipt; what was\n"
    "delivered meanwhile is left out. A rejected record is never signed, but for expired ones "
    "with --expired\n"
    "and those in a wrong partition with --wrong-partition.\n"
    "\n"
    "Which:\n"
    "  --reason REASON    gave_up, backlog, flood, refused_by_papercups, conversation_not_found,\n"
    "                     customer_not_found, key_revoked or unknown; repeatable\n"
    "  --expired          those that were rejected as expired, too\n"
    "  --wrong-partition  those that were rejected for lying in another partition than their key's, too\n"
    "  --event-id ID      only the event of that id; enough by itself\n"
    "  --account ACCOUNT  only that account's\n"
    "  --since TIME       only what failed from that time on: 2026-01-31T12:00:00Z, or how long ago: 90m, "
    "24h\n"
    "  --until TIME       only what failed before that time\n"
    "\n"
    "How:\n"
    "  -c, --config FILE  the workers' configuration (default: $CUPBEARER_CONFIG, else\n"
    "                     " OPTIONS_CONFIG ")\n"
    "  --key-file FILE    the secret to sign with: whsk_ or whsec_, as `cupbearer keygen` writes it\n"
    "  --key-id ID        the key's id in the workers' keyring\n"
    "  --per-minute N     no more than that, 1 to 60000; 600 when left out\n"
    "  --dry-run          send nothing, only say what would be sent\n"
    "  --help             this text\n"
    "\n"
    "Exit codes: 0 all that were chosen are sent, or need not be; 1 not all; 2 usage or configuration; 3 "
    "Kafka\n"
    "does not answer, 5 system.\n";

enum { REASON = 0x100, EXPIRED, WRONG_PARTITION, EVENT_ID, ACCOUNT, SINCE, UNTIL, PER_MINUTE, DRY_RUN };

static const struct option table[] = {
    {"reason", required_argument, NULL, REASON},
    {"expired", no_argument, NULL, EXPIRED},
    {"wrong-partition", no_argument, NULL, WRONG_PARTITION},
    {"event-id", required_argument, NULL, EVENT_ID},
    {"account", required_argument, NULL, ACCOUNT},
    {"since", required_argument, NULL, SINCE},
    {"until", required_argument, NULL, UNTIL},
    {"config", required_argument, NULL, 'c'},
    {"key-file", required_argument, NULL, SIGNER_KEY_FILE},
    {"key-id", required_argument, NULL, SIGNER_KEY_ID},
    {"per-minute", required_argument, NULL, PER_MINUTE},
    {"dry-run", no_argument, NULL, DRY_RUN},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct dead {
    const char *config_file;
    struct signer signer;
    struct resend_job job;
    bool by_reason, help;
};

static int reason_take(struct dead *dead, const char *value, struct err *err)
{
    enum outcome outcome = outcome_find(SPAN("failed"), span_of(value));
    if (outcome != OUTCOME_NONE) {
        dead->job.rules.outcomes[outcome] = true;
        dead->by_reason = true;
        return 0;
    }
    outcome = outcome_find(SPAN("rejected"), span_of(value));
    if (outcome == OUTCOME_EXPIRED)
        return err_set(err, ERR_USAGE, "--reason: expired events were rejected; if you mean them: --expired");
    if (outcome == OUTCOME_WRONG_PARTITION)
        return err_set(err, ERR_USAGE,
                       "--reason: events in a wrong partition were rejected; if you mean them: --wrong-partition");
    if (outcome != OUTCOME_NONE)
        return err_set(err, ERR_USAGE,
                       "--reason: %s is why a record was rejected; such a one is never signed",
                       outcome_reason(outcome));
    return err_set(err, ERR_USAGE, "--reason: there is no reason '%.60s'; see cupbearer dead --help", value);
}

static int dead_take(struct dead *dead, int option, const char *value, struct err *err)
{
    struct resend_job *job = &dead->job;
    switch (option) {
    case REASON:
        return reason_take(dead, value, err);
    case EXPIRED:
        job->rules.outcomes[OUTCOME_EXPIRED] = true;
        return 0;
    case WRONG_PARTITION:
        job->rules.outcomes[OUTCOME_WRONG_PARTITION] = true;
        return 0;
    case EVENT_ID:
        job->rules.event_id = span_of(value);
        return 0;
    case ACCOUNT:
        job->rules.account = span_of(value);
        return 0;
    case SINCE:
        return options_past("--since", value, job->rules.now_ms, &job->since_ms, err);
    case UNTIL:
        return options_past("--until", value, job->rules.now_ms, &job->until_ms, err);
    case 'c':
        dead->config_file = value;
        return 0;
    case SIGNER_KEY_FILE:
    case SIGNER_KEY_ID:
        signer_take(&dead->signer, option, value);
        return 0;
    case PER_MINUTE:
        return options_number("--per-minute", value, 1, 60000, &job->per_minute, err);
    case DRY_RUN:
        job->dry_run = true;
        return 0;
    default:
        dead->help = true;
        return 0;
    }
}

static int dead_check(struct dead *dead, const char *const *operands)
{
    struct resend_job *job = &dead->job;
    if (operands[0] == NULL || strcmp(operands[0], "resend") != 0)
        return failure_usage(DEAD, "what shall be done? cupbearer dead resend; see cupbearer dead --help");
    if (operands[1] != NULL)
        return failure_usage(DEAD, "'%.60s' is not expected here; see cupbearer dead --help", operands[1]);
    if (job->since_ms >= job->until_ms)
        return failure_usage(DEAD, "--since has to lie before --until");
    bool all_reasons = !dead->by_reason && job->rules.event_id.data != NULL;
    bool rejected = job->rules.outcomes[OUTCOME_EXPIRED] || job->rules.outcomes[OUTCOME_WRONG_PARTITION];
    if (!dead->by_reason && !all_reasons && !rejected)
        return failure_usage(DEAD, "say which: --reason REASON (repeatable), --expired, --wrong-partition, or --event-id ID");
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT && all_reasons; i++)
        job->rules.outcomes[i] = job->rules.outcomes[i] || outcome_is_failed((enum outcome)i);
    return 0;
}

static int dead_options(struct dead *dead, int argc, char **argv)
{
    struct options options;
    struct err err;
    options_init(&options, DEAD, table, argc, argv);
    const char *value;
    int option;
    while (!dead->help && (option = options_next(&options, &value)) != OPTIONS_END) {
        if (option == OPTIONS_MISTAKE)
            return ERR_USAGE;
        if (dead_take(dead, option, value, &err) != 0)
            return failure_err(DEAD, &err);
    }
    return dead->help ? 0 : dead_check(dead, options.operands);
}

/* ---- what is needed ---- */

/* The key to sign with, which a dry run may do without. */
static int key_open(struct dead *dead, const struct keyring *keyring, struct err *err)
{
    struct signer *signer = &dead->signer;
    if (dead->job.dry_run && signer->key_file == NULL && signer->key_id == NULL)
        return 0;
    if (signer_open(signer, err) != 0)
        return -1;
    const struct keyring_entry *entry = keyring_find(keyring, span_of(signer->key_id));
    if (entry == NULL)
        return err_set(err, ERR_USAGE, "--key-id: the keyring has no key '%.63s'", signer->key_id);
    dead->job.rules.sender = span_of(entry->sender);
    return 0;
}

/* The exit code, or -1 with err. */
static int dead_resend(struct dead *dead, struct err *err)
{
    struct resend_job *job = &dead->job;
    int result = (job->reader = scan_client_new(job->config, KAFKA_READ_ALL, err)) == NULL ? -1 : 0;
    if (result == 0 && !job->dry_run)
        result = (job->publisher = publish_client_new(job->config, err)) == NULL ? -1 : 0;
    if (result == 0)
        result = resend_run(job, err);
    client_free(job->publisher);
    client_free(job->reader);
    return result != 0 ? -1 : job->refused == 0 ? ERR_NONE : ERR_NO;
}

static int dead_run(struct dead *dead, struct err *err)
{
    struct config *config = options_config(dead->config_file, err);
    if (config == NULL)
        return -1;
    struct resend_rules *rules = &dead->job.rules;
    struct keyring *keyring = NULL;
    dead->job.config = config;
    dead->job.signer = &dead->signer;
    int result = topics_ledger(config, &rules->ledger, err);
    if (result == 0)
        result = (keyring = rules_read(config, rules->ledger.hash_key, &rules->event, err)) == NULL ? -1 : 0;
    if (result == 0)
        result = key_open(dead, keyring, err);
    if (result == 0) {
        rules->window_ms = config->window_ms;
        result = dead_resend(dead, err);
    }
    topics_ledger_done(&rules->ledger);
    keyring_free(keyring);
    config_free(config);
    return result;
}

int cmd_dead(int argc, char **argv)
{
    struct dead dead = {.job = {.rules = {.now_ms = clock_now().wall.ms},
                                .since_ms = INT64_MIN,
                                .until_ms = INT64_MAX,
                                .per_minute = 600}};
    struct err err;
    int code = dead_options(&dead, argc, argv);
    if (code == 0 && dead.help)
        fputs(help, stdout);
    else if (code == 0 && (code = dead_run(&dead, &err)) < 0)
        code = failure_err(DEAD, &err);
    signer_done(&dead.signer);
    return code;
}
