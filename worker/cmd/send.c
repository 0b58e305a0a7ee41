#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/escape.h"
#include "cmd/failure.h"
#include "cmd/follow.h"
#include "cmd/options.h"
#include "cmd/payload_options.h"
#include "cmd/publish.h"
#include "cmd/signer.h"
#include "event/envelope.h"
#include "event/payload.h"
#include "os/clock.h"

#define SEND "send"

static const char help[] =
    "cupbearer send: sign an event and publish it, and wait for what becomes of it\n"
    "\n"
    "  cupbearer send --key-file FILE --key-id ID --account ACCOUNT --to-external-id ID --body TEXT "
    "[OPTION]...\n"
    "  cupbearer send --key-file FILE --key-id ID [OPTION]... PAYLOAD_FILE\n"
    "\n"
    "Prints event_id, topic, partition and offset once Kafka has acknowledged it (acks=all).\n"
    "\n" SIGNER_HELP "\n" PAYLOAD_HELP "\n"
    "Where to:\n"
    "  -b, --bootstrap-servers L  HOST:PORT,...; localhost:9092 when left out\n"
    "  --topic TOPIC              cupbearer.events when left out\n"
    "  --partitioner P            murmur2 (when left out) or crc32, as in the worker's configuration\n"
    "  --kafka NAME=VALUE         a property of librdkafka, such as security.protocol=SASL_SSL; repeatable.\n"
    "                             Passwords by file: sasl.password_file=FILE, ssl.key.password_file=FILE\n"
    "  --wait                     wait for the receipt and print the outcome\n"
    "  --receipts-topic TOPIC     cupbearer.receipts when left out\n"
    "  --timeout SECONDS          how long to wait for it; 60s when left out (m and h may follow)\n"
    "  --help                     this text\n"
    "\n"
    "Exit codes: 0 published, with --wait delivered; 1 with --wait: duplicate, rejected or failed; 2 usage "
    "or a\n"
    "payload that a worker would refuse; 3 no answer, not acknowledged, or no receipt in time; 5 system.\n";

enum { TOPIC = 0x100, PARTITIONER, KAFKA, WAIT, RECEIPTS_TOPIC, TIMEOUT };

static const struct option table[] = {
    SIGNER_OPTIONS,
    PAYLOAD_OPTIONS,
    {"bootstrap-servers", required_argument, NULL, 'b'},
    {"topic", required_argument, NULL, TOPIC},
    {"partitioner", required_argument, NULL, PARTITIONER},
    {"kafka", required_argument, NULL, KAFKA},
    {"wait", no_argument, NULL, WAIT},
    {"receipts-topic", required_argument, NULL, RECEIPTS_TOPIC},
    {"timeout", required_argument, NULL, TIMEOUT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct send {
    struct signer signer;
    struct payload_options payload;
    const char *file;
    struct config
        config; /* bootstrap servers (borrowed) and properties (owned): what kafka/kafka.h reads of it */
    const char *topic, *receipts_topic;
    enum partitioner partitioner;
    int64_t timeout_s;
    bool wait, help;
};

static int send_take(struct send *send, int option, const char *value, struct err *err)
{
    struct config *config = &send->config;
    struct err why;
    if (option >= PAYLOAD_ACCOUNT && option < PAYLOAD_END)
        return payload_options_take(&send->payload, option, value, err);
    if (option >= SIGNER_KEY_FILE && option < SIGNER_END)
        signer_take(&send->signer, option, value);
    switch (option) {
    case 'b':
        config->bootstrap_servers = (char *)(uintptr_t)value;
        return 0;
    case TOPIC:
        send->topic = value;
        return 0;
    case PARTITIONER:
        return options_partitioner(value, &send->partitioner, err);
    case KAFKA:
        if (config_property_read(value, &config->properties[config->property_count], &why) != 0)
            return err_set(err, why.code, "--kafka: %s", why.text);
        config->property_count++;
        return 0;
    case WAIT:
        send->wait = true;
        return 0;
    case RECEIPTS_TOPIC:
        send->receipts_topic = value;
        return 0;
    case TIMEOUT:
        return options_seconds("--timeout", value, 1, 86400, &send->timeout_s, err);
    case 'h':
        send->help = true;
        return 0;
    default:
        return 0;
    }
}

static int send_options(struct send *send, int argc, char **argv)
{
    struct options options;
    struct err err;
    options_init(&options, SEND, table, argc, argv);
    const char *value;
    int option;
    while (!send->help && (option = options_next(&options, &value)) != OPTIONS_END) {
        if (option == OPTIONS_MISTAKE)
            return ERR_USAGE;
        if (send_take(send, option, value, &err) != 0)
            return failure_err(SEND, &err);
    }
    if (send->help)
        return 0;
    send->file = options.operands[0];
    if (send->file != NULL && options.operands[1] != NULL)
        return failure_usage(SEND, "one payload at a time; '%.60s' is one too many", options.operands[1]);
    return 0;
}

static const char *event_id_of(const struct cupbearer_record *record)
{
    const char *name, *value = "";
    size_t size;
    for (size_t i = 0; cupbearer_record_header(record, i, &name, &value, &size) == CUPBEARER_OK; i++)
        if (strcmp(name, HEADER_ID) == 0)
            return value;
    return "";
}

static struct span routing_key_of(const struct cupbearer_record *record)
{
    struct span key;
    key.data = cupbearer_record_key(record, &key.size);
    return key;
}

/* Signs it again as late as can be: finding the brokers may have used up part of its time to live. */
static int record_renew(const struct send *send, struct span payload, struct cupbearer_record **record,
                        struct err *err)
{
    struct cupbearer_record *renewed;
    if (signer_sign(&send->signer, event_id_of(*record), clock_now().wall.ms / 1000, payload, &renewed,
                    err) != 0)
        return -1;
    cupbearer_record_free(*record);
    *record = renewed;
    return 0;
}

static int outcome_tell(enum outcome outcome, const struct detail *detail)
{
    const char *reason = outcome_reason(outcome);
    printf("%s%s%s%s: ", outcome_word(outcome), reason[0] != 0 ? " (" : "", reason,
           reason[0] != 0 ? ")" : "");
    escape_print(stdout, span_of(detail->text[0] != 0 ? detail->text : outcome_text(outcome)));
    putchar('\n');
    return outcome == OUTCOME_DELIVERED ? ERR_NONE : ERR_NO;
}

/* The exit code, or -1 with err. */
static int send_publish(const struct send *send, struct client *client, struct span payload,
                        struct cupbearer_record **record, struct err *err)
{
    struct follow follow = {.receipts_topic = send->receipts_topic, .topic = send->topic};
    int32_t count;
    if (client_partition_count(client, send->topic, &count, err) != 0)
        return -1;
    follow.partition = partitioner_partition(send->partitioner, routing_key_of(*record), count);
    if (send->wait) {
        if (client_has_count(client, send->topic, count, send->receipts_topic, false, err) != 0 ||
            client_offsets(client, send->receipts_topic, follow.partition, NULL, &follow.from, err) != 0)
            return -1;
    }
    if (record_renew(send, payload, record, err) != 0 ||
        publish_record(client, send->topic, follow.partition, *record, &follow.offset, err) != 0)
        return -1;
    printf("event_id=%s topic=%s partition=%d offset=%lld\n", event_id_of(*record), send->topic,
           (int)follow.partition, (long long)follow.offset);
    fflush(stdout);
    if (!send->wait)
        return ERR_NONE;
    enum outcome outcome;
    struct detail detail;
    if (follow_receipt(&follow, &send->config, send->timeout_s * 1000, &outcome, &detail, NULL, err) != 0)
        return -1;
    return outcome_tell(outcome, &detail);
}

static int send_run(struct send *send, struct err *err)
{
    struct buf payload;
    buf_init(&payload, PAYLOAD_SIZE_MAX);
    struct cupbearer_record *record = NULL;
    struct client *client = NULL;
    int result = signer_open(&send->signer, err);
    if (result == 0)
        result = payload_options_read(&send->payload, send->file, &payload, err);
    if (result == 0) /* before a broker is asked: a payload that is no good needs none */
        result = signer_sign(&send->signer, send->signer.event_id, clock_now().wall.ms / 1000,
                             buf_span(&payload), &record, err);
    if (result == 0)
        result = (client = publish_client_new(&send->config, err)) == NULL ? -1 : 0;
    if (result == 0)
        result = send_publish(send, client, buf_span(&payload), &record, err);
    client_free(client);
    cupbearer_record_free(record);
    buf_done(&payload);
    return result;
}

int cmd_send(int argc, char **argv)
{
    static char localhost[] = "localhost:9092";
    struct send send = {
        .topic = "cupbearer.events",
        .receipts_topic = "cupbearer.receipts",
        .timeout_s = 60,
        .config = {.bootstrap_servers = localhost,
                   .properties = mem_new((size_t)argc, sizeof(struct config_property))},
    };
    struct err err;
    int code = send_options(&send, argc, argv);
    if (code == 0 && send.help)
        fputs(help, stdout);
    else if (code == 0 && (code = send_run(&send, &err)) < 0)
        code = failure_err(SEND, &err);
    for (size_t i = 0; i < send.config.property_count; i++)
        config_property_done(&send.config.properties[i]);
    free(send.config.properties);
    payload_options_done(&send.payload);
    signer_done(&send.signer);
    return code;
}
