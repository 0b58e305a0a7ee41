#include <sodium.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/publish.h"
#include "cmd/resend.h"
#include "cmd/rules.h"
#include "cmd/shared_options.h"
#include "cmd/topics.h"
#include "os/clock.h"

#define DEAD "dead"

enum { REASON = 0x100, EXPIRED, WRONG_PARTITION, EVENT_ID, ACCOUNT, PER_MINUTE, DRY_RUN };

struct dead {
    const char *config_file;
    struct signer signer;
    struct resend_job job;
    bool by_reason;
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

static int dead_take(void *context, int option, const char *value, struct err *err)
{
    struct dead *dead = context;
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
    case OPTION_SINCE:
        return options_past("--since", value, job->rules.now_ms, &job->since_ms, err);
    case OPTION_UNTIL:
        return options_past("--until", value, job->rules.now_ms, &job->until_ms, err);
    case OPTION_CONFIG:
        dead->config_file = value;
        return 0;
    case SIGNER_KEY_FILE:
    case SIGNER_KEY_ID:
        signer_take(&dead->signer, option, value);
        return 0;
    case PER_MINUTE:
        return options_number("--per-minute", value, 1, 60000, &job->per_minute, err);
    default:
        job->dry_run = true;
        return 0;
    }
}

static int dead_check(struct dead *dead, const char *const *operands)
{
    struct resend_job *job = &dead->job;
    if (operands[0] == NULL || strcmp(operands[0], "resend") != 0)
        return failure_usage(DEAD, "what shall be done? cupbearer dead resend; see cupbearer dead --help");
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

static int cmd_dead(int argc, char **argv)
{
    struct dead dead = {.job = {.rules = {.now_ms = clock_now().wall.ms},
                                .since_ms = INT64_MIN,
                                .until_ms = INT64_MAX,
                                .per_minute = 600}};
    const char *const *operands;
    struct err err;
    int code;
    if (command_read(&command_dead, argc, argv, dead_take, &dead, &operands, &code) &&
        (code = dead_check(&dead, operands)) == 0 && (code = dead_run(&dead, &err)) < 0)
        code = failure_err(DEAD, &err);
    signer_done(&dead.signer);
    return code;
}

static const struct option_row which_rows[] = {
    OPTION(REASON, "reason", "REASON", "those that failed for it: {}",
           .words = "gave_up backlog flood refused_by_papercups conversation_not_found customer_not_found "
                    "key_revoked unknown",
           .repeatable = true),
    OPTION(EXPIRED, "expired", NULL, "those that were rejected as expired, too"),
    OPTION(WRONG_PARTITION, "wrong-partition", NULL,
           "those that were rejected for lying in another partition than their key's, too"),
    OPTION(EVENT_ID, "event-id", "ID", "only the event of that id; enough without --reason"),
    OPTION(ACCOUNT, "account", "ACCOUNT", "only that account's"),
};
static const struct option_group which = OPTION_GROUP("which", "Which", which_rows);

static const struct option_row how_rows[] = {
    OPTION(PER_MINUTE, "per-minute", "N", "no more than that, 1 to 60000; default: 600",
           .more = "Events to one conversation that come faster than flood_limit fail again"),
    OPTION(DRY_RUN, "dry-run", NULL, "send nothing, only say what would be sent; needs no key"),
};
static const struct option_group how = OPTION_GROUP("how", "How", how_rows);

const struct command command_dead = {
    DEAD,
    cmd_dead,
    "send events again that failed: dead resend",
    .usage = "resend --reason REASON --key-file FILE --key-id ID [OPTION]...\n"
             "resend --reason REASON --dry-run [OPTION]...",
    .about = "Reads the dead letters, and signs those anew that are chosen: the same payload under the same event "
             "id, with the time of now. Each must carry a good signature of the same sender, and have its "
             "receipt; what was delivered meanwhile is left out. A rejected record is never signed, but for "
             "expired ones with --expired and those in a wrong partition with --wrong-partition. --since and "
             "--until go by when an event failed.",
    .groups = (const struct option_group *const[]){&option_group_config, &signer_group_key, &which,
                                                   &option_group_period, &how, NULL},
    .operand = &(const struct operand){.words = "resend"},
    .end = "Exit codes: 0 all that were chosen are sent, or need not be; 1 not all; 2 usage or configuration; 3 "
           "Kafka does not answer, 5 system.",
};
