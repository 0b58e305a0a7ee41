#include "kafka/outages.h"

#include "delivery/retry.h"
#include "os/log.h"

/* Longer than any record waits for its retry: while some are accepted and some are not, that is one outage. */
#define QUIET_MS (RETRY_MOST_MS + 5000)

enum outage_reason { OUTAGE_GONE, OUTAGE_FORBIDDEN, OUTAGE_TOO_LARGE, OUTAGE_OTHER };

void outages_init(struct outages *outages, const struct config *config)
{
    *outages = (struct outages){.config = config, .list = {{.topic = TOPIC_RECEIPTS}, {.topic = TOPIC_DEAD}}};
}

static struct outage *outages_find(struct outages *outages, const char *topic)
{
    for (size_t i = 0; i < OUTAGE_TOPICS; i++)
        if (strcmp(topic, topic_name(outages->config, outages->list[i].topic)) == 0)
            return &outages->list[i];
    return NULL;
}

static enum outage_reason outage_reason(rd_kafka_resp_err_t code)
{
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
        code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        return OUTAGE_GONE;
    if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        return OUTAGE_FORBIDDEN;
    return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? OUTAGE_TOO_LARGE : OUTAGE_OTHER;
}

static void outage_advice(const struct outages *outages, const struct outage *outage, enum outage_reason reason,
                          struct buf *out)
{
    const char *name = topic_name(outages->config, outage->topic);
    switch (reason) {
    case OUTAGE_GONE:
        buf_printf(out, "topic %s, or this partition of it, is gone: make it, and the workers go on by themselves: ", name);
        topic_create_command(outages->config, outage->topic, outages->partition_count, outages->brokers, out);
        break;
    case OUTAGE_FORBIDDEN:
        buf_printf(out, "this worker's user may not write to topic %s: allow it Write there", name);
        break;
    case OUTAGE_TOO_LARGE:
        buf_printf(out,
                   "the record is larger than topic %s takes; it comes without its value then. Raise max.message.bytes of the "
                   "topic",
                   name);
        break;
    case OUTAGE_OTHER:
        buf_printf(out, "topic %s does not take it; it is tried again", name);
        break;
    }
}

static void outage_tell(const struct outages *outages, const struct outage *outage, rd_kafka_resp_err_t code)
{
    struct log_line line;
    struct buf detail;
    buf_init(&detail, 4096);
    buf_printf(&detail, "%s: ", rd_kafka_err2str(code));
    outage_advice(outages, outage, outage_reason(code), &detail);
    log_begin(&line, LOG_LEVEL_ERROR, "produce_failed");
    log_text(&line, "topic", span_of(topic_name(outages->config, outage->topic)));
    log_text(&line, "detail", buf_span(&detail));
    log_end(&line);
    buf_done(&detail);
}

static void outage_tell_end(const struct outages *outages, const struct outage *outage)
{
    struct log_line line;
    log_begin(&line, LOG_LEVEL_INFO, "produce_recovered");
    log_text(&line, "topic", span_of(topic_name(outages->config, outage->topic)));
    log_number(&line, "failures", (long long)(outage->failures - outage->before));
    log_number(&line, "for_s", (outage->last.ms - outage->since.ms) / 1000);
    log_text(&line, "detail", SPAN("it takes records again"));
    log_end(&line);
}

/* Logs each reason that says what to do, and one that says nothing only if there was no other. What is in flight when librdkafka
 * gives up a topic's partitions ends with a code that says nothing: the retry's result does. */
static bool outage_is_told(const struct outage *outage, rd_kafka_resp_err_t code)
{
    enum outage_reason reason = outage_reason(code);
    return code == RD_KAFKA_RESP_ERR__DESTROY || (outage->told >> reason & 1U) != 0 ||
           (reason == OUTAGE_OTHER && outage->told != 0);
}

void outages_failed(struct outages *outages, const char *topic, rd_kafka_resp_err_t code, struct mono now)
{
    struct outage *outage = outages_find(outages, topic);
    if (!outage->stands) {
        outage->stands = true;
        outage->told = 0;
        outage->before = outage->failures;
        outage->since = now;
    }
    outage->failures++;
    outage->last = now;
    outage->taken = false;
    if (!outage_is_told(outage, code))
        outage_tell(outages, outage, code);
    outage->told |= code == RD_KAFKA_RESP_ERR__DESTROY ? 0 : 1U << outage_reason(code);
}

void outages_taken(struct outages *outages, const char *topic)
{
    outages_find(outages, topic)->taken = true;
}

void outages_turn(struct outages *outages, struct mono now)
{
    for (size_t i = 0; i < OUTAGE_TOPICS; i++) {
        struct outage *outage = &outages->list[i];
        if (!outage->stands || !outage->taken || now.ms - outage->last.ms < QUIET_MS)
            continue;
        outage->stands = false;
        if (outage->told != 0)
            outage_tell_end(outages, outage);
    }
}

struct mono outages_deadline(const struct outages *outages)
{
    struct mono at = MONO_NEVER;
    for (size_t i = 0; i < OUTAGE_TOPICS; i++)
        if (outages->list[i].stands && outages->list[i].taken)
            at = mono_earlier(at, mono_after(outages->list[i].last, QUIET_MS));
    return at;
}
