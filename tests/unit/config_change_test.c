#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/change.h"
#include "config/load.h"
#include "unit/directory.h"

#define UUID "0b4a7c1e-52d1-4c5c-9a3e-6f1d2a7b8c90"

#define BEGIN      "[kafka]\nbootstrap_servers = k:9092\n[worker]\nkeyring_file = /k\nmark_secret_file = /m\n"
#define ACCOUNT(n) "[account " n "]\nurl = https://p.example.com\napi_key_file = /" n "\nwidget_host = app.example.com\n"
#define OWN        "papercups_account = " UUID "\n"
#define ACME       ACCOUNT("acme") OWN
#define GLOBEX     ACCOUNT("globex") OWN
#define BEFORE     BEGIN ACME GLOBEX
#define AT(n)      "cupbearer.conf:" #n ": "

static struct config *load(const char *content)
{
    struct err err = {0};
    file_write("cupbearer.conf", span_of(content));
    struct config *config = config_load("cupbearer.conf", NULL, &err);
    assert_string_equal(err.text, "");
    assert_non_null(config);
    return config;
}

/* What is made of the file as it is now: `expected`, or where that is NULL a configuration that may be put into use. */
static struct config *look_as(struct config *config, enum config_reader reader, const char *expected, bool *changed)
{
    struct config_source source;
    struct err err = {0};
    *changed = false;
    struct config *fresh = config_load_again(config, NULL, &source, &err);
    if (fresh != NULL && config_change_check(config, fresh, &source, reader, changed, &err) != 0) {
        config_free(fresh);
        fresh = NULL;
    }
    source_done(&source);
    assert_string_equal(err.text, expected == NULL ? "" : expected);
    assert_int_equal(fresh == NULL, expected != NULL);
    return fresh;
}

static struct config *look(struct config *config, const char *expected, bool *changed)
{
    return look_as(config, CONFIG_WORKER, expected, changed);
}

static void what_takes_a_restart_is_named_with_its_place_all_of_it_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *now, *expected;
    } table[] = {
        {BEGIN "http_timeout = 9s\nsettle_time = 4s\n" ACME GLOBEX,
         "takes a restart: " AT(6) "[worker] http_timeout, " AT(7) "[worker] settle_time"},
        {BEGIN ACME, "takes a restart: cupbearer.conf: [account globex] is not there any more"},
        {BEGIN "[topics]\nevents = e\n" ACME, "takes a restart: " AT(7) "[topics] events, "
                                               "cupbearer.conf: [account globex] is not there any more"},
        {BEGIN ACME ACCOUNT("globex") "papercups_account = 11111111-52d1-4c5c-9a3e-6f1d2a7b8c90\n",
         "takes a restart: " AT(15) "[account globex] papercups_account"},
        {"[kafka]\nbootstrap_servers = other:9092\n[worker]\nkeyring_file = /k\nmark_secret_file = /m\n" ACME GLOBEX,
         "takes a restart: " AT(2) "[kafka] bootstrap_servers"},
        {BEGIN "[kafka]\n" ACME GLOBEX, AT(6) "section [kafka] stands twice; put its settings together"},
        {BEGIN "[admin]\nlisten = off\n" ACME GLOBEX ACCOUNT("initech") OWN, "takes a restart: " AT(7) "[admin] listen"},
    };
    struct config *config = load(BEFORE);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        bool changed;
        file_write("cupbearer.conf", span_of(table[i].now));
        assert_null(look(config, table[i].expected, &changed));
    }
    config_free(config);
}

/* A path may be longer than a message. */
static void what_takes_a_restart_is_not_overlooked_where_there_is_no_room_to_say_it(void **state)
{
    (void)state;
    char path[1200] = "";
    while (strlen(path) < 1100)
        strcat(path, "./");
    strcat(path, "cupbearer.conf");
    file_write("cupbearer.conf", span_of(BEFORE));
    struct err err = {0};
    struct config *config = config_load(path, NULL, &err);
    assert_non_null(config);
    bool changed;
    file_write("cupbearer.conf", span_of(BEGIN ACME));
    assert_null(look(config, "takes a restart: what, there is no room for: the configuration has too long a path", &changed));
    config_free(config);
}

static void properties_of_librdkafka_are_compared_and_no_password_is_told(void **state)
{
    (void)state;
#define LOGIN "sasl.username = me\nsasl.password_file = password\nsasl.mechanisms = PLAIN\nsecurity.protocol = SASL_SSL\n"
#define REST  "[worker]\nkeyring_file = /k\nmark_secret_file = /m\n" ACME
    bool changed;
    file_write("password", span_of("hidden-one"));
    struct config *config = load("[kafka]\nbootstrap_servers = k:9092\n" LOGIN REST);
    file_write("password", span_of("hidden-two"));
    assert_null(look(config, "takes a restart: " AT(4) "[kafka] sasl.password_file", &changed));
    file_write("password", span_of("hidden-one"));
    file_write("cupbearer.conf", span_of("[kafka]\nbootstrap_servers = k:9092\n" LOGIN "linger.ms = 7\n" REST));
    assert_null(look(config, "takes a restart: " AT(7) "[kafka] linger.ms", &changed));
    config_free(config);
    config = load("[kafka]\nbootstrap_servers = k:9092\n" LOGIN "linger.ms = 7\n" REST);
    file_write("cupbearer.conf", span_of("[kafka]\nbootstrap_servers = k:9092\n" LOGIN REST));
    assert_null(look(config, "takes a restart: cupbearer.conf: [kafka] linger.ms", &changed));
    config_free(config);
}

static void the_same_and_what_only_the_gate_reads_changes_nothing(void **state)
{
    (void)state;
    static const char *const table[] = {
        BEFORE,
        BEGIN GLOBEX "max_in_flight = 16\n" ACME, /* in another order, and a default that is said */
        BEGIN "[gate]\nkey_rate = 7\n" ACME "origins = https://a.example\n" GLOBEX "dashboard_url = https://a.example\n",
    };
    struct config *config = load(BEFORE);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        bool changed = true;
        file_write("cupbearer.conf", span_of(table[i]));
        config_free(look(config, NULL, &changed));
        assert_false(changed);
    }
    config_free(config);
}

static void a_gate_heeds_what_it_reads_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *now, *expected;
        bool changed;
    } table[] = {
        {BEFORE, NULL, false},
        {BEGIN "http_timeout = 9s\n[dedup]\nwindow = 3h\n[admin]\nlisten = off\n" ACME GLOBEX, NULL, false},
        {BEGIN ACME "origins = https://a.example\n" GLOBEX, NULL, true},
        {BEGIN ACME GLOBEX "dashboard_url = https://a.example\n", NULL, true},
        {BEGIN ACME GLOBEX ACCOUNT("initech") OWN, NULL, true},
        {BEGIN "[gate]\nkey_rate = 7\n" ACME GLOBEX, "takes a restart: " AT(7) "[gate] key_rate", false},
        {"[kafka]\nbootstrap_servers = k:9092\n[worker]\nkeyring_file = /j\nmark_secret_file = /m\n" ACME,
         "takes a restart: " AT(4) "[worker] keyring_file, cupbearer.conf: [account globex] is not there any more", false},
    };
    struct config *config = load(BEFORE);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        bool changed = true;
        file_write("cupbearer.conf", span_of(table[i].now));
        config_free(look_as(config, CONFIG_GATE, table[i].expected, &changed));
        assert_int_equal(changed, table[i].changed);
    }
    config_free(config);
}

static void accounts_keep_their_places_and_new_ones_come_behind_them(void **state)
{
    (void)state;
    bool changed;
    struct config *config = load(BEGIN ACME);
    int64_t alone = config->memory_bytes;
    file_write("cupbearer.conf", span_of(BEGIN ACCOUNT("initech") OWN GLOBEX ACME "max_in_flight = 3\n"));
    struct config *fresh = look(config, NULL, &changed);
    assert_true(changed);
    assert_true(config_account_differs(&config->accounts[0], &fresh->accounts[2], false));
    assert_false(config_account_differs(&config->accounts[0], &fresh->accounts[2], true));
    config_change(config, fresh);
    assert_int_equal(config->account_count, 3);
    assert_string_equal(config->accounts[0].name, "acme");
    assert_int_equal(config->accounts[0].max_in_flight, 3);
    assert_string_equal(config->accounts[1].name, "initech");
    assert_string_equal(config->accounts[1].api_key_file, "/initech");
    assert_string_equal(config->accounts[2].name, "globex");
    assert_true(config->memory_bytes > alone); /* the default of several */
    config_free(config);
}

static void by_what_an_account_is_reached_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *now;
        bool way;
    } table[] = {
        {BEGIN ACME "proxy = none\n", true},        {BEGIN ACME "ca_file = /c\n", true},
        {BEGIN ACME "headers_file = /h\n", true},   {BEGIN ACME "inbox = " UUID "\n", false},
        {BEGIN ACME "widget_email = given\n", false}, {BEGIN ACME "deliver_within = 9s\n", false},
        {BEGIN ACME "conversations = reopen\n", false},
        {BEGIN "[account acme]\nurl = https://q.example.com\napi_key_file = /acme\nwidget_host = app.example.com\n" OWN, true},
        {BEGIN "[account acme]\nurl = https://p.example.com\napi_key_file = /new\nwidget_host = app.example.com\n" OWN, true},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        bool changed = false;
        struct config *config = load(BEGIN ACME);
        file_write("cupbearer.conf", span_of(table[i].now));
        struct config *fresh = look(config, NULL, &changed);
        assert_true(changed);
        assert_int_equal(config_account_differs(&config->accounts[0], &fresh->accounts[0], true), table[i].way);
        config_change(config, fresh);
        config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_takes_a_restart_is_named_with_its_place_all_of_it_at_once),
        cmocka_unit_test(what_takes_a_restart_is_not_overlooked_where_there_is_no_room_to_say_it),
        cmocka_unit_test(properties_of_librdkafka_are_compared_and_no_password_is_told),
        cmocka_unit_test(the_same_and_what_only_the_gate_reads_changes_nothing),
        cmocka_unit_test(a_gate_heeds_what_it_reads_and_nothing_else),
        cmocka_unit_test(accounts_keep_their_places_and_new_ones_come_behind_them),
        cmocka_unit_test(by_what_an_account_is_reached_is_told_apart),
    };
    return cmocka_run_group_tests(tests, directory_enter, directory_leave);
}
