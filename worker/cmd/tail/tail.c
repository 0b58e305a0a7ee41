#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/shared_options.h"
#include "cmd/tail/choice.h"
#include "cmd/tail/line.h"
#include "cmd/tail/stream.h"
#include "os/clock.h"

enum { ACCOUNT = 0x100, OUTCOME_LIST, RECIPIENT, SENDER, COUNT, JSON };

struct tail {
    const char *config_file, *account;
    struct choice choice;
    int64_t now_ms, since_ms, count; /* 0: without end */
    bool json;
};

static int tail_take_option(void *context, int option, const char *value, struct err *err)
{
    struct tail *tail = context;
    switch (option) {
    case OPTION_CONFIG:
        tail->config_file = value;
        return 0;
    case OPTION_SINCE:
        return options_past("--since", value, tail->now_ms, &tail->since_ms, err);
    case ACCOUNT:
        tail->account = value;
        return 0;
    case OUTCOME_LIST:
        return choice_take_outcomes(&tail->choice, value, err);
    case RECIPIENT:
        tail->choice.recipient = span_of(value);
        return 0;
    case SENDER:
        tail->choice.sender = span_of(value);
        return 0;
    case COUNT:
        return options_number("--count", value, 1, INT32_MAX, &tail->count, err);
    default:
        tail->json = true;
        return 0;
    }
}

static bool tail_take(void *context, const struct receipt *receipt, json_t *root, struct span key)
{
    struct tail *tail = context;
    if (!choice_has(&tail->choice, receipt, key))
        return true;
    if (tail->json)
        line_print_json(stdout, root, key);
    else
        line_print(stdout, receipt, key, output_width(), clock_now().wall.ms);
    return tail->count == 0 || --tail->count > 0;
}

/* ---- all of it ---- */

static void tell_beginning(const struct stream *stream)
{
    if (isatty(STDERR_FILENO))
        failure_note(TAIL, "follows %.200s, %d partitions; Ctrl-C ends it", stream->config->receipts_topic,
                     (int)stream->partition_count);
}

static void tell_left_out(const struct stream *stream)
{
    if (stream->foreign > 0)
        failure_note(TAIL, "left out: %llu without a good code", (unsigned long long)stream->foreign);
    if (stream->other_version > 0)
        failure_note(TAIL, "left out: %llu of another version", (unsigned long long)stream->other_version);
}

/* The exit code, or -1 with err. */
static int tail_run(struct tail *tail, struct err *err)
{
    struct config *config = options_config(tail->config_file, err);
    if (config == NULL)
        return -1;
    struct stream stream = {.config = config, .take = tail_take, .context = tail};
    int result = 0;
    if (tail->account != NULL) {
        tail->choice.account = span_of(options_account(config, tail->account, err));
        result = tail->choice.account.data == NULL ? -1 : 0;
    }
    if (result == 0)
        result = stream_open(&stream, tail->since_ms, err);
    if (result == 0) {
        tell_beginning(&stream);
        result = stream_follow(&stream, err);
        tell_left_out(&stream);
    }
    stream_done(&stream);
    config_free(config);
    return result == 0 ? ERR_NONE : -1;
}

static int cmd_tail(int argc, char **argv)
{
    struct tail tail = {.now_ms = clock_now().wall.ms, .since_ms = INT64_MAX};
    const char *const *operands;
    struct err err;
    int code;
    if (!command_read(&command_tail, argc, argv, tail_take_option, &tail, &operands, &code))
        return code;
    code = tail_run(&tail, &err);
    return code < 0 ? failure_err(TAIL, &err) : code;
}

static const struct option_row rows[] = {
    OPTION(OPTION_SINCE, "since", "TIME",
           "begin with what was written from that time on: 90m, 24h, 7d ago, or 2026-01-31T12:00:00Z; default: now",
           .more = "It goes by Kafka's timestamps of the receipts. What is older than now comes partition by partition, not in the "
                   "order of time"),
    OPTION(ACCOUNT, "account", "ACCOUNT", "only that account's events"),
    OPTION(OUTCOME_LIST, "outcome", "LIST",
           "only these outcomes, with commas between: {}, or reasons such as gave_up",
           .words = "delivered duplicate rejected failed", .repeatable = true),
    OPTION(RECIPIENT, "recipient", "ID",
           "only events to that recipient: the external id that events name, or the id of a customer or a conversation in "
           "Papercups"),
    OPTION(SENDER, "sender", "SENDER", "only that sender's events, as the keyring calls it"),
    OPTION(COUNT, "count", "N", "end after N receipts"),
    OPTION(JSON, "json", NULL, "an object a line: the receipt as the worker wrote it, and routing_key"),
};
static const struct option_group own = OPTION_GROUP(TAIL, NULL, rows);

const struct command command_tail = {
    TAIL,
    cmd_tail,
    "tell outcomes as they happen",
    .usage = "[OPTION]...",
    .about = "Follows the receipts: a line for each, with the time (UTC), the outcome, account, recipient, event id, reason and detail. "
             "What no event proves is -. On a terminal lines are cut to its width, elsewhere they are whole. Only receipts under the "
             "workers' mark secret are told; others are counted. It goes on behind outages of Kafka, changes nothing, joins no group.",
    .groups = (const struct option_group *const[]){&option_group_config, &own, NULL},
    .end = "SIGINT (Ctrl-C) and SIGTERM end it.\n"
           "Exit codes: 0 it was ended, or has told --count of them; 2 usage or configuration, 3 Kafka did not answer at the start, or "
           "refuses; 5 system.",
};
