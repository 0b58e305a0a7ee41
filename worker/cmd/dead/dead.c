#include "cmd/cmd.h"
#include "cmd/dead/asked.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/rules.h"
#include "cmd/shared_options.h"
#include "cmd/sign/publish.h"
#include "cmd/topics.h"
#include "os/clock.h"

/* ---- what is needed ---- */

/* The key to sign with, which a dry run may do without. */
static int key_open(struct dead *dead, const struct keyring *keyring, struct err *err)
{
    struct signer *signer = &dead->signer;
    if (dead->action != DEAD_RESEND || (dead->job.dry_run && signer->key_file == NULL && signer->key_id == NULL))
        return 0;
    if (signer_open(signer, err) != 0)
        return -1;
    const struct keyring_entry *entry = keyring_find(keyring, span_of(signer->key_id));
    if (entry == NULL)
        return err_set(err, ERR_USAGE, "--key-id: the keyring has no key '%.63s'", signer->key_id);
    dead->desk.rules.sender = span_of(entry->sender);
    return 0;
}

static int resend(struct dead *dead, struct err *err)
{
    struct resend_job *job = &dead->job;
    job->json = dead->choice.json;
    if (!job->dry_run && (job->publisher = publish_client_new(dead->desk.config, err)) == NULL)
        return -1;
    int result = resend_run(&dead->desk, job, err);
    client_free(job->publisher);
    return result != 0 ? -1 : job->sums.states[RESEND_STATE_KEPT] == 0 ? ERR_NONE : ERR_NO;
}

/* The exit code, or -1 with err. */
static int dead_act(struct dead *dead, struct err *err)
{
    struct desk *desk = &dead->desk;
    int result = -1;
    desk->reader = scan_client_new(desk->config, KAFKA_READ_ALL, err);
    if (desk->reader == NULL)
        return -1;
    switch (dead->action) {
    case DEAD_LIST:
        result = dead_list(desk, &dead->choice, err);
        break;
    case DEAD_SHOW:
        result = dead_show(desk, &dead->choice, dead->operand, err);
        break;
    case DEAD_RESEND:
        result = resend(dead, err);
        break;
    case DEAD_EXPORT:
        result = dead_export(desk, &dead->choice, dead->operand, err);
        break;
    }
    client_free(desk->reader);
    return result;
}

static int dead_run(struct dead *dead, struct err *err)
{
    struct config *config = options_config(dead->config_file, err);
    if (config == NULL)
        return -1;
    struct resend_rules *rules = &dead->desk.rules;
    struct keyring *keyring = NULL;
    dead->desk.config = config;
    dead->job.signer = &dead->signer;
    rules->window_ms = config->window_ms;
    int result = topics_ledger(config, &rules->ledger, err);
    if (result == 0)
        result = (keyring = rules_read(config, rules->ledger.hash_key, &rules->event, err)) == NULL ? -1 : 0;
    if (result == 0)
        result = key_open(dead, keyring, err);
    if (result == 0)
        result = dead_act(dead, err);
    topics_ledger_done(&rules->ledger);
    keyring_free(keyring);
    config_free(config);
    return result;
}

static int cmd_dead(int argc, char **argv)
{
    struct dead dead;
    const char *const *operands;
    struct err err;
    int code;
    dead_init(&dead, clock_now().wall.ms);
    if (command_read(&command_dead, argc, argv, dead_take, &dead, &operands, &code) &&
        (code = dead_check(&dead, operands)) == 0 && (code = dead_run(&dead, &err)) < 0)
        code = failure_err(DEAD, &err);
    signer_done(&dead.signer);
    return code;
}

static const struct option_row which_rows[] = {
    OPTION(DEAD_REASON, "reason", "REASON", "those that ended for it: {}",
           .words = "gave_up backlog flood refused_by_papercups conversation_not_found customer_not_found "
                    "key_revoked unknown malformed_headers unknown_key bad_signature bad_payload "
                    "account_not_granted wrong_routing_key wrong_partition key_not_active expired expires_too_late",
           .more = "Only the first eight are why an event failed, which resend wants",
           .repeatable = true),
    OPTION(DEAD_EXPIRED, "expired", NULL, "those that were rejected as expired, too"),
    OPTION(DEAD_WRONG_PARTITION, "wrong-partition", NULL,
           "those that were rejected for lying in another partition than their key's, too"),
    OPTION(DEAD_EVENT_ID, "event-id", "ID", "only the event of that id; resend: enough without --reason"),
    OPTION(DEAD_ACCOUNT, "account", "ACCOUNT", "only that account's"),
    OPTION(DEAD_SENDER, "sender", "SENDER", "only what that sender of the keyring has signed"),
    OPTION(DEAD_EXTERNAL_ID, "to-external-id", "ID", NULL),
    OPTION(DEAD_CUSTOMER_ID, "to-customer-id", "UUID", NULL),
    OPTION(DEAD_CONVERSATION_ID, "to-conversation-id", "UUID", "only what was for that customer or conversation"),
    OPTION(DEAD_STATE, "state", "STATE",
           "list, export: only those that are {}",
           .words = "open delivered waiting superseded kept",
           .more = "Those that are open may be sent again; delivered: there is a receipt that says so of the event; waiting: "
                   "the event was published again, and has no outcome yet; superseded: it has failed again, and the later "
                   "dead letter counts; kept: it is not to be sent, for the reason that show tells. The table of list counts the "
                   "last three as OTHER"),
};
static const struct option_group which = OPTION_GROUP("which", "Which", which_rows);

static const struct option_row how_rows[] = {
    OPTION(DEAD_EACH, "each", NULL, "list: a line for each dead letter, not the table"),
    OPTION(DEAD_JSON, "json", NULL, "list, show, resend: an object a line for each dead letter"),
    OPTION(DEAD_PER_MINUTE, "per-minute", "N", "resend: no more than that, 1 to 60000; default: 600",
           .more = "Events to one conversation that come faster than flood_limit fail again"),
    OPTION(DEAD_DRY_RUN, "dry-run", NULL, "resend: send nothing, only say what would be sent; needs no key"),
};
static const struct option_group how = OPTION_GROUP("how", "How", how_rows);

const struct command command_dead = {
    DEAD,
    cmd_dead,
    "list, show, export events that failed, or send them again",
    .usage = "list [OPTION]...\n"
             "show EVENT_ID|PARTITION/OFFSET [OPTION]...\n"
             "resend --reason REASON --key-file FILE --key-id ID [OPTION]...\n"
             "resend --reason REASON --dry-run [OPTION]...\n"
             "export [FILE] [OPTION]...",
    .about = "Reads the dead letters and what became of their events since. list counts them by reason, account and "
             "age, and says what to do; show tells all of one event; export writes the records as JSON, a line for "
             "each, to stdout or to a new FILE that only its owner reads.\n"
             "resend signs those anew that are chosen: the same payload under the same event id, with the time of now. "
             "Each must carry a good signature of the same sender, and have its receipt; what was delivered "
             "meanwhile, or published again, is left out, so it may be run again at any time. A rejected record is "
             "never signed, but for expired ones with --expired and those in a wrong partition with "
             "--wrong-partition. --since and --until go by when an event failed.",
    .groups = (const struct option_group *const[]){&option_group_config, &signer_group_key, &which,
                                                   &option_group_period, &how, NULL},
    .operand = &(const struct operand){.words = "list show resend export",
                                       .next = &(const struct operand){.completion = COMPLETE_FILE}},
    .end = "Exit codes: 0 done, or all that were chosen are sent or need not be; 1 not all could be sent, or there is "
           "none to show; 2 usage or configuration; 3 Kafka does not answer, 5 system.",
};
