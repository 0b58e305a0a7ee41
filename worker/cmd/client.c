#include "cmd/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "kafka/topic_place.h"
#include "os/clock.h"

static void client_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    if (level >= 7) /* there are some only when `debug` asks for them */
        fprintf(stderr, "%s %s\n", facility, text);
}

/* Called from rd_kafka_poll and rd_kafka_consumer_poll only. */
static void client_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    (void)rk;
    struct client *client = opaque;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) /* follows the one that says why */
        client->is_down = true;
    else
        snprintf(client->complaint, sizeof(client->complaint), "%s", reason);
}

struct client *client_new(rd_kafka_type_t type, const struct config *config, rd_kafka_conf_t *conf,
                          struct err *err)
{
    struct client *client = mem_new(1, sizeof(*client));
    client->bootstrap_servers = config->bootstrap_servers;
    rd_kafka_conf_set_log_cb(conf, client_log);
    rd_kafka_conf_set_error_cb(conf, client_error);
    rd_kafka_conf_set_opaque(conf, client);
    client->rk = kafka_new(type, conf, err);
    if (client->rk != NULL)
        return client;
    free(client);
    return NULL;
}

struct client *client_bystander_new(const struct config *config, enum kafka_isolation isolation,
                                    const struct kafka_setting *settings, struct err *err)
{
    rd_kafka_conf_t *conf = kafka_consumer_conf_new(config, isolation, settings, err);
    struct client *client = conf == NULL ? NULL : client_new(RD_KAFKA_CONSUMER, config, conf, err);
    if (client != NULL)
        rd_kafka_poll_set_consumer(client->rk);
    return client;
}

void client_free(struct client *client)
{
    if (client == NULL)
        return;
    rd_kafka_destroy_flags(client->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); /* none is in a group */
    free(client);
}

int client_unreachable(struct client *client, const char *what, rd_kafka_resp_err_t fallback, struct err *err)
{
    rd_kafka_poll(client->rk, 0);
    return err_set(err, ERR_UNREACHABLE, "no broker at %.120s %s: %s", client->bootstrap_servers, what,
                   client->complaint[0] != 0 ? client->complaint : rd_kafka_err2str(fallback));
}

/* A topic just made may be without leaders for a moment, and a client may meet its first broker late. */
static bool client_may_pass(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || error == RD_KAFKA_RESP_ERR__TRANSPORT ||
           error == RD_KAFKA_RESP_ERR__TIMED_OUT;
}

int client_partition_count(struct client *client, const char *topic, int32_t *out, struct err *err)
{
    struct mono deadline = mono_after(clock_now().mono, CLIENT_TIMEOUT_MS);
    int64_t left_ms = CLIENT_TIMEOUT_MS;
    struct topic_place place;
    rd_kafka_resp_err_t error;
    do {
        error = topic_place_ask(client->rk, topic, (int)left_ms, &place);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
            error = place.error;
        if (client_may_pass(error))
            rd_kafka_poll(client->rk, 100);
        left_ms = deadline.ms - clock_now().mono.ms;
    } while (client_may_pass(error) && left_ms > 0);
    *out = place.partition_count;
    if (error == RD_KAFKA_RESP_ERR__INVALID_ARG)
        return err_set(err, ERR_USAGE, "'%.100s' cannot be a topic's name", topic);
    if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return err_set(err, ERR_USAGE,
                       "there is no topic %.200s at %.200s; is it the name that the worker reads?", topic,
                       client->bootstrap_servers);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && *out > 0)
        return 0;
    if (client_may_pass(error))
        return client_unreachable(client, "answers", error, err);
    return err_set(err, ERR_UNREACHABLE, "topic %.200s: %s", topic, rd_kafka_err2str(error));
}

int client_has_count(struct client *client, const char *topic, int32_t count, const char *other, bool or_more,
                     struct err *err)
{
    int32_t others;
    if (client_partition_count(client, other, &others, err) != 0)
        return -1;
    if (others == count || (or_more && others > count))
        return 0;
    return err_set(err, ERR_USAGE,
                   "%.150s has %d partitions and %.150s %d: they do not belong together; is one of the names wrong?",
                   topic, (int)count, other, (int)others);
}

int client_offsets(struct client *client, const char *topic, int32_t partition, int64_t *begin, int64_t *end,
                   struct err *err)
{
    int64_t unasked;
    rd_kafka_resp_err_t error =
        kafka_watermarks(client->rk, topic, partition, begin == NULL ? &unasked : begin, end);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    if (client_may_pass(error))
        return client_unreachable(client, "answers", error, err);
    return err_set(err, ERR_UNREACHABLE, "topic %.200s, partition %d: %s", topic, (int)partition,
                   rd_kafka_err2str(error));
}
