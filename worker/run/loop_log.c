#include "os/log.h"
#include "run/loop.h"

void loop_log_circuit(const struct account *account)
{
    struct log_line line;
    bool open = concurrency_is_open(&account->concurrency);
    log_begin(&line, open ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "circuit");
    log_text(&line, "account", span_of(account->options.name));
    log_text(&line, "state", open ? SPAN("open") : SPAN("closed"));
    log_text(&line, "detail",
             open ? SPAN("five calls in a row have failed, so one at a time goes out until one succeeds: is Papercups well? "
                         "event=trouble says what it answers")
                  : SPAN("a call has succeeded: deliveries go on"));
    log_end(&line);
}

void loop_log_rebalance(enum rebalance rebalance, int count)
{
    log_say(LOG_LEVEL_INFO, rebalance_word(rebalance), "%d partitions", count);
}

void loop_log_foreign(const struct effect *effect)
{
    log_say(LOG_LEVEL_WARNING, "foreign_receipts",
            "partition %d: %zu receipts without a good MAC were ignored: somebody else writes to the topic, or the mark secret "
            "is another one than theirs",
            (int)effect->partition, effect->count);
}

void loop_log_namesake(const struct loop *loop, int32_t partition)
{
    log_say(LOG_LEVEL_ERROR, "namesake",
            "partition %d was had by another worker of the group_instance_id %s, with another state_dir: it is begun only "
            "when that one cannot go on any more, in %lld s. Give each worker a name of its own, or keep its state_dir",
            (int)partition, loop->instance.id, (long long)(config_lease_ms(loop->config) + 999) / 1000);
}

void loop_log_gone(const struct loop *loop)
{
    struct log_line line;
    struct buf detail;
    buf_init(&detail, 4096);
    buf_printf(&detail, "topic %s is gone: make it, and the workers go on by themselves: ", loop->config->events_topic);
    topic_create_command(loop->config, TOPIC_EVENTS, loop->outages.partition_count, loop->outages.brokers, &detail);
    log_begin(&line, LOG_LEVEL_ERROR, "topic_gone");
    log_text(&line, "topic", span_of(loop->config->events_topic));
    log_text(&line, "detail", buf_span(&detail));
    log_end(&line);
    buf_done(&detail);
}
