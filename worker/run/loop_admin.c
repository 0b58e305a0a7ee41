#include "run/loop.h"

#include <stdlib.h>

#include "base/mem.h"
#include "os/log_writer.h"

/* By account_options.index; free() it. */
static const struct account **loop_accounts(const struct loop *loop)
{
    const struct account **accounts = mem_new(loop->site_count, sizeof(*accounts));
    const struct account *account = NULL;
    while ((account = engine_next_account(loop->engine, account)) != NULL)
        accounts[account->options.index] = account;
    return accounts;
}

/* Those assigned; free() it. */
static struct metrics_partition *loop_partitions(const struct loop *loop, size_t *count)
{
    struct metrics_partition one,
        *partitions = mem_new(consumer_partition_count(loop->consumer), sizeof(*partitions));
    *count = 0;
    one.partition = -1;
    while ((one.partition = consumer_next_partition(loop->consumer, one.partition, &one.lag)) >= 0) {
        one.stalled_ms = watchdog_stalled_ms(&loop->watchdog, one.partition, loop->now.mono);
        partitions[(*count)++] = one;
    }
    return partitions;
}

/* By account_options.index; free() it. */
static bool *loop_stale_keys(const struct loop *loop)
{
    bool *stale = mem_new(loop->site_count, sizeof(*stale));
    for (size_t i = 0; i < loop->site_count; i++)
        stale[i] = files_api_key_is_stale(loop->files, i);
    return stale;
}

/* By the broker's clock, which has stamped it. */
static int64_t loop_oldest_ms(const struct loop *loop)
{
    struct wall admitted;
    if (!engine_oldest(loop->engine, &admitted))
        return 0;
    int64_t ms = remote_clock_guess(engine_broker_clock(loop->engine), loop->now).ms - admitted.ms;
    return ms < 0 ? 0 : ms;
}

static void loop_metrics(const struct loop *loop, struct buf *out)
{
    const struct account **accounts = loop_accounts(loop);
    size_t count;
    struct metrics_partition *partitions = loop_partitions(loop, &count);
    bool *stale = loop_stale_keys(loop);
    struct metrics_view view = {
        .now = loop->now,
        .accounts = accounts,
        .account_count = loop->site_count,
        .outcomes = engine_outcomes(loop->engine),
        .call_times = engine_call_times(loop->engine),
        .outages = &loop->outages,
        .broker_clock = engine_broker_clock(loop->engine),
        .oldest_ms = loop_oldest_ms(loop),
        .unsettled = engine_unsettled(loop->engine),
        .paused = engine_paused(loop->engine),
        .partition_count = count,
        .deviations = loop->deviations,
        .unserved = consumer_unserved(loop->consumer),
        .partitions = partitions,
        .keyring_read_at_ms = files_keyring_read_at_ms(loop->files),
        .keyring_keys = files_keyring_size(loop->files),
        .keyring_stale = files_keyring_is_stale(loop->files),
        .configuration_stale = loop->configuration_stale,
        .api_key_stale = stale,
    };
    process_usage_read(&view.process);
    view.log_dropped = log_writer_dropped();
    metrics_write(&loop->metrics, &view, out);
    free(stale);
    free(partitions);
    free(accounts);
}

/* One of the accounts if all of them are held, else NULL. */
static const struct account *loop_all_held(const struct loop *loop)
{
    const struct account *account = NULL, *held = NULL;
    while ((account = engine_next_account(loop->engine, account)) != NULL) {
        if (account->hold == ACCOUNT_OPEN)
            return NULL;
        held = account;
    }
    return held;
}

/* How many partitions this worker has, how many of them it does not read yet, and what the first of these waits for. */
static void loop_tell_partitions(const struct loop *loop, struct buf *text)
{
    char why[512];
    struct buf first;
    struct partition_status status;
    size_t waiting = 0;
    int64_t lag;
    int32_t partition = -1;
    buf_init(&first, sizeof(why) + 64);
    while ((partition = consumer_next_partition(loop->consumer, partition, &lag)) >= 0)
        if (watchdog_status(loop->consumer, loop->inquiry, loop->engine, partition, why, sizeof(why), &status) &&
            status.begins && waiting++ == 0)
            buf_printf(&first, "; partition %d: %s", (int)partition, status.because);
    buf_printf(text, "%zu partitions", consumer_partition_count(loop->consumer));
    if (waiting > 0)
        buf_printf(text, ", %zu of them not read yet%s", waiting, first.data);
    buf_add_text(text, "\n");
    buf_done(&first);
}

/* Whether this worker is ready; false: and why not. One without a partition is: it is a standby, and a rollout that waits for every
 * worker to be ready would otherwise never end. */
static bool loop_is_ready(const struct loop *loop, struct buf *text)
{
    size_t count = consumer_partition_count(loop->consumer);
    const struct account *held = loop_all_held(loop);
    enum consumer_state state = consumer_state(loop->consumer);
    bool ready = false;
    if (loop->stopping)
        buf_printf(text, "stopping: %zu events are not settled\n", engine_unsettled(loop->engine));
    else if (state == CONSUMER_WAITING)
        buf_add_text(text, "starting: waiting for the group to assign partitions\n");
    else if (state == CONSUMER_REVOKED)
        buf_add_text(text, "rebalancing: waiting for the group's new assignment\n");
    else if (state == CONSUMER_LOST)
        buf_add_text(text, "lost: the group has not heard of this worker for session.timeout.ms, or Kafka is away, so its "
                           "partitions may be others'; it asks to join again\n");
    else if (state == CONSUMER_GONE)
        buf_printf(text, "gone: there is no topic %s any more; event=topic_gone says how to make it\n", loop->config->events_topic);
    else if (state == CONSUMER_STARTING) {
        buf_add_text(text, "starting: ");
        loop_tell_partitions(loop, text);
    } else if (held != NULL)
        buf_printf(text, "every account is held; %s is %s\n", held->options.name,
                   account_hold_word(held->hold));
    else
        ready = true;
    if (ready && count == 0)
        buf_add_text(text, "ok: standby, other workers have all partitions\n");
    else if (ready) {
        buf_add_text(text, "ok: ");
        loop_tell_partitions(loop, text);
    }
    return ready;
}

/* How old the oldest unsettled event is stands there once that is worth a look, and in minutes: what changes is sent. */
void loop_tell_manager(struct loop *loop)
{
    struct buf text;
    if (loop->notify.fd < 0)
        return;
    buf_init(&text, 1024);
    (void)loop_is_ready(loop, &text);
    struct span left = buf_span(&text), first = span_cut(&left, '\n');
    text.size = first.size;
    int64_t minutes = loop_oldest_ms(loop) / 60000;
    if (minutes > 0)
        buf_printf(&text, "; the oldest event that is not settled waits for %lld min", (long long)minutes);
    notify_status(&loop->notify, buf_span(&text));
    buf_done(&text);
}

void loop_admin(struct loop *loop)
{
    enum admin_page page;
    struct buf text;
    bool good = true;
    if (!admin_asked(loop->admin, &page))
        return;
    buf_init(&text, 1024);
    switch (page) {
    case ADMIN_METRICS:
        loop_metrics(loop, &text);
        break;
    case ADMIN_HEALTH:
        buf_add_text(&text, "ok\n");
        break;
    case ADMIN_READINESS:
        good = loop_is_ready(loop, &text);
        break;
    }
    admin_answer(loop->admin, page, good && !text.failed ? 200 : 503, &text);
}
