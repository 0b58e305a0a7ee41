#include "config/settings.h"

#include "base/nearest.h"
#include "config/config.h"

#define AT(member)     offsetof(struct config, member)
#define IN(member)     offsetof(struct config_account, member)
#define SECONDS(count) (INT64_C(1000) * (count))
#define MINUTES(count) (INT64_C(60000) * (count))
#define DAYS(count)    (INT64_C(86400000) * (count))
#define MIB(count)     (INT64_C(1048576) * (count))

/* A property that librdkafka checks itself; one with a whole number; one whose value is read from a file. */
#define PROPERTY(name)                 SECTION_KAFKA, name, SETTING_PROPERTY, 0, false, NULL, 0, 0
#define PROPERTY_COUNT(name, min, max) SECTION_KAFKA, name, SETTING_PROPERTY_COUNT, 0, false, NULL, min, max
#define PROPERTY_FILE(name)            SECTION_KAFKA, name, SETTING_PROPERTY_FILE, 0, false, NULL, 0, 0

const struct setting settings[] = {
    {SECTION_KAFKA, "bootstrap_servers", SETTING_SERVERS, AT(bootstrap_servers), true, NULL, 0, 0},
    {SECTION_KAFKA, "group_id", SETTING_WORD, AT(group_id), false, "cupbearer", 1, 249},
    {SECTION_KAFKA, "group_instance_id", SETTING_INSTANCE, AT(group_instance_id), false, NULL, 0, 0},
    {SECTION_KAFKA, "partitioner", SETTING_PARTITIONER, AT(partitioner), false, "murmur2", 0, 0},
    {PROPERTY("security.protocol")},
    {PROPERTY("ssl.ca.location")},
    {PROPERTY("ssl.certificate.location")},
    {PROPERTY("ssl.key.location")},
    {PROPERTY_FILE("ssl.key.password_file")},
    {PROPERTY("ssl.crl.location")},
    {PROPERTY("ssl.cipher.suites")},
    {PROPERTY("ssl.endpoint.identification.algorithm")},
    {PROPERTY("enable.ssl.certificate.verification")},
    {PROPERTY("sasl.mechanisms")},
    {PROPERTY("sasl.username")},
    {PROPERTY_FILE("sasl.password_file")},
    {PROPERTY("sasl.oauthbearer.method")},
    {PROPERTY("sasl.oauthbearer.client.id")},
    {PROPERTY_FILE("sasl.oauthbearer.client.secret_file")},
    {PROPERTY("sasl.oauthbearer.scope")},
    {PROPERTY("sasl.oauthbearer.extensions")},
    {PROPERTY("sasl.oauthbearer.token.endpoint.url")},
    {PROPERTY("sasl.kerberos.service.name")},
    {PROPERTY("sasl.kerberos.principal")},
    {PROPERTY("sasl.kerberos.keytab")},
    {PROPERTY_COUNT("sasl.kerberos.min.time.before.relogin", 0, 86400000)},
    {PROPERTY("client.id")},
    {PROPERTY("client.rack")},
    {PROPERTY("broker.address.family")},
    {PROPERTY("socket.keepalive.enable")},
    {PROPERTY_COUNT("socket.connection.setup.timeout.ms", 1000, INT32_MAX)},
    {PROPERTY_COUNT("socket.timeout.ms", 10, 300000)},
    {PROPERTY_COUNT("connections.max.idle.ms", 0, INT32_MAX)},
    {PROPERTY_COUNT("reconnect.backoff.ms", 0, 3600000)},
    {PROPERTY_COUNT("reconnect.backoff.max.ms", 0, 3600000)},
    {PROPERTY_COUNT("request.timeout.ms", 1, 900000)},
    {PROPERTY_COUNT("session.timeout.ms", 1, 3600000)},
    {PROPERTY_COUNT("heartbeat.interval.ms", 1, 3600000)},
    {PROPERTY_COUNT("max.poll.interval.ms", 1, 86400000)},
    {PROPERTY_COUNT("fetch.wait.max.ms", 0, 300000)},
    {PROPERTY_COUNT("fetch.message.max.bytes", 1, 1000000000)},
    {PROPERTY_COUNT("queued.max.messages.kbytes", 1, 2097151)},
    {PROPERTY_COUNT("linger.ms", 0, 900000)},
    {PROPERTY("compression.type")},
    {PROPERTY("debug")},

    {SECTION_TOPICS, "events", SETTING_TOPIC, AT(events_topic), false, "cupbearer.events", 0, 0},
    {SECTION_TOPICS, "receipts", SETTING_TOPIC, AT(receipts_topic), false, "cupbearer.receipts", 0, 0},
    {SECTION_TOPICS, "dead", SETTING_TOPIC, AT(dead_topic), false, "cupbearer.dead", 0, 0},
    {SECTION_TOPICS, "partitions", SETTING_COUNT, AT(partitions), false, "0", 0, 10000},
    {SECTION_TOPICS, "allow_create_time", SETTING_BOOL, AT(allow_create_time), false, "false", 0, 0},
    {SECTION_TOPICS, "accept", SETTING_DEVIATIONS, AT(accept), false, NULL, 0, 0},

    {SECTION_DEDUP, "window", SETTING_DURATION, AT(window_ms), false, "1h", MINUTES(2), DAYS(7)},

    {SECTION_RECEIPTS, "papercups_ids", SETTING_BOOL, AT(papercups_ids), false, "false", 0, 0},

    {SECTION_WORKER, "keyring_file", SETTING_SECRET, AT(keyring_file), true, NULL, 0, 0},
    {SECTION_WORKER, "mark_secret_file", SETTING_SECRET, AT(mark_secret_file), true, NULL, 0, 0},
    {SECTION_WORKER, "mark_secret_previous_file", SETTING_SECRET, AT(mark_secret_previous_file), false, NULL, 0,
     0},
    {SECTION_WORKER, "mark_secret_lost", SETTING_WORD, AT(mark_secret_lost), false, NULL, 16, 16},
    {SECTION_WORKER, "state_dir", SETTING_PATH, AT(state_dir), false, NULL, 0, 0},
    {SECTION_WORKER, "strict_permissions", SETTING_BOOL, AT(strict_permissions), false, "false", 0, 0},
    {SECTION_WORKER, "name_events", SETTING_BOOL, AT(name_events), false, "false", 0, 0},
    {SECTION_WORKER, "http_timeout", SETTING_DURATION, AT(http_timeout_ms), false, "15s", 100, MINUTES(2)},
    {SECTION_WORKER, "settle_time", SETTING_DURATION, AT(settle_time_ms), false, "10s", 100, MINUTES(5)},
    {SECTION_WORKER, "unknown_for", SETTING_DURATION, AT(unknown_for_ms), false, "1h", SECONDS(1), DAYS(7)},
    {SECTION_WORKER, "message_spacing", SETTING_DURATION, AT(message_spacing_ms), false, "1s", 0, MINUTES(1)},
    {SECTION_WORKER, "new_conversation_spacing", SETTING_DURATION, AT(new_conversation_spacing_ms), false,
     "4s", 0, MINUTES(1)},
    {SECTION_WORKER, "closed_look", SETTING_DURATION, AT(closed_look_ms), false, "3s", 0, MINUTES(1)},
    {SECTION_WORKER, "flood_limit", SETTING_COUNT, AT(flood_limit), false, "20", 0, 1000},
    {SECTION_WORKER, "drain_timeout", SETTING_DURATION, AT(drain_timeout_ms), false, "10s", 0, MINUTES(5)},
    {SECTION_WORKER, "memory", SETTING_SIZE, AT(memory_bytes), false, "1536KiB", MIB(1), MIB(65536)},

    {SECTION_ADMIN, "listen", SETTING_LISTEN, AT(admin_listen), false, CONFIG_ADMIN_LISTEN, 0, 0},

    {SECTION_GATE, "listen", SETTING_LISTEN, AT(gate.listen), false, CONFIG_GATE_LISTEN, 0, 0},
    {SECTION_GATE, "public_url", SETTING_URL, AT(gate.public_url), false, NULL, 0, 0},
    {SECTION_GATE, "hosts", SETTING_HOSTS, AT(gate.hosts), false, NULL, 0, 0},
    {SECTION_GATE, "tokens_file", SETTING_PATH, AT(gate.tokens_file), false, NULL, 0, 0},
    {SECTION_GATE, "key_file", SETTING_SECRET, AT(gate.key_file), false, NULL, 0, 0},
    {SECTION_GATE, "key_id", SETTING_WORD, AT(gate.key_id), false, NULL, 1, 63},
    {SECTION_GATE, "messages_dir", SETTING_PATH, AT(gate.messages_dir), false, NULL, 0, 0},
    {SECTION_GATE, "link_hosts", SETTING_LINK_HOSTS, AT(gate.link_hosts), false, NULL, 0, 0},
    {SECTION_GATE, "key_rate", SETTING_COUNT, AT(gate.key_rate), false, "600", 0, 1000000},
    {SECTION_GATE, "address_rate", SETTING_COUNT, AT(gate.address_rate), false, "120", 0, 1000000},
    {SECTION_GATE, "address_connections", SETTING_COUNT, AT(gate.address_connections), false, "0", 0, 1000000},
    {SECTION_GATE, "audit_log", SETTING_PATH, AT(gate.audit_log), false, NULL, 0, 0},

    {SECTION_ACCOUNT, "url", SETTING_URL, IN(url), true, NULL, 0, 0},
    {SECTION_ACCOUNT, "api_key_file", SETTING_SECRET, IN(api_key_file), true, NULL, 0, 0},
    {SECTION_ACCOUNT, "ca_file", SETTING_PATH, IN(ca_file), false, NULL, 0, 0},
    {SECTION_ACCOUNT, "client_certificate_file", SETTING_PATH, IN(client_certificate_file), false, NULL, 0, 0},
    {SECTION_ACCOUNT, "client_key_file", SETTING_SECRET, IN(client_key_file), false, NULL, 0, 0},
    {SECTION_ACCOUNT, "headers_file", SETTING_SECRET, IN(headers_file), false, NULL, 0, 0},
    {SECTION_ACCOUNT, "proxy", SETTING_PROXY, IN(proxy), false, NULL, 0, 0},
    {SECTION_ACCOUNT, "papercups_account", SETTING_UUID, IN(papercups_account), true, NULL, 0, 0},
    {SECTION_ACCOUNT, "inbox", SETTING_UUID, IN(inbox), false, NULL, 0, 0},
    {SECTION_ACCOUNT, "widget_host", SETTING_HOST, IN(widget_host), true, NULL, 0, 0},
    {SECTION_ACCOUNT, "widget_email", SETTING_EMAIL, IN(email_given), false, "none", 0, 0},
    {SECTION_ACCOUNT, "deliver_within", SETTING_DURATION, IN(deliver_within_ms), false, "1h", SECONDS(1),
     DAYS(7)},
    {SECTION_ACCOUNT, "deliver_within_max", SETTING_DURATION, IN(deliver_within_max_ms), false, "7d",
     SECONDS(1), DAYS(7)},
    {SECTION_ACCOUNT, "max_in_flight", SETTING_COUNT, IN(max_in_flight), false, "16", 1, 64},
    {SECTION_ACCOUNT, "conversations", SETTING_CONVERSATIONS, IN(reopen), false, "new", 0, 0},
    {SECTION_ACCOUNT, "ambiguous_customer", SETTING_AMBIGUOUS, IN(refuse_ambiguous), false, "newest", 0, 0},
    {SECTION_ACCOUNT, "unassign", SETTING_BOOL, IN(unassign), false, "false", 0, 0},
    {SECTION_ACCOUNT, "origins", SETTING_ORIGINS, IN(origins), false, NULL, 0, 0},
    {SECTION_ACCOUNT, "dashboard_url", SETTING_URL, IN(dashboard_url), false, NULL, 0, 0},
};
const size_t settings_count = sizeof(settings) / sizeof(settings[0]);

static const char *const section_names[SECTION_COUNT] = {
    "kafka", "topics", "dedup", "receipts", "worker", "admin", "gate", "account",
};

const char *section_name(enum config_section section)
{
    return section == SECTION_ACCOUNT ? "account NAME" : section_names[section];
}

enum config_section section_find(struct span name)
{
    unsigned section = 0;
    while (section < SECTION_COUNT && !span_equal(name, span_of(section_names[section])))
        section++;
    return (enum config_section)section;
}

bool setting_is_text(const struct setting *setting)
{
    return setting->type <= SETTING_HOST;
}

bool setting_is_property(const struct setting *setting)
{
    return setting->type == SETTING_PROPERTY || setting->type == SETTING_PROPERTY_COUNT ||
           setting->type == SETTING_PROPERTY_FILE;
}

const struct setting *setting_find(enum config_section section, struct span name)
{
    for (size_t i = 0; i < settings_count; i++)
        if (settings[i].section == section && span_equal(name, span_of(settings[i].name)))
            return &settings[i];
    return NULL;
}

const struct setting *setting_find_variable(enum config_section section, struct span name)
{
    for (size_t i = 0; i < settings_count; i++)
        if (settings[i].section == section && nearest_same(name, span_of(settings[i].name)))
            return &settings[i];
    return NULL;
}

void setting_variable(const struct setting *setting, struct span account, struct buf *out)
{
    char separator = '_';
    buf_add_text(out, "CUPBEARER_");
    size_t from = out->size;
    buf_add_text(out, section_names[setting->section]);
    buf_add(out, &separator, 1);
    if (setting->section == SECTION_ACCOUNT) {
        buf_add_span(out, account);
        buf_add(out, &separator, 1);
    }
    buf_add_text(out, setting->name);
    for (size_t i = from; i < out->size; i++) {
        char c = out->data[i];
        if (c >= 'a' && c <= 'z')
            out->data[i] = (char)(c - 'a' + 'A');
        else if (c == '-' || c == '.')
            out->data[i] = '_';
    }
}
