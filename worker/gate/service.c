#include "gate/service.h"

#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "gate/follower.h"
#include "gate/history.h"
#include "gate/reload.h"
#include "gate/route_table.h"
#include "gate/routes.h"
#include "gate/sign.h"
#include "gate/spell.h"
#include "os/clock.h"
#include "os/log.h"

/* What is remembered of receipts: minutes of a busy topic. */
#define RECEIPTS_MAX       20000
#define RECEIPTS_BYTES_MAX (16u << 20)

/* Callers that wait for receipts. */
#define WAITERS_MAX      WAITING_MAX
#define WAITERS_OF_TOKEN 64

#define POLL_MS   1000
#define RELOAD_MS 5000  /* as workers do */
#define DRAIN_MS  20000 /* longer than an event waits for Kafka */

static void service_make_start(struct gate *gate)
{
    unsigned char bytes[32];
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2base64(gate->start_token, sizeof(gate->start_token), bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
    randombytes_buf(bytes, 4);
    sodium_bin2hex(gate->start_id, sizeof(gate->start_id), bytes, 4);
}

static int service_make(struct gate *gate, struct err *err)
{
    const struct config_gate *settings = &gate->config->gate;
    if (strcmp(settings->listen, "off") == 0)
        return err_set(err, ERR_USAGE, "[gate] listen is off: name the address to listen at, such as %s",
                       CONFIG_GATE_LISTEN);
    service_make_start(gate);
    gate->addresses = limit_new();
    gate->keys_limit = limit_new();
    gate->tokens_limit = limit_new();
    gate->asked_limit = limit_new();
    gate->history = history_new();
    gate->keys = keys_new(gate->config->keyring_file, err);
    if (gate->keys == NULL || sign_open(gate, err) != 0)
        return -1;
    gate->asker = asker_new(gate->config, err);
    if (gate->asker == NULL)
        return -1;
    if (settings->tokens_file != NULL && (gate->tokens = tokens_new(settings->tokens_file, err)) == NULL)
        return -1;
    gate->publisher = publisher_new(gate->config, err);
    if (gate->publisher == NULL)
        return -1;
    gate->probe = probe_new(gate->publisher, err);
    if (gate->probe == NULL)
        return -1;
    gate->receipts = receipts_new(RECEIPTS_MAX, RECEIPTS_BYTES_MAX);
    gate->follower = follower_new(gate, publisher_partition_count(gate->publisher), err);
    if (gate->follower == NULL)
        return -1;
    gate->http = http_server_new(
        &(struct http_server_options){
            .address = settings->listen,
            .forwarded = settings->public_url != NULL && strncmp(settings->public_url, "https://", 8) == 0,
            .of_address = (size_t)settings->address_connections,
            .answer = routes_answer,
            .answered = routes_answered,
            .context = gate},
        err);
    /* Routes ask the server for its URL. */
    return gate->http == NULL ? -1 : http_server_start(gate->http, err);
}

struct gate *service_new(const struct config *config, const struct route *pages, struct err *err)
{
    struct gate *gate = mem_new(1, sizeof(*gate));
    gate->config = config;
    gate->started_at = clock_now().wall;
    gate->routes = route_table;
    gate->pages = pages;
    waiting_init(&gate->waiting, WAITERS_MAX, WAITERS_OF_TOKEN);
    notify_init(&gate->notify, POLL_MS); /* before there are threads that might look into the environment */
    if (service_make(gate, err) == 0)
        return gate;
    service_free(gate);
    return NULL;
}

static void service_tell_dropped(const struct gate *gate, struct spell *dropped)
{
    struct connections_counts counts;
    http_server_count(gate->http, &counts);
    if (spell_begins(dropped, counts.for_room + counts.for_bytes + counts.for_address, clock_now().mono))
        log_say(LOG_LEVEL_WARNING, "connections_dropped",
                "more requests are begun and not ended than there is room for: those that have waited longest are dropped "
                "(cupbearer_gate_connections_dropped_total)");
}

/* `told`: by SIGHUP. */
static void service_reload(struct gate *gate, bool told)
{
    if (told)
        notify_reloading(&gate->notify);
    bool found = told && reload_configuration(gate);
    found |= snapshot_reload(gate->keys);
    found |= gate->tokens != NULL && snapshot_reload(gate->tokens);
    if (told && !found)
        log_say(LOG_LEVEL_INFO, "unchanged", "configuration, keyring and tokens are what they were");
    if (told)
        notify_reloaded(&gate->notify);
}

/* The signal that came, or -1: none came. */
static int service_wait(const struct gate *gate, const sigset_t *signals)
{
    struct mono now = clock_now().mono;
    int64_t ms = mono_earlier(mono_after(now, POLL_MS), notify_deadline(&gate->notify)).ms - now.ms;
    ms = ms < 0 ? 0 : ms;
    return sigtimedwait(signals, NULL, &(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000});
}

static void service_tell_manager(struct gate *gate)
{
    notify_turn(&gate->notify, clock_now().mono);
    notify_status(&gate->notify, probe_found_kafka(gate->probe) ? SPAN("ok: Kafka answers") : SPAN("Kafka does not answer"));
}

int service_run(struct gate *gate, struct err *err)
{
    struct spell dropped = {0};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    struct log_line line;
    log_begin(&line, LOG_LEVEL_INFO, "serving");
    log_text(&line, "url", span_of(http_server_url(gate->http)));
    log_end(&line);
    struct mono next = mono_after(clock_now().mono, RELOAD_MS);
    notify_ready(&gate->notify, clock_now().mono);
    const char *fatal = NULL;
    int signal = 0;
    while (fatal == NULL && signal != SIGTERM && signal != SIGINT) {
        signal = service_wait(gate, &signals);
        fatal = publisher_fatal(gate->publisher);
        service_tell_dropped(gate, &dropped);
        service_tell_manager(gate);
        if (signal != SIGHUP && !mono_reached(next, clock_now().mono))
            continue;
        next = mono_after(clock_now().mono, RELOAD_MS);
        service_reload(gate, signal == SIGHUP);
    }
    notify_stopping(&gate->notify);
    log_say(LOG_LEVEL_INFO, "stopping", "what is under way is answered first");
    receipts_end(gate->receipts);
    http_server_drain(gate->http, DRAIN_MS);
    return fatal == NULL ? 0 : err_set(err, ERR_UNREACHABLE, "nothing can be published any more: %s", fatal);
}

void service_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    http_server_free(gate->http); /* before what its threads use */
    follower_free(gate->follower);
    receipts_free(gate->receipts);
    probe_free(gate->probe);
    publisher_free(gate->publisher);
    snapshot_free(gate->keys);
    snapshot_free(gate->tokens);
    key_done(&gate->key);
    free(gate->sender);
    limit_free(gate->addresses);
    limit_free(gate->keys_limit);
    limit_free(gate->tokens_limit);
    limit_free(gate->asked_limit);
    asker_free(gate->asker);
    history_free(gate->history);
    waiting_done(&gate->waiting);
    notify_done(&gate->notify);
    sodium_memzero(gate->start_token, sizeof(gate->start_token));
    reload_done(gate);
    free(gate);
}
