#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/nearest.h"
#include "config/config.h"
#include "config/settings.h"
#include "unit/directory.h"

#define UUID "0b4a7c1e-52d1-4c5c-9a3e-6f1d2a7b8c90"

/* Two lines, three lines and five: what is required, and no more. */
#define KAFKA  "[kafka]\nbootstrap_servers = k:9092\n"
#define WORKER "[worker]\nkeyring_file = /k\nmark_secret_file = /m\n"
#define ACCOUNT                                                                                              \
    "[account acme-eu]\nurl = https://p.example.com\napi_key_file = /a\npapercups_account = " UUID           \
    "\nwidget_host = app.example.com\n"
#define ALL KAFKA WORKER ACCOUNT

static struct config *load(const char *text, char *const *environment)
{
    struct err err = {0};
    file_write("cupbearer.conf", span_of(text));
    struct config *config = config_load("cupbearer.conf", environment, &err);
    if (config == NULL)
        fail_msg("%s", err.text);
    return config;
}

static void expect_error(const char *text, char *const *environment, const char *expected)
{
    struct err err = {0};
    file_write("cupbearer.conf", span_of(text));
    assert_null(config_load("cupbearer.conf", environment, &err));
    assert_string_equal(err.text, expected);
    assert_int_equal(err.code, ERR_USAGE);
}

static const char *property(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->property_count; i++)
        if (strcmp(config->properties[i].name, name) == 0)
            return config->properties[i].value;
    return NULL;
}

static void what_nobody_sets_has_its_default(void **state)
{
    (void)state;
    struct config *config = load(ALL, NULL);
    assert_string_equal(config->bootstrap_servers, "k:9092");
    assert_string_equal(config->group_id, "cupbearer");
    assert_int_equal(config->partitioner, PARTITIONER_MURMUR2);
    assert_int_equal(config->property_count, 0);
    assert_string_equal(config->events_topic, "cupbearer.events");
    assert_string_equal(config->receipts_topic, "cupbearer.receipts");
    assert_string_equal(config->dead_topic, "cupbearer.dead");
    assert_int_equal(config->partitions, 0);
    assert_false(config->allow_create_time);
    assert_int_equal(config->window_ms, 3600000);
    assert_false(config->papercups_ids);
    assert_string_equal(config->keyring_file, "/k");
    assert_string_equal(config->mark_secret_file, "/m");
    assert_null(config->mark_secret_previous_file);
    assert_null(config->group_instance_id);
    assert_null(config->state_dir);
    assert_int_equal(config->unknown_for_ms, 3600000);
    assert_false(config->name_events);
    assert_int_equal(config->http_timeout_ms, 15000);
    assert_int_equal(config->settle_time_ms, 10000);
    assert_int_equal(config->message_spacing_ms, 1000);
    assert_int_equal(config->flood_limit, 20);
    assert_int_equal(config->drain_timeout_ms, 10000);
    assert_int_equal(config->memory_bytes, 1536 << 10);
    assert_int_equal(config->account_count, 1);
    assert_string_equal(config->accounts[0].name, "acme-eu");
    assert_string_equal(config->accounts[0].url, "https://p.example.com");
    assert_string_equal(config->accounts[0].api_key_file, "/a");
    assert_string_equal(config->accounts[0].papercups_account, UUID);
    assert_null(config->accounts[0].inbox);
    assert_string_equal(config->accounts[0].widget_host, "app.example.com");
    assert_int_equal(config->accounts[0].deliver_within_ms, 3600000);
    assert_int_equal(config->accounts[0].deliver_within_max_ms, 604800000);
    assert_int_equal(config->accounts[0].max_in_flight, 16);
    config_free(config);
}

static void what_the_file_sets_is_set(void **state)
{
    (void)state;
    struct config *config = load(
        "\xef\xbb\xbf[kafka]\r\n; after a BOM, with CRLF and indented lines\r\n  bootstrap_servers = a:1, "
        "[::1]:2\r\n"
        "  client.id=w\r\n  partitioner = crc32 ; a comment\r\nlinger.ms = 7\r\n[topics]\npartitions=12\n"
        "allow_create_time = true\n[dedup]\nwindow = 7d\n" WORKER "message_spacing = 0s\nmemory = 1GiB\n"
        "http_timeout = 500ms\n[receipts]\n" ACCOUNT "[account b]\nurl = http://localhost:4000/chat//\n"
        "api_key_file = /b\npapercups_account = " UUID "\nwidget_host = localhost:3000\ninbox = " UUID
        "\nmax_in_flight = 64\ndeliver_within = 10m\nwidget_email = given",
        NULL);
    assert_string_equal(config->bootstrap_servers, "a:1, [::1]:2");
    assert_string_equal(property(config, "client.id"), "w");
    assert_string_equal(property(config, "linger.ms"), "7");
    assert_int_equal(config->partitioner, PARTITIONER_CRC32);
    assert_int_equal(config->partitions, 12);
    assert_true(config->allow_create_time);
    assert_int_equal(config->window_ms, 604800000);
    assert_int_equal(config->message_spacing_ms, 0);
    assert_int_equal(config->http_timeout_ms, 500);
    assert_int_equal(config->memory_bytes, 1 << 30);
    assert_int_equal(config->account_count, 2);
    assert_string_equal(config->accounts[1].url, "http://localhost:4000/chat");
    assert_string_equal(config->accounts[1].inbox, UUID);
    assert_int_equal(config->accounts[1].max_in_flight, 64);
    assert_int_equal(config->accounts[1].deliver_within_ms, 600000);
    assert_true(config->accounts[1].email_given);
    assert_false(config->accounts[0].email_given);
    config_free(config);
}

static void several_accounts_have_more_memory_unless_it_is_set(void **state)
{
    (void)state;
    static const char b[] =
        "[account b]\nurl = http://localhost\napi_key_file = /b\npapercups_account = " UUID
        "\nwidget_host = localhost\n";
    char text[2000];
    snprintf(text, sizeof(text), ALL "%s", b);
    struct config *config = load(text, NULL);
    assert_int_equal(config->memory_bytes, 64 << 20);
    config_free(config);
    snprintf(text, sizeof(text), KAFKA WORKER "memory = 5MiB\n" ACCOUNT "%s", b);
    config = load(text, NULL);
    assert_int_equal(config->memory_bytes, 5 << 20);
    config_free(config);
}

static void variables_override_the_file_and_may_name_accounts_that_it_lacks(void **state)
{
    (void)state;
    static char *environment[] = {"PATH=/bin",
                                  "CUPBEARER_CONFIG=x",
                                  "CUPBEARER_KAFKA_GROUP_ID=g",
                                  "CUPBEARER_KAFKA_SECURITY_PROTOCOL=ssl",
                                  "CUPBEARER_ACCOUNT_ACME_EU_URL=https://other",
                                  "CUPBEARER_ACCOUNT_N1_X_URL=https://n",
                                  "CUPBEARER_ACCOUNT_N1_X_API_KEY_FILE=/n",
                                  "CUPBEARER_ACCOUNT_N1_X_PAPERCUPS_ACCOUNT=" UUID,
                                  "CUPBEARER_ACCOUNT_N1_X_WIDGET_HOST=n",
                                  NULL};
    struct config *config = load(ALL, environment);
    assert_string_equal(config->group_id, "g");
    assert_string_equal(property(config, "security.protocol"), "ssl");
    assert_int_equal(config->account_count, 2);
    assert_string_equal(config->accounts[0].url, "https://other");
    assert_string_equal(config->accounts[1].name, "n1_x");
    assert_string_equal(config->accounts[1].papercups_account, UUID);
    config_free(config);
}

static void variables_alone_are_enough(void **state)
{
    (void)state;
    static char *environment[] = {
        "CUPBEARER_KAFKA_BOOTSTRAP_SERVERS=k:9092", "CUPBEARER_WORKER_KEYRING_FILE=/k",
        "CUPBEARER_WORKER_MARK_SECRET_FILE=/m",     "CUPBEARER_ACCOUNT_A_URL=https://n",
        "CUPBEARER_ACCOUNT_A_API_KEY_FILE=/n",      "CUPBEARER_ACCOUNT_A_PAPERCUPS_ACCOUNT=" UUID,
        "CUPBEARER_ACCOUNT_A_WIDGET_HOST=n",        NULL};
    struct err err;
    struct config *config = config_load(NULL, environment, &err);
    assert_non_null(config);
    config_free(config);
    assert_null(config_load(NULL, environment + 1, &err));
    assert_string_equal(err.text,
                        "the environment: [kafka] has no \"bootstrap_servers\"; write it there or set "
                        "CUPBEARER_KAFKA_BOOTSTRAP_SERVERS");
}

static void what_kubernetes_says_of_a_service_named_cupbearer_is_no_setting(void **state)
{
    (void)state;
    static char *environment[] = {"CUPBEARER_SERVICE_HOST=10.0.0.1",
                                  "CUPBEARER_SERVICE_PORT=9464",
                                  "CUPBEARER_SERVICE_PORT_METRICS=9464",
                                  "CUPBEARER_PORT=tcp://10.0.0.1:9464",
                                  "CUPBEARER_PORT_9464_TCP=tcp://10.0.0.1:9464",
                                  "CUPBEARER_PORT_9464_TCP_ADDR=10.0.0.1",
                                  "CUPBEARER_GATE_SERVICE_HOST=10.0.0.2",
                                  "CUPBEARER_GATE_PORT_80_TCP_PROTO=tcp",
                                  NULL};
    config_free(load(ALL, environment));
}

static void a_semicolon_begins_a_comment_only_behind_white_space(void **state)
{
    (void)state;
    static const char *const values[][2] = {
        {"=a;b", "a;b"},   {"= a ;b", "a"},     {" = a\t; b = c", "a"}, {": a", "a"},
        {" = ;b\n", NULL}, {" = a=b:c", "a=b:c"}, {"=;a", ";a"},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "[kafka]\nbootstrap_servers = k:1\nclient.id%s\n%s%s", values[i][0], WORKER, ACCOUNT);
        if (values[i][1] == NULL) {
            expect_error(text, NULL, "cupbearer.conf:3: client.id is empty; give it a value or leave it out");
            continue;
        }
        struct config *config = load(text, NULL);
        assert_string_equal(property(config, "client.id"), values[i][1]);
        config_free(config);
    }
}

static void a_line_may_be_long(void **state)
{
    (void)state;
    char *text = malloc(20000);
    snprintf(text, 20000, "[kafka]\nbootstrap_servers = k:1\nssl.cipher.suites = %010000d\n%s%s", 0, WORKER, ACCOUNT);
    struct config *config = load(text, NULL);
    assert_int_equal(strlen(property(config, "ssl.cipher.suites")), 10000);
    config_free(config);
    free(text);
}

static void passwords_are_read_from_the_files_that_are_named(void **state)
{
    (void)state;
    file_write("password", SPAN("open sesame\n"));
    struct config *config = load(KAFKA "sasl.password_file = /nowhere\n" WORKER ACCOUNT,
                                 (char *[]){"CUPBEARER_KAFKA_SASL_PASSWORD_FILE=password", NULL});
    assert_string_equal(property(config, "sasl.password"), "open sesame");
    assert_null(property(config, "sasl.password_file"));
    config_free(config);
    expect_error(KAFKA "sasl.password_file = /nowhere\n" WORKER ACCOUNT, NULL,
                 "cupbearer.conf:3: sasl.password_file: cannot open /nowhere: No such file or directory");
    file_write("password", SPAN("\n"));
    expect_error(ALL, (char *[]){"CUPBEARER_KAFKA_SSL_KEY_PASSWORD_FILE=password", NULL},
                 "CUPBEARER_KAFKA_SSL_KEY_PASSWORD_FILE: ssl.key.password_file: password is empty; a secret "
                 "belongs in "
                 "it");
    file_write("password", SPAN("a\0b"));
    expect_error(KAFKA "sasl.password_file = password\n" WORKER ACCOUNT, NULL,
                 "cupbearer.conf:3: sasl.password_file: password holds a 0 byte; a password is text");
}

static void a_property_for_a_command_follows_the_same_rules(void **state)
{
    (void)state;
    struct config_property got;
    struct err err;
    file_write("password", SPAN("open sesame\n"));
    assert_int_equal(config_property_read("client.id=a=b", &got, &err), 0);
    assert_string_equal(got.name, "client.id");
    assert_string_equal(got.value, "a=b");
    config_property_done(&got);
    assert_int_equal(config_property_read("sasl.password_file=password", &got, &err), 0);
    assert_string_equal(got.name, "sasl.password");
    assert_string_equal(got.value, "open sesame");
    config_property_done(&got);
    static const char *const refused[][2] = {
        {"client.id", "write librdkafka's properties as NAME=VALUE"},
        {"linger.ms=1s", "linger.ms must be from 0 to 900000, not \"1s\""},
        {"linger=1", "unknown setting \"linger\" in [kafka]; did you mean \"linger.ms\"?"},
        {"group_id=a", "\"group_id\" is a setting of the worker, not a property of librdkafka"},
        {"sasl.password=x", "\"sasl.password\" cannot be set: write it to a file and set sasl.password_file"},
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(config_property_read(refused[i][0], &got, &err), -1);
        assert_string_equal(err.text, refused[i][1]);
    }
    assert_true(config_property_allowed("client.rack", &err));
    assert_false(config_property_allowed("acks", &err));
}

/* The example, with "#name = value" made "name = value" except for files of passwords and secrets, which are read at once. */
static char *example_read(bool uncommented)
{
    FILE *file = fopen(TESTS_DIR "/../deploy/cupbearer.conf", "r");
    assert_non_null(file);
    struct buf text;
    buf_init(&text, 1 << 16);
    char line[256];
    while (fgets(line, sizeof(line), file) != NULL) {
        bool setting = line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';
        buf_add_text(&text,
                     setting && uncommented && strstr(line, "password_file") == NULL && strstr(line, "secret_file") == NULL
                         ? line + 1
                         : line);
    }
    fclose(file);
    assert_false(text.failed);
    return text.data;
}

static void the_example_is_a_configuration_as_it_is_and_with_all_its_settings(void **state)
{
    (void)state;
    for (int uncommented = 0; uncommented < 2; uncommented++) {
        char *text = example_read(uncommented == 1);
        struct config *config = load(text, NULL);
        assert_int_equal(config->account_count, 1);
        assert_int_equal(config->window_ms, 3600000);
        assert_int_equal(config->property_count > 30, uncommented);
        config_free(config);
        free(text);
    }
}

static void what_stands_before_the_servers_is_their_security_protocol(void **state)
{
    (void)state;
    struct config *config = load("[kafka]\nbootstrap_servers = SASL_SSL://a:1, SASL_SSL://b.example:2\nsasl.mechanisms = PLAIN\n"
                                 WORKER ACCOUNT, NULL);
    assert_string_equal(config->bootstrap_servers, "a:1,b.example:2");
    assert_string_equal(property(config, "security.protocol"), "sasl_ssl");
    config_free(config);
    config = load("[kafka]\nbootstrap_servers = SSL://a:1\nsecurity.protocol = ssl\n" WORKER ACCOUNT, NULL);
    assert_string_equal(config->bootstrap_servers, "a:1");
    config_free(config);
    expect_error("[kafka]\nbootstrap_servers = SSL://a:1,b:2\n" WORKER ACCOUNT, NULL,
                 "cupbearer.conf:2: bootstrap_servers: the servers must all have the same PROTOCOL:// before them, or none");
    expect_error("[kafka]\nbootstrap_servers = SASL_SSL://a:1\nsecurity.protocol = plaintext\n" WORKER ACCOUNT, NULL,
                 "cupbearer.conf:2: bootstrap_servers says sasl_ssl, security.protocol says plaintext: correct one of them");
}

static void who_would_log_in_in_the_clear_is_refused(void **state)
{
    (void)state;
    expect_error(KAFKA "sasl.mechanisms = PLAIN\n" WORKER ACCOUNT, NULL,
                 "cupbearer.conf:3: sasl.mechanisms with security.protocol = plaintext (its default): nobody would log in, and all "
                 "would be in the clear. Set security.protocol = sasl_ssl");
    expect_error(KAFKA "sasl.mechanisms = PLAIN\nsecurity.protocol = ssl\n" WORKER ACCOUNT, NULL,
                 "cupbearer.conf:3: sasl.mechanisms with security.protocol = ssl: nobody would log in, and all would be in the "
                 "clear. Set security.protocol = sasl_ssl");
    expect_error(KAFKA "sasl.mechanisms = OAUTHBEARER\nsecurity.protocol = sasl_ssl\n" WORKER ACCOUNT, NULL,
                 "cupbearer.conf:3: sasl.mechanisms = OAUTHBEARER needs sasl.oauthbearer.method = oidc, with "
                 "sasl.oauthbearer.token.endpoint.url, sasl.oauthbearer.client.id and sasl.oauthbearer.client.secret_file");
}

static void no_two_settings_have_one_variable_and_no_property_is_also_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < settings_count; i++) {
        struct span name = span_of(settings[i].name);
        if (settings[i].section == SECTION_KAFKA)
            assert_null(setting_refused(name));
        assert_ptr_equal(setting_find_variable(settings[i].section, name), &settings[i]);
        for (size_t j = 0; j < i; j++)
            assert_false(settings[i].section == settings[j].section &&
                         nearest_same(name, span_of(settings[j].name)));
    }
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_enter, directory_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_nobody_sets_has_its_default),
        IN_DIRECTORY(what_the_file_sets_is_set),
        IN_DIRECTORY(several_accounts_have_more_memory_unless_it_is_set),
        IN_DIRECTORY(variables_override_the_file_and_may_name_accounts_that_it_lacks),
        IN_DIRECTORY(variables_alone_are_enough),
        IN_DIRECTORY(what_kubernetes_says_of_a_service_named_cupbearer_is_no_setting),
        IN_DIRECTORY(a_semicolon_begins_a_comment_only_behind_white_space),
        IN_DIRECTORY(a_line_may_be_long),
        IN_DIRECTORY(passwords_are_read_from_the_files_that_are_named),
        IN_DIRECTORY(a_property_for_a_command_follows_the_same_rules),
        IN_DIRECTORY(the_example_is_a_configuration_as_it_is_and_with_all_its_settings),
        IN_DIRECTORY(what_stands_before_the_servers_is_their_security_protocol),
        IN_DIRECTORY(who_would_log_in_in_the_clear_is_refused),
        IN_DIRECTORY(no_two_settings_have_one_variable_and_no_property_is_also_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
