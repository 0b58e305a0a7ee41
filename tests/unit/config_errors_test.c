#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "config/config.h"
#include "config/load.h"
#include "unit/directory.h"

#define UUID "0b4a7c1e-52d1-4c5c-9a3e-6f1d2a7b8c90"

/* Two lines, three and five: what is required, and no more. So what follows KAFKA is line 3, what follows TWO 6, what
 * follows ALL 11. */
#define KAFKA  "[kafka]\nbootstrap_servers = k:9092\n"
#define WORKER "[worker]\nkeyring_file = /k\nmark_secret_file = /m\n"
#define REST   "api_key_file = /a\npapercups_account = " UUID "\nwidget_host = app.example.com\n"
#define TWO    KAFKA WORKER
#define ALL    TWO "[account acme]\nurl = https://p.example.com\n" REST
#define URL(u) TWO "[account acme]\n" REST "url = " u "\n"
#define AT(n)  "cupbearer.conf:" #n ": "

struct expectation {
    const char *text;
    const char *variable; /* or NULL */
    const char *expected;
};

static void expect(const struct expectation *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        char *variable = table[i].variable == NULL ? NULL : strdup(table[i].variable);
        file_write("cupbearer.conf", span_of(table[i].text));
        struct config *config = config_load("cupbearer.conf", (char *[]){variable, NULL}, &err);
        free(variable);
        assert_null(config);
        assert_string_equal(err.text, table[i].expected);
        assert_int_equal(err.code, ERR_USAGE);
    }
}

#define EXPECT(table) expect(table, sizeof(table) / sizeof((table)[0]))

static void an_unknown_name_is_told_with_the_nearest_known_one(void **state)
{
    (void)state;
    static const struct expectation table[] = {
        {KAFKA "bootstrap_server = x\n", NULL,
         AT(3) "unknown setting \"bootstrap_server\" in [kafka]; did you mean \"bootstrap_servers\"?"},
        {KAFKA "Bootstrap.Servers = x\n", NULL,
         AT(3) "unknown setting \"Bootstrap.Servers\" in [kafka]; did you mean \"bootstrap_servers\"?"},
        {KAFKA "group.id = x\n", NULL,
         AT(3) "unknown setting \"group.id\" in [kafka]; did you mean \"group_id\"?"},
        {KAFKA "group.instance.id = x\n", NULL,
         AT(3) "unknown setting \"group.instance.id\" in [kafka]; did you mean \"group_instance_id\"?"},
        {KAFKA "sasl.mechanism = PLAIN\n", NULL,
         AT(3) "unknown setting \"sasl.mechanism\" in [kafka]; did you mean \"sasl.mechanisms\"?"},
        {KAFKA "plankton = x\n", NULL,
         AT(3) "unknown setting \"plankton\" in [kafka]; deploy/cupbearer.conf has all that can be set"},
        {TWO "keyring = x\n", NULL,
         AT(6) "unknown setting \"keyring\" in [worker]; did you mean \"keyring_file\"?"},
        {TWO "widnow = 1h\n", NULL,
         AT(6) "unknown setting \"widnow\" in [worker]; did you mean \"window\" in [dedup]?"},
        {TWO "[dedup]\nfrobnicate = 1h\n", NULL,
         AT(7) "unknown setting \"frobnicate\" in [dedup]; there are window"},
        {TWO "[topics]\nfrobnicate = 1h\n", NULL,
         AT(7) "unknown setting \"frobnicate\" in [topics]; there are events, receipts, dead, partitions, "
               "allow_create_time, accept"},
        {ALL "api_key = sk_live\n", NULL,
         AT(11) "unknown setting \"api_key\" in [account NAME]; did you mean \"api_key_file\"?"},
        {KAFKA "window = 1h\n", NULL, AT(3) "setting \"window\" belongs in [dedup], not in [kafka]"},
        {KAFKA "max_in_flight = 3\n", NULL,
         AT(3) "setting \"max_in_flight\" belongs in [account NAME], not in [kafka]"},
        {TWO "linger.ms = 3\n", NULL, AT(6) "setting \"linger.ms\" belongs in [kafka], not in [worker]"},
        {TWO "[acounts]\n", NULL, AT(6) "unknown section [acounts]; did you mean [account NAME]?"},
        {TWO "[Topics]\n", NULL, AT(6) "unknown section [Topics]; did you mean [topics]?"},
        {TWO "[kafka x]\n", NULL, AT(6) "unknown section [kafka x]; did you mean [kafka]?"},
        {TWO "[plankton]\n", NULL,
         AT(6) "unknown section [plankton]; there are [kafka], [topics], [dedup], [receipts], [worker], "
               "[admin], [gate] and [account NAME]"},
        {ALL, "CUPBEARER_KAFKA_BOOTSTRAP_SERVER=x",
         "unknown variable CUPBEARER_KAFKA_BOOTSTRAP_SERVER; did you mean "
         "CUPBEARER_KAFKA_BOOTSTRAP_SERVERS?"},
        {ALL, "CUPBEARER_DEDUPE_WINDOW=x",
         "unknown variable CUPBEARER_DEDUPE_WINDOW; did you mean CUPBEARER_DEDUP_WINDOW?"},
        {ALL, "CUPBEARER_ACCOUNT_ACME_APIKEY_FILE=x",
         "unknown variable CUPBEARER_ACCOUNT_ACME_APIKEY_FILE; did you mean "
         "CUPBEARER_ACCOUNT_ACME_API_KEY_FILE?"},
        {ALL, "CUPBEARER_ACCOUNT_acme_URL=x",
         "unknown variable CUPBEARER_ACCOUNT_acme_URL; did you mean CUPBEARER_ACCOUNT_ACME_URL?"},
        {ALL, "CUPBEARER_X=x",
         "unknown variable CUPBEARER_X; they are named after section and setting: CUPBEARER_KAFKA_GROUP_ID, "
         "CUPBEARER_ACCOUNT_NAME_URL"},
    };
    EXPECT(table);
}

static void what_the_guarantee_stands_on_and_plain_secrets_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct expectation table[] = {
        {KAFKA "sasl.password = hunter2\n", NULL,
         AT(3) "\"sasl.password\" cannot be set: write it to a file and set sasl.password_file"},
        {KAFKA "ssl.key.password = hunter2\n", NULL,
         AT(3) "\"ssl.key.password\" cannot be set: write it to a file and set ssl.key.password_file"},
        {KAFKA "enable.auto.commit = true\n", NULL,
         AT(3) "\"enable.auto.commit\" cannot be set: the worker sets it itself: an offset is committed only "
               "once its "
               "receipt is acknowledged"},
        {KAFKA "acks = 1\n", NULL,
         AT(3) "\"acks\" cannot be set: the worker sets it itself: a receipt counts once all in-sync "
               "replicas have it, "
               "and is written once"},
        {KAFKA "isolation.level = read_uncommitted\n", NULL,
         AT(3) "\"isolation.level\" cannot be set: the worker sets it itself: an aborted transaction's "
               "events must not "
               "be delivered"},
        {KAFKA "auto.offset.reset = latest\n", NULL,
         AT(3) "\"auto.offset.reset\" cannot be set: the worker sets it itself: an offset out of range is an "
               "alarm, "
               "never a silent jump"},
        {ALL, "CUPBEARER_KAFKA_SASL_PASSWORD=hunter2",
         "CUPBEARER_KAFKA_SASL_PASSWORD cannot be set: write it to a file and set sasl.password_file"},
        {ALL, "CUPBEARER_KAFKA_ENABLE_IDEMPOTENCE=false",
         "CUPBEARER_KAFKA_ENABLE_IDEMPOTENCE cannot be set: the worker sets it itself: a receipt counts once "
         "all "
         "in-sync replicas have it, and is written once"},
    };
    EXPECT(table);
}

static void what_is_missing_is_told_with_its_place_and_its_variable(void **state)
{
    (void)state;
    static const struct expectation table[] = {
        {"", NULL,
         "cupbearer.conf: [kafka] has no \"bootstrap_servers\"; write it there or set "
         "CUPBEARER_KAFKA_BOOTSTRAP_SERVERS; missing too: [worker] keyring_file, [worker] mark_secret_file"},
        {KAFKA, NULL,
         "cupbearer.conf: [worker] has no \"keyring_file\"; write it there or set "
         "CUPBEARER_WORKER_KEYRING_FILE; missing too: [worker] mark_secret_file"},
        {TWO, NULL,
         "cupbearer.conf: no account is configured; add a section [account NAME], or set "
         "CUPBEARER_ACCOUNT_NAME_URL "
         "and its other variables"},
        {TWO "[account acme-eu]\n", NULL,
         AT(6) "[account acme-eu] has no \"url\"; write it there or set CUPBEARER_ACCOUNT_ACME_EU_URL; missing too: "
               "[account acme-eu] api_key_file, [account acme-eu] papercups_account, [account acme-eu] widget_host"},
        {ALL, "CUPBEARER_ACCOUNT_ACMEE_URL=https://p",
         "CUPBEARER_ACCOUNT_ACMEE_URL: [account acmee] has no \"api_key_file\"; write it there or set "
         "CUPBEARER_ACCOUNT_ACMEE_API_KEY_FILE; missing too: [account acmee] papercups_account, [account acmee] "
         "widget_host"},
    };
    EXPECT(table);
    struct err err;
    assert_null(config_load("none.conf", NULL, &err));
    assert_string_equal(
        err.text, "none.conf does not exist; copy the example (deploy/cupbearer.conf; installed: "
                  "/usr/share/doc/cupbearer/cupbearer.conf) there and fill it in, or name another file by "
                  "--config or CUPBEARER_CONFIG");
    assert_int_equal(err.code, ERR_USAGE);
    assert_null(config_load(".", NULL, &err));
    assert_string_equal(err.text, "cannot read .: Is a directory");
}

static void what_is_no_ini_file_is_refused_at_its_line(void **state)
{
    (void)state;
    static const struct expectation table[] = {
        {"x = 1\n", NULL, AT(1) "a setting stands before the first [section]"},
        {KAFKA "\n# a comment\njust words\n", NULL,
         AT(5) "the line is neither [section] nor NAME = VALUE nor a comment"},
        {KAFKA "just words\nfoo = bar\n", NULL,
         AT(3) "the line is neither [section] nor NAME = VALUE nor a comment"},
        {KAFKA "[worker\n", NULL, AT(3) "a section's name ends with ]"},
        {KAFKA "[worker] memory = 1GiB\n", NULL,
         AT(3) "something stands behind the section's name; settings have lines of their own"},
        {KAFKA "group_id = a\ngroup_id = a\n", NULL,
         AT(4) "group_id is set twice; the first is cupbearer.conf:3"},
        {ALL "[kafka]\n", NULL, AT(11) "section [kafka] stands twice; put its settings together"},
        {ALL "[account acme]\n", NULL,
         AT(11) "section [account acme] stands twice; the first is cupbearer.conf:6"},
        {TWO "[account a-b]\n[account a_b]\n", NULL,
         AT(7) "section [account a_b] differs from [account a-b] only in - and _, which variables' names "
               "cannot tell "
               "apart; the first is cupbearer.conf:6"},
        {TWO "[account]\n", NULL,
         AT(6) "write [account NAME]; the name has 1 to 63 of the characters a-z 0-9 _ - and begins with a "
               "letter or "
               "digit"},
        {TWO "[account Acme]\n", NULL,
         AT(6) "write [account NAME]; the name has 1 to 63 of the characters a-z 0-9 _ - and begins with a "
               "letter or "
               "digit"},
        {KAFKA "group_id = a # the group\n", NULL,
         AT(3) "group_id: a comment behind a value begins with \" ;\"; those with # have lines of their own"},
        {KAFKA "group_id = a\x01\n", NULL, AT(3) "a control character; the file must be text in UTF-8"},
        {KAFKA "group_id =\n", NULL, AT(3) "group_id is empty; give it a value or leave it out"},
        {KAFKA "group_id = \"a\"\n", NULL, AT(3) "group_id must stand without quotes"},
        {ALL, "CUPBEARER_KAFKA_GROUP_ID=a\n",
         "CUPBEARER_KAFKA_GROUP_ID: group_id has a line end or another control character in it"},
    };
    EXPECT(table);
}

#define NO_UUID "must be a UUID in lower case, such as 0b4a7c1e-52d1-4c5c-9a3e-6f1d2a7b8c90"
#define NO_HOST "widget_host must be what location.host says on the page: app.example.com or localhost:3000"
#define NO_UNIT "is no duration; write a whole number and its unit: 500ms, 90s, 10m, 1h or 7d"
#define NO_INSTANCE                                                                                          \
    "group_instance_id must have %h in it, which becomes the host's name, and else only the characters "     \
    "A-Z a-z 0-9 . _ -: two workers of one name would show messages twice"
#define LISTEN  "listen must be HOST:PORT, [IPV6]:PORT or off, such as 127.0.0.1:9464; port 0 is any free one"
#define SERVERS "bootstrap_servers must be HOST:PORT, several with commas between: kafka-1:9092,kafka-2:9092"

static void a_value_of_the_wrong_form_or_out_of_range_is_told_with_the_right_one(void **state)
{
    (void)state;
    static const struct expectation table[] = {
        {KAFKA "group_instance_id = worker\n", NULL, AT(3) NO_INSTANCE},
        {KAFKA "group_instance_id = %h/%h\n", NULL, AT(3) NO_INSTANCE},
        {KAFKA "group_instance_id = %h-%H\n", NULL, AT(3) NO_INSTANCE},
        {KAFKA "group_instance_id = %h%\n", NULL, AT(3) NO_INSTANCE},
        {ALL "[dedup]\nwindow = 3600\n", NULL, AT(12) "window = \"3600\" " NO_UNIT},
        {ALL "[dedup]\nwindow = 1.5h\n", NULL, AT(12) "window = \"1.5h\" " NO_UNIT},
        {ALL "[dedup]\nwindow = 1 h\n", NULL, AT(12) "window = \"1 h\" " NO_UNIT},
        {ALL "[dedup]\nwindow = 99999999999d\n", NULL, AT(12) "window = \"99999999999d\" " NO_UNIT},
        {ALL "[dedup]\nwindow = 119s\n", NULL, AT(12) "window must be from 2m to 7d, not \"119s\""},
        {ALL "[dedup]\nwindow = 8d\n", NULL, AT(12) "window must be from 2m to 7d, not \"8d\""},
        {ALL, "CUPBEARER_DEDUP_WINDOW=8d",
         "CUPBEARER_DEDUP_WINDOW: window must be from 2m to 7d, not \"8d\""},
        {TWO "memory = 64MB\n", NULL,
         AT(6) "memory = \"64MB\" is no size; write a whole number and its unit: 256KiB, 64MiB or 1GiB"},
        {TWO "memory = 512KiB\n", NULL, AT(6) "memory must be from 1MiB to 64GiB, not \"512KiB\""},
        {TWO "http_timeout = 99ms\n", NULL, AT(6) "http_timeout must be from 100ms to 2m, not \"99ms\""},
        {TWO "name_events = yes\n", NULL, AT(6) "name_events must be false or true, not \"yes\""},
        {KAFKA "partitioner = random\n", NULL, AT(3) "partitioner must be murmur2 or crc32, not \"random\""},
        {KAFKA "session.timeout.ms = 45s\n", NULL,
         AT(3) "session.timeout.ms must be from 1 to 3600000, not \"45s\""},
        {KAFKA "group_id = a b\n", NULL, AT(3) "group_id must be one word of at most 249 bytes"},
        {"[kafka]\nbootstrap_servers = http://k:9092\n", NULL, AT(2) SERVERS},
        {"[kafka]\nbootstrap_servers = k:9092,\n", NULL, AT(2) SERVERS},
        {"[kafka]\nbootstrap_servers = k:90920\n", NULL, AT(2) SERVERS},
        {"[kafka]\nbootstrap_servers = a:1 b:2\n", NULL, AT(2) SERVERS},
        {TWO "[topics]\nevents = my topic\n", NULL,
         AT(7) "events must be a topic's name: 1 to 249 of the characters A-Z a-z 0-9 . _ -"},
        {TWO "[topics]\npartitions = -1\n", NULL, AT(7) "partitions must be from 0 to 10000, not \"-1\""},
        {TWO "[admin]\nlisten = 9464\n", NULL, AT(7) LISTEN},
        {TWO "[admin]\nlisten = 127.0.0.1\n", NULL, AT(7) LISTEN},
        {TWO "[admin]\nlisten = 127.0.0.1:65536\n", NULL, AT(7) LISTEN},
        {TWO "[admin]\nlisten = ::1:9464\n", NULL, AT(7) LISTEN},
        {TWO "[admin]\nlisten = [::1]\n", NULL, AT(7) LISTEN},
        {TWO "[gate]\nlisten = http://127.0.0.1:1\n", NULL, AT(7) LISTEN},
        {ALL "max_in_flight = 65\n", NULL, AT(11) "max_in_flight must be from 1 to 64, not \"65\""},
        {ALL "inbox = 0B4A7C1E-52D1-4C5C-9A3E-6F1D2A7B8C90\n", NULL, AT(11) "inbox " NO_UUID},
        {ALL "widget_email = yes\n", NULL, AT(11) "widget_email must be none or given, not \"yes\""},
        {ALL "inbox = 0b4a7c1e\n", NULL, AT(11) "inbox " NO_UUID},
        {TWO "[account a]\nwidget_host = https://app.example.com\n", NULL, AT(7) NO_HOST},
        {TWO "[account a]\nwidget_host = App.example.com\n", NULL, AT(7) NO_HOST},
        {TWO "[gate]\nhosts = gate http://gate\n", NULL,
         AT(7) "hosts must be hosts as Host has them, spaces between: gate gate.internal:8787 (without a port: by any)"},
        {TWO "[gate]\nlink_hosts = https://shop.example\n", NULL,
         AT(7) "link_hosts must be hosts in lower case, spaces between: shop.example .help.example (a dot "
               "before it: every host below)"},
        {URL("p.example.com"), NULL, AT(10) "url must begin with https:// or http://"},
        {URL("https://"), NULL, AT(10) "url must name a host, such as https://papercups.example.com"},
        {URL("https://me:secret@p"), NULL,
         AT(10) "url must not hold a user or a password; the key is read from api_key_file"},
        {URL("https://p/?a=b"), NULL, AT(10) "url must not have a query or a fragment"},
        {URL("https://p/api/v1/"), NULL, AT(10) "url must end before /api; the worker adds that itself"},
        {URL("https://p/a b"), NULL, AT(10) "url has characters that a path cannot have"},
    };
    EXPECT(table);
}

#define OPEN                                                                                                 \
    "listen is open to others than this machine: that needs tokens_file, and public_url, the https:// "      \
    "address of the proxy in front of it, or hosts, its names in a network where nobody listens in"

static void settings_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    static const struct expectation table[] = {
        {ALL "deliver_within = 2h\ndeliver_within_max = 1h\n", NULL,
         AT(11) "in [account acme] deliver_within (7200s) is longer than deliver_within_max (3600s); set "
                "both"},
        {ALL "deliver_within_max = 30m\n", NULL,
         AT(11) "in [account acme] deliver_within (3600s) is longer than deliver_within_max (1800s); set "
                "both"},
        {ALL "[topics]\nreceipts = cupbearer.events\n", NULL,
         AT(12) "receipts names a topic that another setting of [topics] names; each needs its own"},
        {ALL "[topics]\ndead = cupbearer.receipts\n", NULL,
         AT(12) "dead names a topic that another setting of [topics] names; each needs its own"},
        {ALL, "CUPBEARER_TOPICS_EVENTS=cupbearer.dead",
         "cupbearer.conf: dead names a topic that another setting of [topics] names; each needs its own"},
        {KAFKA "session.timeout.ms = 22999\n" WORKER "[account acme]\nurl = https://p\n" REST, NULL,
         AT(3) "session.timeout.ms (22999) less heartbeat.interval.ms (3000) less http_timeout (15000ms) "
               "must leave at "
               "least 5000ms; shorten http_timeout or lengthen session.timeout.ms"},
        {KAFKA "group_instance_id = %h\n" WORKER "[account acme]\nurl = https://p\n" REST, NULL,
         AT(3) "group_instance_id needs [worker] state_dir, a directory of this machine (or container) for "
               "the lock "
               "that lets no second worker take the same name"},
        {ALL "[gate]\npublic_url = https://gate.example/x\n", NULL,
         AT(12) "public_url must have no path: the gate wants a host of its own"},
        {ALL "[gate]\npublic_url = http://gate.example\n", NULL,
         AT(12) "public_url must begin with https://: tokens would travel in the clear"},
        {ALL "[gate]\nkey_id = gate-1\n", NULL,
         AT(12) "key_file and key_id belong together: the gate's own key, and its id in keyring_file"},
        {ALL "[gate]\nkey_file = /g\n", NULL,
         AT(12) "key_file and key_id belong together: the gate's own key, and its id in keyring_file"},
        {ALL "[gate]\nlisten = 0.0.0.0:0\npublic_url = https://gate.example\n", NULL, AT(12) OPEN},
        {ALL "[gate]\nlisten = 0.0.0.0:0\ntokens_file = /t\n", NULL, AT(12) OPEN},
        {TWO "http_timeout = 14s\n[account acme]\nurl = https://p\n" REST,
         "CUPBEARER_WORKER_HTTP_TIMEOUT=38s",
         "CUPBEARER_WORKER_HTTP_TIMEOUT: session.timeout.ms (45000) less heartbeat.interval.ms (3000) less "
         "http_timeout "
         "(38000ms) must leave at least 5000ms; shorten http_timeout or lengthen session.timeout.ms"},
    };
    EXPECT(table);
}

static void every_mistake_is_told_at_once_and_none_that_follows_from_another(void **state)
{
    (void)state;
    static const char text[] = "[kafka]\nbootstrap_servers = a://k\ngrup_id = x\nsession.timeout.ms = 6000\nnonsense\n"
                               "[wrker]\nwhat = is here is not known\n[worker]\nkeyring_file = /k\ndrain_timeout = soon\n"
                               "also nonsense\n[gate]\npublic_url = http://g.example/path\nkey_id = g\n"
                               "[account acme]\nurl = ftp://p\ndeliver_within = 9h\ndeliver_within_max = 1h\n"
                               "client_key_file = /c\n[account Acme]\nurl = x\n";
    static const char *const expected[] = {
        AT(3) "unknown setting \"grup_id\"", AT(5) "the line is neither", AT(6) "unknown section [wrker]",
        AT(11) "the line is neither", AT(20) "write [account NAME]", "unknown variable CUPBEARER_BAR",
        "unknown variable CUPBEARER_FOO", AT(2) "bootstrap_servers", AT(10) "drain_timeout", AT(16) "url must begin",
        "cupbearer.conf: [worker] has no \"mark_secret_file\"", AT(15) "[account acme] has no \"api_key_file\"",
        AT(15) "[account acme] has no \"papercups_account\"", AT(15) "[account acme] has no \"widget_host\"",
        AT(4) "session.timeout.ms (6000)", AT(13) "public_url must have no path", AT(13) "public_url must begin with https://",
        AT(14) "key_file and key_id belong together", AT(19) "in [account acme] client_certificate_file",
        AT(17) "in [account acme] deliver_within"};
    struct config_mistakes mistakes = {NULL, 0};
    file_write("cupbearer.conf", span_of(text));
    char *environment[] = {strdup("CUPBEARER_BAR=1"), strdup("CUPBEARER_FOO=1"), NULL};
    assert_null(config_load_all("cupbearer.conf", environment, &mistakes));
    free(environment[0]);
    free(environment[1]);
    for (size_t i = 0; i < mistakes.count && i < sizeof(expected) / sizeof(expected[0]); i++)
        if (strncmp(mistakes.texts[i], expected[i], strlen(expected[i])) != 0)
            fail_msg("%s, not %s", mistakes.texts[i], expected[i]);
    assert_int_equal(mistakes.count, sizeof(expected) / sizeof(expected[0]));
    config_mistakes_done(&mistakes);
}

/* Reads the bytes, whatever they are: all of a configuration that holds, or nothing and a reason. */
static bool load_or_reason(struct span bytes)
{
    struct err err = {0};
    file_write("cupbearer.conf", bytes);
    struct config *config = config_load("cupbearer.conf", NULL, &err);
    if (config == NULL) {
        assert_int_equal(err.code, ERR_USAGE);
        assert_int_equal(strncmp(err.text, "cupbearer.conf", 14), 0);
        return false;
    }
    assert_int_equal(err.code, ERR_NONE);
    assert_non_null(config->bootstrap_servers);
    assert_non_null(config->mark_secret_file);
    assert_true(config->account_count >= 1);
    for (size_t i = 0; i < config->account_count; i++) {
        assert_int_equal(strlen(config->accounts[i].papercups_account), 36);
        assert_non_null(config->accounts[i].widget_host);
        assert_true(config->accounts[i].deliver_within_ms <= config->accounts[i].deliver_within_max_ms);
    }
    config_free(config);
    return true;
}

static void a_broken_file_is_never_half_applied(void **state)
{
    (void)state;
    static const char whole[] = ALL "max_in_flight = 3\ndeliver_within = 10m\n[dedup]\nwindow = 2h\n";
    size_t size = sizeof(whole) - 1;
    char broken[sizeof(whole)];
    assert_true(load_or_reason((struct span){whole, size}));
    for (size_t cut = 0; cut < size; cut++)
        load_or_reason((struct span){whole, cut});
    for (size_t at = 0; at < size; at++) {
        static const char bytes[] = {'\n', '[', ']', '=', ';', 0, '\xff'};
        memcpy(broken, whole, sizeof(whole));
        broken[at] = bytes[at % sizeof(bytes)];
        load_or_reason((struct span){broken, size});
    }
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_enter, directory_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(an_unknown_name_is_told_with_the_nearest_known_one),
        IN_DIRECTORY(what_the_guarantee_stands_on_and_plain_secrets_are_refused_with_the_reason),
        IN_DIRECTORY(what_is_missing_is_told_with_its_place_and_its_variable),
        IN_DIRECTORY(what_is_no_ini_file_is_refused_at_its_line),
        IN_DIRECTORY(a_value_of_the_wrong_form_or_out_of_range_is_told_with_the_right_one),
        IN_DIRECTORY(settings_that_contradict_each_other_are_refused),
        IN_DIRECTORY(every_mistake_is_told_at_once_and_none_that_follows_from_another),
        IN_DIRECTORY(a_broken_file_is_never_half_applied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
