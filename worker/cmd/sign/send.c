#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/escape.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/shared_options.h"
#include "cmd/sign/follow.h"
#include "cmd/sign/payload_options.h"
#include "cmd/sign/publish.h"
#include "cmd/sign/signer.h"
#include "event/envelope.h"
#include "event/payload.h"
#include "os/clock.h"

#define SEND "send"

enum { KAFKA = 0x100, WAIT, RECEIPTS_TOPIC, TIMEOUT };

struct send {
    struct signer signer;
    struct payload_options payload;
    const char *file;
    struct config
        config; /* bootstrap servers (borrowed) and properties (owned): what kafka/kafka.h reads of it */
    const char *topic, *receipts_topic;
    enum partitioner partitioner;
    int64_t timeout_s;
    bool wait;
};

static int send_take(void *context, int option, const char *value, struct err *err)
{
    struct send *send = context;
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
    case OPTION_TOPIC:
        send->topic = value;
        return 0;
    case OPTION_PARTITIONER:
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
    default:
        return 0;
    }
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
        publish_record(client, send->topic, follow.partition, *record, PUBLISH_SAME_ID, &follow.offset, err) != 0)
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

static int cmd_send(int argc, char **argv)
{
    static char localhost[] = "localhost:9092";
    struct send send = {
        .topic = OPTION_TOPIC_DEFAULT,
        .receipts_topic = "cupbearer.receipts",
        .timeout_s = 60,
        .config = {.bootstrap_servers = localhost,
                   .properties = mem_new((size_t)argc, sizeof(struct config_property))},
    };
    const char *const *operands;
    struct err err;
    int code;
    if (command_read(&command_send, argc, argv, send_take, &send, &operands, &code)) {
        send.file = operands[0];
        if ((code = send_run(&send, &err)) < 0)
            code = failure_err(SEND, &err);
    }
    for (size_t i = 0; i < send.config.property_count; i++)
        config_property_done(&send.config.properties[i]);
    free(send.config.properties);
    payload_options_done(&send.payload);
    signer_done(&send.signer);
    return code;
}

static const struct option_row broker_rows[] = {
    OPTION('b', "bootstrap-servers", "HOST:PORT,...", "where Kafka is; default: localhost:9092"),
    OPTION(KAFKA, "kafka", "NAME=VALUE",
           "a property of librdkafka, such as security.protocol=SASL_SSL. Passwords by file: "
           "sasl.password_file=FILE, ssl.key.password_file=FILE",
           .repeatable = true),
};
static const struct option_group broker = OPTION_GROUP("broker", "Where to", broker_rows);

static const struct option_row receipt_rows[] = {
    OPTION(WAIT, "wait", NULL, "wait for the receipt and print the outcome"),
    OPTION(RECEIPTS_TOPIC, "receipts-topic", "TOPIC", "the receipts' topic; default: cupbearer.receipts"),
    OPTION(TIMEOUT, "timeout", "SECONDS", "how long to wait for it (m and h may follow); default: 60s"),
};
static const struct option_group receipt = OPTION_GROUP("receipt", "Outcome", receipt_rows);

const struct command command_send = {
    SEND,
    cmd_send,
    "sign an event and publish it, and wait for its outcome",
    .usage = "--key-file FILE --key-id ID --account ACCOUNT\n"
             " --to-external-id ID --body TEXT [OPTION]...\n"
             "--key-file FILE --key-id ID [OPTION]... PAYLOAD_FILE",
    .about = "Prints event_id, topic, partition and offset once Kafka has acknowledged it (acks=all).",
    .groups = (const struct option_group *const[]){&signer_group_key, &signer_group_event, &payload_group, &broker,
                                                   &option_group_topic, &option_group_partitioner, &receipt, NULL},
    .operand = &(const struct operand){"payload", .completion = COMPLETE_FILE},
    .end = "Exit codes: 0 published, with --wait delivered; 1 with --wait: duplicate, rejected or failed; 2 usage "
           "or a payload that a worker would refuse; 3 no answer, not acknowledged, or no receipt in time; 5 "
           "system.",
};
