#include "io/assemble.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/checks.h"
#include "io/log.h"
#include "io/secret.h"

#define API_KEY_MAX 4096
#define FLUSH_MS    2000

/* ---- files ---- */

static struct keyring *read_keyring(const char *path, const unsigned char hash_key[16], struct err *err)
{
    struct secret text;
    struct err why;
    if (secret_read(path, KEYRING_SIZE_MAX, &text, err) != 0)
        return NULL;
    struct keyring *keyring = keyring_read((struct span){(const char *)text.data, text.size}, hash_key, &why);
    if (keyring == NULL)
        err_set(err, ERR_USAGE, "%s: %s", path, why.text);
    secret_done(&text);
    return keyring;
}

static int read_mark_secret(const char *path, struct key *out, struct err *err)
{
    struct secret text;
    struct err why;
    if (secret_read(path, 1024, &text, err) != 0)
        return -1;
    int result = key_read((struct span){(const char *)text.data, text.size}, out, &why);
    secret_done(&text);
    if (result == 0 && out->kind == KEY_MARK)
        return 0;
    if (result == 0) {
        key_done(out);
        err_set(&why, ERR_USAGE, "holds a key of another kind");
    }
    return err_set(err, ERR_USAGE, "%s: %s. Make one: cupbearer keygen --mark FILE", path, why.text);
}

/* ---- parts ---- */

static int make_sites(struct loop *worker, const struct config *config, struct err *err)
{
    worker->sites = mem_new(config->account_count, sizeof(struct http_site *));
    worker->site_count = config->account_count;
    for (size_t i = 0; i < config->account_count; i++) {
        const struct config_account *account = &config->accounts[i];
        struct secret api_key;
        if (secret_read(account->api_key_file, API_KEY_MAX, &api_key, err) != 0)
            return -1;
        worker->sites[i] = http_site_new(account->url, &api_key, err);
        secret_done(&api_key);
        if (worker->sites[i] == NULL ||
            checks_account(account, worker->sites[i], config->http_timeout_ms, err) != 0)
            return -1;
    }
    return 0;
}

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
        .limits = {config->http_timeout_ms, config->settle_time_ms},
        .spacing_ms = config->message_spacing_ms,
        .drain_ms = config->drain_timeout_ms,
        .memory_bytes = config->memory_bytes,
        .papercups_ids = config->papercups_ids,
        .name_events = config->name_events,
        .account_count = config->account_count,
    };
    randombytes_buf(out->hash_key, sizeof(out->hash_key));
    randombytes_buf(&out->seed, sizeof(out->seed));
}

static int make_engine(struct loop *worker, const struct config *config, int32_t partition_count,
                       struct err *err)
{
    struct engine_options options;
    engine_settings(config, partition_count, &options);
    struct key mark_secret = {0}, previous = {0};
    const char *previous_file = config->mark_secret_previous_file;
    struct keyring *keyring = read_keyring(config->keyring_file, options.hash_key, err);
    if (keyring == NULL || read_mark_secret(config->mark_secret_file, &mark_secret, err) != 0 ||
        (previous_file != NULL && read_mark_secret(previous_file, &previous, err) != 0)) {
        keyring_free(keyring);
        key_done(&mark_secret);
        return -1;
    }
    struct account_options *accounts = mem_new(config->account_count, sizeof(*accounts));
    for (size_t i = 0; i < config->account_count; i++) {
        const struct config_account *account = &config->accounts[i];
        accounts[i] = (struct account_options){.index = i,
                                               .name = account->name,
                                               .inbox = account->inbox,
                                               .widget_host = account->widget_host,
                                               .deliver_within_ms = account->deliver_within_ms,
                                               .deliver_within_max_ms = account->deliver_within_max_ms,
                                               .max_in_flight = account->max_in_flight};
    }
    options.accounts = accounts;
    worker->engine = engine_new(&options, keyring, mark_secret, previous_file == NULL ? NULL : &previous);
    free(accounts);
    return 0;
}

static int make_io(struct loop *worker, const struct config *config, struct err *err)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before librdkafka starts threads: they inherit it */
    worker->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (worker->signal_fd < 0 || worker->epoll_fd < 0)
        return err_os(err, errno, "signalfd or epoll_create1");
    worker->http =
        http_new(worker->epoll_fd, LOOP_TAG_HTTP, config->http_timeout_ms, loop_answered, worker, err);
    if (worker->http == NULL)
        return -1;
    struct consumer_calls calls = loop_consumer_calls;
    calls.context = worker;
    worker->consumer = consumer_new(config, &calls, err);
    worker->producer = worker->consumer == NULL ? NULL : producer_new(config, loop_produced, worker, err);
    return worker->producer == NULL ? -1 : 0;
}

static int worker_make(struct loop *worker, const struct config *config, struct err *err)
{
    int32_t partition_count = 0;
    if (make_io(worker, config, err) != 0 ||
        checks_topics(consumer_handle(worker->consumer), config, &partition_count, err) != 0 ||
        make_engine(worker, config, partition_count, err) != 0 || make_sites(worker, config, err) != 0 ||
        consumer_subscribe(worker->consumer, err) != 0)
        return -1;
    struct log_line line;
    log_begin(&line, LOG_LEVEL_INFO, "ready");
    log_text(&line, "version", SPAN(CUPBEARER_VERSION));
    log_text(&line, "topic", span_of(config->events_topic));
    log_number(&line, "partitions", partition_count);
    log_number(&line, "accounts", (long long)config->account_count);
    log_end(&line);
    return 0;
}

struct loop *worker_new(const struct config *config, struct err *err)
{
    struct loop *worker = mem_new(1, sizeof(*worker));
    worker->config = config;
    worker->epoll_fd = worker->signal_fd = -1;
    if (worker_make(worker, config, err) == 0)
        return worker;
    worker_free(worker);
    return NULL;
}

void worker_free(struct loop *worker)
{
    if (worker == NULL)
        return;
    producer_free(worker->producer, FLUSH_MS);
    reader_free(worker->reader);
    consumer_free(worker->consumer);
    http_free(worker->http);
    for (size_t i = 0; i < worker->site_count; i++)
        http_site_free(worker->sites[i]);
    free(worker->sites);
    engine_free(worker->engine);
    free(worker->refusals);
    if (worker->signal_fd >= 0)
        close(worker->signal_fd);
    if (worker->epoll_fd >= 0)
        close(worker->epoll_fd);
    free(worker);
}
