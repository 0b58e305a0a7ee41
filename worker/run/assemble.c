#include "run/assemble.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/client/account_site.h"
#include "kafka/topic_checks.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/mark_secret.h"
#include "progress/progress.h"
#include "run/account_checks.h"
#include "run/account_settings.h"
#include "run/inputs.h"
#include "run/preflight.h"

#define FLUSH_MS 2000

/* ---- parts ---- */

static void engine_settings(const struct config *config, int32_t partition_count, struct engine_options *out)
{
    *out = (struct engine_options){
        .events_topic = config->events_topic,
        .receipts_topic = config->receipts_topic,
        .dead_topic = config->dead_topic,
        .partitioner = config->partitioner,
        .partition_count = partition_count,
        .admit_by_clock = config->allow_create_time,
        .window_ms = config->window_ms,
        .limits = {.http_timeout_ms = config->http_timeout_ms,
                   .settle_ms = config->settle_time_ms,
                   .unknown_for_ms = config->unknown_for_ms,
                   .new_spacing_ms = config->new_conversation_spacing_ms},
        .spacing_ms = config->message_spacing_ms,
        .look_ms = config->closed_look_ms,
        .flood_limit = config->flood_limit,
        .lease_ms = config_lease_ms(config),
        .drain_ms = config->drain_timeout_ms,
        .reach_step = ENGINE_REACH_STEP,
        .log_check_ms = ENGINE_LOG_CHECK_MS,
        .memory_bytes = config->memory_bytes,
        .papercups_ids = config->papercups_ids,
        .name_events = config->name_events,
        .account_count = config->account_count,
    };
    randombytes_buf(out->hash_key, sizeof(out->hash_key));
    randombytes_buf(&out->seed, sizeof(out->seed));
}

static void make_engine(struct loop *worker, const struct config *config, struct engine_options *options,
                        struct keyring *keyring, struct key mark_secret, const struct key *previous,
                        const bool *held)
{
    struct account_options *accounts = account_settings(config, held);
    options->accounts = accounts;
    worker->engine = engine_new(options, keyring, mark_secret, previous->bytes == NULL ? NULL : previous);
    free(accounts);
}

/* Everything that comes from files, checked; then the engine that is made of it. */
static int make_core(struct loop *worker, const struct config *config, int32_t partition_count,
                     struct err *err)
{
    struct engine_options options;
    struct key mark_secret = {0}, previous = {0};
    struct keyring *keyring = NULL;
    struct files_calls calls = inputs_files;
    bool *held = mem_new(config->account_count, sizeof(*held));
    calls.context = worker;
    worker->outages.partition_count = partition_count;
    watchdog_init(&worker->watchdog, partition_count);
    engine_settings(config, partition_count, &options);
    options.member = worker->instance.member;
    worker->sites = mem_new(config->account_count, sizeof(struct http_site *));
    worker->site_count = config->account_count;
    for (size_t i = 0; i < config->account_count; i++)
        worker->sites[i] = account_site_closed();
    worker->files = files_new(config, options.hash_key, &calls, &keyring, worker->sites, held, err);
    int result = worker->files == NULL ? -1 : mark_secret_read(config->mark_secret_file, &mark_secret, err);
    if (result == 0 && config->mark_secret_previous_file != NULL)
        result = mark_secret_read(config->mark_secret_previous_file, &previous, err);
    if (result == 0 && config->mark_secret_lost != NULL &&
        !progress_secret_read(span_of(config->mark_secret_lost), &options.lost_secret))
        result = err_set(err, ERR_USAGE,
                         "[worker] mark_secret_lost: expected the 16 digits by which the worker named the mark secret");
    if (result == 0)
        result = account_checks(config, worker->sites, held, err);
    if (result == 0) {
        make_engine(worker, config, &options, keyring, mark_secret, &previous, held);
    } else {
        keyring_free(keyring);
        key_done(&mark_secret);
        key_done(&previous);
    }
    free(held);
    return result;
}

static void end_at_once(int number)
{
    (void)number;
    _exit(ERR_NONE);
}

/* Brokers and Papercups may take minutes to say nothing. Before the group is joined there is nothing to finish. */
static void obey_signals(bool at_once)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(at_once ? SIG_UNBLOCK : SIG_BLOCK, &signals, NULL);
}

static int make_io(struct loop *worker, const struct config *config, struct err *err)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    if (!worker->only_checked) {
        signal(SIGTERM, end_at_once);
        if (signal(SIGINT, end_at_once) == SIG_IGN)
            signal(SIGINT, SIG_IGN);
        pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before librdkafka starts threads: they inherit it */
    }
    worker->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (worker->signal_fd < 0 || worker->epoll_fd < 0)
        return err_os(err, errno, "signalfd or epoll_create1");
    worker->http =
        http_new(worker->epoll_fd, LOOP_TAG_HTTP, config->http_timeout_ms, inputs_answered, worker, err);
    if (worker->http == NULL)
        return -1;
    struct consumer_calls calls = inputs_consumer;
    calls.context = worker;
    /* The worker that this check is for may be running: the name that it holds is no error. */
    if (!worker->only_checked && instance_take(&worker->instance, config, err) != 0)
        return -1;
    if (kafka_login_note(config) != NULL)
        log_say(LOG_LEVEL_WARNING, "kafka_login", "%s", kafka_login_note(config));
    worker->reader_calls = &inputs_reader;
    outages_init(&worker->outages, config);
    worker->preflight = log_checks_new(config, err);
    if (worker->preflight == NULL)
        return -1;
    worker->consumer = consumer_new(config, worker->instance.id, &calls, worker->preflight, err);
    worker->inquiry = worker->consumer == NULL
                         ? NULL
                         : inquiry_new(config, consumer_handle(worker->consumer), log_checks_handle(worker->preflight), err);
    worker->producer = worker->inquiry == NULL ? NULL : producer_new(config, &worker->outages, inputs_produced, worker, err);
    return worker->producer == NULL ? -1 : 0;
}

/* Only after the checks: until then a connection is refused, which is the truth. */
static int make_admin(struct loop *worker, const struct config *config, struct err *err)
{
    worker->metrics.started_at = clock_now().wall;
    if (strcmp(config->admin_listen, "off") == 0)
        return 0;
    worker->admin = admin_new(config->admin_listen, err);
    if (worker->admin != NULL || strcmp(config->admin_listen, CONFIG_ADMIN_LISTEN) != 0)
        return worker->admin == NULL ? -1 : 0;
    /* Several workers on one machine are fine; only one of them can have the default address. */
    log_say(LOG_LEVEL_WARNING, "admin", "%s. Until then this worker is at any free port", err->text);
    worker->admin = admin_new(ADMIN_ANY_PORT, err);
    if (worker->admin == NULL)
        log_say(LOG_LEVEL_WARNING, "admin", "%s. This worker has no metrics", err->text);
    return 0;
}

static bool knows_secret(const void *engine, uint64_t secret)
{
    return engine_knows_secret(engine, secret);
}

static int check_commits(const struct loop *worker, const struct config *config, int32_t partition_count, struct err *err)
{
    const struct preflight_secrets secrets = {knows_secret, worker->engine, engine_secret(worker->engine)};
    return preflight_commits(consumer_handle(worker->consumer), config, partition_count, &secrets, err);
}

/* Everything that makes a start fail, except what needs the group. */
static int make_checked(struct loop *worker, const struct config *config, int32_t *partition_count, struct err *err)
{
    if (make_io(worker, config, err) != 0)
        return -1;
    obey_signals(true);
    if (topic_checks(consumer_handle(worker->consumer), config, partition_count, &worker->outages.brokers,
                     &worker->deviations, err) != 0 ||
        make_core(worker, config, *partition_count, err) != 0 ||
        check_commits(worker, config, *partition_count, err) != 0)
        return -1;
    obey_signals(worker->only_checked);
    return 0;
}

static int worker_make(struct loop *worker, const struct config *config, struct err *err)
{
    int32_t partition_count = 0;
    if (make_checked(worker, config, &partition_count, err) != 0 || make_admin(worker, config, err) != 0 ||
        consumer_subscribe(worker->consumer, worker->inquiry, partition_count, err) != 0)
        return -1;
    producer_ask_topics(worker->producer, config);
    struct log_line line;
    log_begin(&line, LOG_LEVEL_INFO, "ready");
    log_text(&line, "version", SPAN(CUPBEARER_VERSION));
    log_text(&line, "topic", span_of(config->events_topic));
    log_number(&line, "partitions", partition_count);
    log_number(&line, "accounts", (long long)config->account_count);
    log_end(&line);
    return 0;
}

static struct loop *worker_blank(struct config *config)
{
    struct loop *worker = mem_new(1, sizeof(*worker));
    worker->config = config;
    worker->epoll_fd = worker->signal_fd = worker->instance.lock_fd = worker->notify.fd = -1;
    return worker;
}

int worker_check(struct config *config, struct err *err)
{
    int32_t partition_count = 0;
    struct loop *worker = worker_blank(config);
    worker->only_checked = true;
    if (make_checked(worker, config, &partition_count, err) != 0)
        return -1;
    log_say(LOG_LEVEL_INFO, "checked", "a worker would start with this; warnings, and accounts that would be held, are logged above");
    return 0;
}

struct loop *worker_new(struct config *config, struct err *err)
{
    struct loop *worker = worker_blank(config);
    notify_init(&worker->notify, WATCHDOG_EVERY_MS); /* before there are threads that might look into the environment */
    if (worker_make(worker, config, err) == 0)
        return worker;
    worker_free(worker);
    return NULL;
}

void worker_leave(struct loop *worker)
{
    producer_flush(worker->producer, FLUSH_MS);
}

void worker_free(struct loop *worker)
{
    if (worker == NULL)
        return;
    admin_free(worker->admin); /* it asks a loop that has ended */
    producer_free(worker->producer);
    reader_free(worker->reader);
    inquiry_free(worker->inquiry);
    consumer_free(worker->consumer);
    log_checks_free(worker->preflight);
    instance_done(&worker->instance); /* nothing is in the group any more */
    http_free(worker->http);
    for (size_t i = 0; i < worker->site_count; i++)
        http_site_free(worker->sites[i]);
    free(worker->sites);
    files_free(worker->files);
    engine_free(worker->engine);
    watchdog_done(&worker->watchdog);
    metrics_done(&worker->metrics);
    free(worker->refusals);
    notify_done(&worker->notify);
    if (worker->signal_fd >= 0)
        close(worker->signal_fd);
    if (worker->epoll_fd >= 0)
        close(worker->epoll_fd);
    free(worker);
}
