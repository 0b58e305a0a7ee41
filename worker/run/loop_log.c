#include "run/loop_log.h"

#include "event/traceparent.h"
#include "os/log.h"

void loop_log_settled(const struct effect *effect)
{
    const struct settled *settled = &effect->settled;
    struct log_line line;
    bool quiet = settled->outcome == OUTCOME_DELIVERED || settled->outcome == OUTCOME_DUPLICATE;
    log_begin(&line, quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "settled");
    log_text(&line, "outcome", span_of(outcome_word(settled->outcome)));
    if (outcome_reason(settled->outcome)[0] != 0)
        log_text(&line, "reason", span_of(outcome_reason(settled->outcome)));
    log_text(&line, "account", settled->account);
    log_text(&line, "sender", settled->sender);
    log_text(&line, "event_id", settled->event_id);
    log_number(&line, "partition", effect->partition);
    log_number(&line, "offset", settled->offset);
    log_number(&line, "attempts", settled->attempts);
    if (settled->customer_matches > 1)
        log_number(&line, "customer_matches", (long long)settled->customer_matches);
    log_number(&line, "after_ms", settled->finished_at_ms - settled->admitted_at_ms);
    log_text(&line, HEADER_TRACEPARENT, effect->traceparent);
    if (settled->detail[0] != 0)
        log_text(&line, "detail", span_of(settled->detail));
    log_end(&line);
}

void loop_log_account(const struct effect *effect)
{
    static const char *const words[] = {
        [ACCOUNT_OPEN] = "deliveries continue",
        [ACCOUNT_UNCHECKED] = "no delivery until /api/v1/me says whose key it is",
        [ACCOUNT_UNAUTHORIZED] =
            "/api/v1/me is refused too, with 401, 403 or 407: put a good key into api_key_file, or let what stands in "
            "between pass it. Events wait until their deliver_within",
        [ACCOUNT_REDIRECTED] =
            "/api/v1/me answers with a redirect: set url to where it leads. Events wait until their "
            "deliver_within",
        [ACCOUNT_STRANGER] =
            "the API key is that of another Papercups account than papercups_account: nothing is posted",
    };
    struct log_line line;
    enum account_hold hold = effect->account->hold;
    log_begin(&line, hold == ACCOUNT_OPEN || hold == ACCOUNT_UNCHECKED ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
              "account");
    log_text(&line, "account", span_of(effect->account->options.name));
    log_text(&line, "state", span_of(account_hold_word(hold)));
    log_text(&line, "detail", span_of(words[hold]));
    log_end(&line);
}

void loop_log_trouble(const struct effect *effect)
{
    const struct trouble *trouble = &effect->trouble;
    struct log_line line;
    log_begin(&line, LOG_LEVEL_WARNING, "trouble");
    log_text(&line, "account", trouble->account);
    log_text(&line, "call", span_of(trouble->call));
    log_text(&line, "answer", span_of(trouble->answer));
    if (trouble->event_id.data != NULL)
        log_text(&line, "event_id", trouble->event_id);
    log_number(&line, "partition", effect->partition);
    log_number(&line, "offset", trouble->offset);
    log_text(&line, HEADER_TRACEPARENT, effect->traceparent);
    log_text(&line, "detail", span_of(trouble->detail));
    log_end(&line);
}

void loop_log_changed(const struct effect *effect)
{
    static const char *const words[] = {
        [LOG_DELETED] = "the log begins beyond the committed offset: records were deleted unread, or the topic was recreated; it is "
                        "read from its beginning",
        [LOG_SHORTER] = "the log ends before the committed offset: the topic was recreated, or the log has lost its tail; it is read "
                        "from its beginning, and what may have been shown is read back",
        [LOG_OTHER] = "the record below the committed offset is another one: the topic was recreated, or the log has lost its tail; "
                      "it is read from its beginning, and what may have been shown is read back",
        [LOG_WENT_BACK] = "another record, or none, is where one was read before: the topic was recreated, or the log has lost its "
                          "tail; the partition is given up and assigned anew",
    };
    struct log_line line;
    bool is_other = effect->change == LOG_OTHER || effect->change == LOG_WENT_BACK;
    log_begin(&line, LOG_LEVEL_ERROR, is_other ? "log_changed" : "offset_out_of_range");
    log_number(&line, "partition", effect->partition);
    log_number(&line, "offset", effect->offset);
    log_text(&line, "detail", span_of(words[effect->change]));
    log_end(&line);
}

void loop_log_circuit(const struct account *account)
{
    struct log_line line;
    bool open = concurrency_is_open(&account->concurrency);
    log_begin(&line, open ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "circuit");
    log_text(&line, "account", span_of(account->options.name));
    log_text(&line, "state", open ? SPAN("open") : SPAN("closed"));
    log_text(&line, "detail",
             open ? SPAN("five calls in a row have failed, so calls go out one at a time until one succeeds: is Papercups well? "
                         "event=trouble says what it answers")
                  : SPAN("a call has succeeded: deliveries continue"));
    log_end(&line);
}

void loop_log_rebalance(enum rebalance rebalance, int count)
{
    log_say(LOG_LEVEL_INFO, rebalance_word(rebalance), "%d partitions", count);
}

void loop_log_foreign(const struct effect *effect)
{
    log_say(LOG_LEVEL_WARNING, "foreign_receipts",
            "partition %d: %zu receipts without a good MAC were ignored: somebody else writes to the topic, or the other "
            "workers have another mark secret",
            (int)effect->partition, effect->count);
}

void loop_log_namesake(const struct loop *loop, int32_t partition)
{
    log_say(LOG_LEVEL_ERROR, "namesake",
            "partition %d was owned by another worker with group_instance_id %s and another state_dir: it is started only when "
            "that one can no longer deliver, in %lld s. Give each worker a name of its own, or keep its state_dir",
            (int)partition, loop->instance.id, (long long)(config_lease_ms(loop->config) + 999) / 1000);
}

void loop_log_gone(const struct loop *loop)
{
    struct log_line line;
    struct buf detail;
    buf_init(&detail, 4096);
    buf_printf(&detail, "topic %s is gone: create it, and the workers continue by themselves: ", loop->config->events_topic);
    topic_create_command(loop->config, TOPIC_EVENTS, loop->outages.partition_count, loop->outages.brokers, &detail);
    log_begin(&line, LOG_LEVEL_ERROR, "topic_gone");
    log_text(&line, "topic", span_of(loop->config->events_topic));
    log_text(&line, "detail", buf_span(&detail));
    log_end(&line);
    buf_done(&detail);
}
