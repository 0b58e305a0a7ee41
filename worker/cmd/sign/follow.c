#include "cmd/sign/follow.h"

#include <jansson.h>

#include "kafka/reader.h"
#include "os/clock.h"
#include "receipt/receipt.h"

#define POLL_MS 100

struct follow_pass {
    const struct follow *follow;
    enum outcome *outcome;
    struct detail *detail;
    struct buf *json; /* or NULL */
    bool found;
    rd_kafka_resp_err_t refused;
};

/* Others' receipts, and what is none, pass by; so does what follows the one that is waited for. */
static void pass_record(void *context, const rd_kafka_message_t *message)
{
    struct follow_pass *pass = context;
    struct receipt receipt;
    json_t *root;
    struct span value = {message->payload, message->len};
    if (pass->found || receipt_read(value, &receipt, &root, NULL) != 0)
        return;
    pass->found = receipt.partition == pass->follow->partition && receipt.offset == pass->follow->offset &&
                  span_equal(receipt.topic, span_of(pass->follow->topic));
    if (pass->found) {
        *pass->outcome = receipt.outcome;
        detail_set(pass->detail, receipt.outcome, "%.*s", SPAN_ARGS(receipt.detail));
        if (pass->json != NULL)
            buf_add_span(pass->json, value);
    }
    json_decref(root);
}

static void pass_trouble(void *context, const rd_kafka_message_t *message)
{
    struct follow_pass *pass = context;
    if (message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        pass->refused = message->err;
}

static int follow_read(const struct client *client, struct reader *reader, const struct follow_pass *pass,
                       int64_t timeout_ms, struct err *err)
{
    const struct follow *follow = pass->follow;
    struct mono deadline = mono_after(clock_now().mono, timeout_ms);
    while (!mono_reached(deadline, clock_now().mono)) {
        if (!reader_turn(reader))
            reader_wait(reader, POLL_MS);
        if (pass->found)
            return 0;
        if (pass->refused != RD_KAFKA_RESP_ERR_NO_ERROR || reader_fatal(reader) != NULL)
            return err_set(err, ERR_UNREACHABLE, "the event is published, but its receipt may not be read: %s",
                           reader_fatal(reader) != NULL ? reader_fatal(reader) : rd_kafka_err2str(pass->refused));
    }
    return err_set(
        err, ERR_UNREACHABLE,
        "the event is published, but no receipt came within %lld s in partition %d of %.200s: is a worker "
        "running for %.200s? Look at its log and its lag%s%s",
        (long long)timeout_ms / 1000, (int)follow->partition, follow->receipts_topic, follow->topic,
        client->complaint[0] != 0 ? "; the broker connection: " : "", client->complaint);
}

int follow_receipt(const struct follow *follow, const struct config *config, int64_t timeout_ms,
                   enum outcome *outcome, struct detail *detail, struct buf *json, struct err *err)
{
    static const struct reader_calls calls = {.record = pass_record, .trouble = pass_trouble};
    static const struct kafka_setting settings[] = {{"fetch.wait.max.ms", "100"}, {NULL, NULL}};
    struct follow_pass pass = {.follow = follow, .outcome = outcome, .detail = detail, .json = json};
    struct client *client = client_bystander_new(config, KAFKA_READ_ALL, settings, err);
    if (client == NULL)
        return -1;
    struct reader *reader = reader_with(client->rk, follow->receipts_topic, &calls, &pass, err);
    int result = -1;
    if (reader != NULL) {
        reader_read(reader, follow->partition, follow->from, INT64_MAX);
        result = follow_read(client, reader, &pass, timeout_ms, err);
    }
    reader_free(reader);
    client_free(client);
    return result;
}
