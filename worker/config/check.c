#include "config/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/form.h"
#include "config/member.h"
#include "config/property.h"
#include "config/security.h"

/* Less time than this to start a delivery in is of no use (delivery.md, "The lease"). */
#define LEASE_MIN_MS INT64_C(5000)

/* What the two are where nobody sets them: librdkafka's defaults, which the worker keeps. */
#define SESSION_TIMEOUT_MS    INT64_C(45000)
#define HEARTBEAT_INTERVAL_MS INT64_C(3000)

static int required_missing(const struct config_source *source, const struct setting *setting, size_t account,
                            const char *path, struct err *err)
{
    struct buf variable;
    buf_init(&variable, 256);
    if (setting->section == SECTION_ACCOUNT) {
        const struct config_source_account *owner = &source->accounts[account];
        setting_variable(setting, span_of(owner->name), &variable);
        err_set(err, ERR_USAGE, "%s: [account %s] has no \"%s\"; write it there or set %s", owner->origin,
                owner->name, setting->name, variable.data);
    } else {
        setting_variable(setting, SPAN_NONE, &variable);
        err_set(err, ERR_USAGE, "%s: [%s] has no \"%s\"; write it there or set %s", path,
                section_name(setting->section), setting->name, variable.data);
    }
    buf_done(&variable);
    return -1;
}

/* The first one that is missing in full, those behind it by name. */
static int required_check(struct config *config, const struct config_source *source, const char *path,
                          struct err *err)
{
    struct err first;
    struct buf more;
    size_t missing = 0;
    buf_init(&more, sizeof(first.text));
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings[i];
        size_t times = setting->section == SECTION_ACCOUNT ? config->account_count : 1;
        for (size_t account = 0; setting->required && account < times; account++) {
            if (*(char **)config_member(config, setting, account) != NULL ||
                source_find(source, setting, setting->section == SECTION_ACCOUNT ? account : ACCOUNT_NONE) != NULL)
                continue; /* or it is there and no good, which was noted */
            if (source->mistakes != NULL) {
                required_missing(source, setting, account, path, err);
                source_mistake(source, err);
            } else if (missing++ == 0)
                required_missing(source, setting, account, path, &first);
            else if (setting->section == SECTION_ACCOUNT)
                buf_printf(&more, "%s[account %s] %s", missing == 2 ? "; missing too: " : ", ", source->accounts[account].name,
                           setting->name);
            else
                buf_printf(&more, "%s[%s] %s", missing == 2 ? "; missing too: " : ", ", section_name(setting->section),
                           setting->name);
        }
    }
    if (missing > 0)
        err_set(err, ERR_USAGE, "%s%s", first.text, more.data == NULL ? "" : more.data);
    buf_done(&more);
    if (missing > 0)
        return -1;
    if (config->account_count == 0)
        return source_wrong(source, err,
                       "%s: no account is configured; add a section [account NAME], or set "
                       "CUPBEARER_ACCOUNT_NAME_URL and its other variables",
                       path);
    return 0;
}

static int topics_check(const struct config *config, const struct config_source *source, const char *path,
                        struct err *err)
{
    const char *twice = NULL;
    if (strcmp(config->events_topic, config->receipts_topic) == 0)
        twice = "receipts";
    else if (strcmp(config->events_topic, config->dead_topic) == 0 ||
             strcmp(config->receipts_topic, config->dead_topic) == 0)
        twice = "dead";
    if (twice == NULL)
        return 0;
    return source_wrong(source, err,
                   "%s: %s names a topic that another setting of [topics] names; each needs its own",
                   source_origin(source, SECTION_TOPICS, twice, ACCOUNT_NONE, path), twice);
}

static int64_t property_number(const struct config *config, const char *name, int64_t otherwise)
{
    const char *value = config_property(config, name);
    return value == NULL ? otherwise : strtoll(value, NULL, 10);
}

int64_t config_lease_ms(const struct config *config)
{
    return property_number(config, "session.timeout.ms", SESSION_TIMEOUT_MS) -
           property_number(config, "heartbeat.interval.ms", HEARTBEAT_INTERVAL_MS) - config->http_timeout_ms;
}

static int lease_check(const struct config *config, const struct config_source *source, const char *path,
                       struct err *err)
{
    int64_t session = property_number(config, "session.timeout.ms", SESSION_TIMEOUT_MS);
    int64_t heartbeat = property_number(config, "heartbeat.interval.ms", HEARTBEAT_INTERVAL_MS);
    if (config_lease_ms(config) >= LEASE_MIN_MS)
        return 0;
    const char *origin = source_origin(source, SECTION_KAFKA, "heartbeat.interval.ms", ACCOUNT_NONE, path);
    origin = source_origin(source, SECTION_KAFKA, "session.timeout.ms", ACCOUNT_NONE, origin);
    origin = source_origin(source, SECTION_WORKER, "http_timeout", ACCOUNT_NONE, origin);
    return source_wrong(source, err,
                   "%s: session.timeout.ms (%" PRId64 ") less heartbeat.interval.ms (%" PRId64
                   ") less http_timeout (%" PRId64 "ms) must leave at least %" PRId64
                   "ms; shorten http_timeout or lengthen session.timeout.ms",
                   origin, session, heartbeat, config->http_timeout_ms, LEASE_MIN_MS);
}

static int instance_check(const struct config *config, const struct config_source *source, const char *path,
                          struct err *err)
{
    if (config->group_instance_id == NULL || config->state_dir != NULL)
        return 0;
    return source_wrong(
        source, err,
        "%s: group_instance_id needs [worker] state_dir, a directory of this machine (or container) for the "
        "lock that lets no second worker take the same name",
        source_origin(source, SECTION_KAFKA, "group_instance_id", ACCOUNT_NONE, path));
}

static int certificate_check(const struct config *config, const struct config_source *source, struct err *err)
{
    for (size_t i = 0; i < config->account_count; i++) {
        const struct config_account *account = &config->accounts[i];
        bool has = account->client_certificate_file != NULL;
        if (has == (account->client_key_file != NULL))
            continue;
        const char *name = has ? "client_certificate_file" : "client_key_file";
        if (source_wrong(source, err, "%s: in [account %s] client_certificate_file and client_key_file belong together",
                         source_origin(source, SECTION_ACCOUNT, name, i, source->accounts[i].origin), account->name) != 0)
            return -1;
    }
    return 0;
}

static int accounts_check(const struct config *config, const struct config_source *source, struct err *err)
{
    for (size_t i = 0; i < config->account_count; i++) {
        const struct config_account *account = &config->accounts[i];
        if (account->deliver_within_ms <= account->deliver_within_max_ms)
            continue;
        const char *origin = source->accounts[i].origin;
        origin = source_origin(source, SECTION_ACCOUNT, "deliver_within_max", i, origin);
        origin = source_origin(source, SECTION_ACCOUNT, "deliver_within", i, origin);
        if (source_wrong(source, err,
                         "%s: in [account %s] deliver_within (%" PRId64
                         "s) is longer than deliver_within_max (%" PRId64 "s); set both",
                         origin, account->name, account->deliver_within_ms / 1000,
                         account->deliver_within_max_ms / 1000) != 0)
            return -1;
    }
    return 0;
}

/* A gate that others than this machine reach must know who asks, and its answers must not travel in the clear. */
static int gate_check(const struct config *config, const struct config_source *source, const char *path,
                      struct err *err)
{
    const struct config_gate *gate = &config->gate;
    struct span site = span_of(gate->public_url);
    bool plain = span_starts(site, SPAN("http://"));
    if (site.data != NULL)
        site = span_skip(site, plain ? 7 : 8);
    if (site.data != NULL && memchr(site.data, '/', site.size) != NULL &&
        source_wrong(source, err, "%s: public_url must have no path: the gate wants a host of its own",
                     source_origin(source, SECTION_GATE, "public_url", ACCOUNT_NONE, path)) != 0)
        return -1;
    if (plain && !form_is_loopback(site) &&
        source_wrong(source, err, "%s: public_url must begin with https://: tokens would travel in the clear",
                     source_origin(source, SECTION_GATE, "public_url", ACCOUNT_NONE, path)) != 0)
        return -1;
    if ((gate->key_file == NULL) != (gate->key_id == NULL) &&
        source_wrong(source, err, "%s: key_file and key_id belong together: the gate's own key, and its id in keyring_file",
                     source_origin(source, SECTION_GATE, gate->key_id == NULL ? "key_file" : "key_id", ACCOUNT_NONE, path)) != 0)
        return -1;
    struct span host;
    if (!form_listen(span_of(gate->listen), &host, NULL) || form_is_loopback(host) ||
        span_equal(host, SPAN("::1")) || ((gate->public_url != NULL || gate->hosts != NULL) && gate->tokens_file != NULL))
        return 0;
    return source_wrong(source, err,
                   "%s: listen is open to others than this machine: that needs tokens_file, and public_url, "
                   "the https:// address of the proxy in front of it, or hosts, its names in a network where nobody listens in",
                   source_origin(source, SECTION_GATE, "listen", ACCOUNT_NONE, path));
}

int config_check(struct config *config, const struct config_source *source, const char *path, struct err *err)
{
    path = path == NULL ? "the environment" : path;
    /* Where servers are missing, or no good, that was noted. */
    if (required_check(config, source, path, err) != 0 ||
        (config->bootstrap_servers != NULL && config_security(config, source, path, err) != 0) ||
        topics_check(config, source, path, err) != 0 ||
        lease_check(config, source, path, err) != 0 || instance_check(config, source, path, err) != 0 ||
        gate_check(config, source, path, err) != 0 || certificate_check(config, source, err) != 0)
        return -1;
    return accounts_check(config, source, err);
}
