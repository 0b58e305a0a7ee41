#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "base/json.h"
#include "receipt/receipt.h"
#include "unit/keys.h"

#define UUID        "0f8fad5b-d9cb-469f-a165-70867728950e"
#define TRACEPARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static const struct receipt whole = {
    .outcome = OUTCOME_DELIVERED,
    .event_id = SPAN("evt_1"),
    .sender = SPAN("backend"),
    .account = SPAN("acme"),
    .topic = SPAN("cupbearer.events"),
    .partition = 3,
    .offset = 9007199254740993,
    .record_timestamp_ms = 1764000000123,
    .admitted_at_ms = 1764000000124,
    .finished_at_ms = 1764000000999,
    .signed_at_s = 1763999990,
    .attempts = 2,
    .customer_matches = 2,
    .traceparent = SPAN(TRACEPARENT),
    .conversation_id = SPAN(UUID),
    .customer_id = SPAN("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    .message_id = SPAN("16fd2706-8baf-433b-82eb-8c7fada847da"),
};

static void write(struct buf *out, const struct receipt *receipt)
{
    buf_init(out, RECEIPT_SIZE_MAX);
    receipt_write(out, receipt);
    assert_false(out->failed);
}

static void expect_written(const struct receipt *receipt, const char *expected)
{
    struct buf json;
    write(&json, receipt);
    assert_string_equal(json.data, expected);
    buf_done(&json);
}

static void a_receipt_is_written_byte_for_byte(void **state)
{
    (void)state;
    expect_written(&whole, "{\"event_id\":\"evt_1\",\"sender\":\"backend\",\"account\":\"acme\","
                           "\"outcome\":\"delivered\",\"topic\":\"cupbearer.events\",\"partition\":3,"
                           "\"offset\":9007199254740993,\"record_timestamp\":1764000000123,"
                           "\"admitted_at\":1764000000124,\"finished_at\":1764000000999,"
                           "\"signed_at\":1763999990,\"attempts\":2,\"customer_matches\":2,"
                           "\"traceparent\":\"" TRACEPARENT "\",\"conversation_id\":\"" UUID "\","
                           "\"customer_id\":\"7c9e6679-7425-40de-944b-e07fc1f90ae7\","
                           "\"message_id\":\"16fd2706-8baf-433b-82eb-8c7fada847da\"}");
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    const struct receipt receipt = {.outcome = OUTCOME_BAD_SIGNATURE,
                                    .detail = SPAN("no signature is valid"),
                                    .topic = SPAN("t"),
                                    .record_timestamp_ms = -1,
                                    .admitted_at_ms = -1,
                                    .finished_at_ms = 5,
                                    .customer_matches = 1};
    expect_written(&receipt, "{\"outcome\":\"rejected\",\"reason\":\"bad_signature\","
                             "\"detail\":\"no signature is valid\",\"topic\":\"t\",\"partition\":0,"
                             "\"offset\":0,\"record_timestamp\":-1,\"admitted_at\":-1,\"finished_at\":5,"
                             "\"attempts\":0}");
}

static void expect_same(struct receipt *read, const struct receipt *wrote)
{
    assert_int_equal(read->outcome, wrote->outcome);
    assert_true(span_equal(read->event_id, wrote->event_id));
    assert_true(span_equal(read->sender, wrote->sender));
    assert_true(span_equal(read->account, wrote->account));
    assert_true(span_equal(read->detail, wrote->detail));
    assert_true(span_equal(read->topic, wrote->topic));
    assert_int_equal(read->partition, wrote->partition);
    assert_int_equal(read->offset, wrote->offset);
    assert_int_equal(read->record_timestamp_ms, wrote->record_timestamp_ms);
    assert_int_equal(read->admitted_at_ms, wrote->admitted_at_ms);
    assert_int_equal(read->finished_at_ms, wrote->finished_at_ms);
    assert_int_equal(read->signed_at_s, wrote->signed_at_s);
    assert_int_equal(read->attempts, wrote->attempts);
}

static void every_outcome_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
        struct receipt receipt = whole, read;
        struct json_t *root;
        struct err err;
        struct buf json;
        receipt.outcome = (enum outcome)i;
        receipt.detail = i % 2 == 0 ? SPAN("a \"detail\", with \\ and \xe2\x82\xac") : SPAN_NONE;
        write(&json, &receipt);
        assert_int_equal(receipt_read(buf_span(&json), &read, &root, &err), 0);
        expect_same(&read, &receipt);
        json_decref(root);
        buf_done(&json);
    }
}

/* The quick way says the same, or that it cannot tell, which it says of escapes only and of what is negative. */
static void without_a_tree_it_is_read_alike(void **state)
{
    (void)state;
    const struct {
        struct span detail;
        int64_t admitted_at_ms;
        bool scanned;
    } rows[] = {{SPAN_NONE, 0, true},
                {SPAN("a detail of \xe2\x82\xac"), INT64_MAX, true},
                {SPAN("a \"detail\""), 0, false},
                {SPAN("two\nlines"), 0, false},
                {SPAN_NONE, -1, false}};
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
            struct receipt receipt = whole, scanned;
            struct buf json;
            receipt.outcome = (enum outcome)i;
            receipt.detail = rows[row].detail;
            receipt.admitted_at_ms = rows[row].admitted_at_ms;
            write(&json, &receipt);
            assert_int_equal(receipt_scan(buf_span(&json), &scanned), rows[row].scanned);
            if (rows[row].scanned)
                expect_same(&scanned, &receipt);
            buf_done(&json);
        }
    }
}

static void what_is_no_receipt_is_not_read_without_a_tree(void **state)
{
    (void)state;
    const char *const rows[] = {
        "",
        "[]",
        "{}",
        "{\"outcome\":\"delivered\"}",
        "{\"outcome\":\"delivered\",\"topic\":\"t\",\"partition\":0,\"offset\":1,\"record_timestamp\":2,"
        "\"admitted_at\":3,\"finished_at\":4,\"attempts\":1",
        "{\"outcome\":\"delivered\",\"topic\":\"t\",\"partition\":0,\"offset\":1,\"record_timestamp\":2,"
        "\"admitted_at\":3,\"finished_at\":4,\"attempts\":1} {",
        "{\"outcome\":\"delivered\",\"topic\":\"t\",\"partition\":2147483648,\"offset\":1,"
        "\"record_timestamp\":2,\"admitted_at\":3,\"finished_at\":4,\"attempts\":1}",
        "{\"outcome\":\"delivered\",\"topic\":\"t\",\"partition\":0,\"offset\":9223372036854775808,"
        "\"record_timestamp\":2,\"admitted_at\":3,\"finished_at\":4,\"attempts\":1}",
        "{\"outcome\":\"delivered\",\"topic\":7,\"partition\":0,\"offset\":1,\"record_timestamp\":2,"
        "\"admitted_at\":3,\"finished_at\":4,\"attempts\":1}",
        "{\"outcome\":\"delivered\",\"topic\":\"\",\"partition\":0,\"offset\":1,"
        "\"record_timestamp\":2,\"admitted_at\":3,\"finished_at\":4,\"attempts\":1}",
        "{\"outcome\":\"delivered\",\"topic\":\"t\",\"partition\":\"0\",\"offset\":1,"
        "\"record_timestamp\":2,\"admitted_at\":3,\"finished_at\":4,\"attempts\":1}",
        "{\"outcome\":\"seen\",\"topic\":\"t\",\"partition\":0,\"offset\":1,\"record_timestamp\":2,"
        "\"admitted_at\":3,\"finished_at\":4,\"attempts\":1}",
    };
    struct receipt scanned;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (receipt_scan(span_of(rows[i]), &scanned))
            fail_msg("%s was read", rows[i]);
    assert_true(receipt_scan(SPAN("{\"outcome\":\"delivered\",\"topic\":\"t\",\"partition\":0,\"offset\":1,"
                                  "\"record_timestamp\":2,\"admitted_at\":3,\"finished_at\":4,\"attempts\":1,"
                                  "\"of a later version\":{\"x\":[1]}}"),
                             &scanned));
}

static void what_is_not_known_is_read_as_null(void **state)
{
    (void)state;
    const struct receipt receipt = {.outcome = OUTCOME_MALFORMED_HEADERS,
                                    .topic = SPAN("t"),
                                    .partition = INT32_MAX,
                                    .offset = INT64_MAX,
                                    .record_timestamp_ms = INT64_MIN,
                                    .admitted_at_ms = -1,
                                    .finished_at_ms = INT64_MAX,
                                    .attempts = UINT32_MAX};
    struct receipt read;
    struct json_t *root;
    struct buf json;
    write(&json, &receipt);
    assert_int_equal(receipt_read(buf_span(&json), &read, &root, NULL), 0);
    expect_same(&read, &receipt);
    assert_null(read.event_id.data);
    assert_null(read.sender.data);
    assert_null(read.account.data);
    json_decref(root);
    buf_done(&json);
}

/* Replaces `from`, which is there, by `to` in a good receipt and reads that. */
static int read_changed(const char *from, const char *to)
{
    struct buf json, changed;
    struct receipt read;
    struct json_t *root = NULL;
    struct err err = {.code = ERR_NONE};
    write(&json, &whole);
    buf_init(&changed, 2 * RECEIPT_SIZE_MAX);
    const char *at = strstr(json.data, from);
    assert_non_null(at);
    buf_add(&changed, json.data, (size_t)(at - json.data));
    buf_add_text(&changed, to);
    buf_add_text(&changed, at + strlen(from));
    int result = receipt_read(buf_span(&changed), &read, &root, &err);
    if (result != 0) {
        assert_null(root);
        assert_int_equal(err.code, ERR_NO);
        assert_true(span_starts(span_of(err.text), SPAN("not a receipt: ")));
    }
    json_decref(root);
    buf_done(&changed);
    buf_done(&json);
    return result;
}

static void what_is_no_receipt_is_refused(void **state)
{
    (void)state;
    const char *const rows[][2] = {
        {"{\"event_id\"", "[{\"event_id\""},
        {"}", ""},
        {"delivered", "Delivered"},
        {"\"outcome\":\"delivered\"", "\"outcome\":\"failed\""},
        {"\"outcome\":\"delivered\"", "\"outcome\":\"delivered\",\"reason\":\"gave_up\""},
        {"\"outcome\"", "\"outcom\""},
        {"\"topic\":\"cupbearer.events\"", "\"topic\":7"},
        {"\"topic\":\"cupbearer.events\"", "\"topic\":\"\""},
        {"\"partition\":3", "\"partition\":\"3\""},
        {"\"partition\":3", "\"partition\":3.0"},
        {"\"partition\":3", "\"partition\":-1"},
        {"\"partition\":3", "\"partition\":2147483648"},
        {"\"offset\":9007199254740993", "\"offset\":-1"},
        {"\"offset\":9007199254740993", "\"offset\":9223372036854775808"},
        {"\"offset\"", "\"offse\""},
        {"\"admitted_at\":1764000000124", "\"admitted_at\":-2"},
        {"\"finished_at\":1764000000999", "\"finished_at\":-1"},
        {"\"record_timestamp\"", "\"record_time\""},
        {"\"attempts\":2", "\"attempts\":4294967296"},
        {"\"attempts\":2", "\"attempts\":null"},
        {"\"attempts\":2", "\"attempts\":2,\"attempts\":2"},
        {"\"attempts\":2", "\"attempts\":2,\"x\":[[[[1]]]]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (read_changed(rows[i][0], rows[i][1]) != -1)
            fail_msg("%s was read", rows[i][1]);
    assert_int_equal(read_changed("\"attempts\":2", "\"attempts\":2,\"of a later version\":{\"x\":[1]}"), 0);
}

static void a_receipt_over_16_kib_is_refused(void **state)
{
    (void)state;
    struct buf json;
    char padding[RECEIPT_SIZE_MAX + 1];
    write(&json, &whole);
    size_t room = RECEIPT_SIZE_MAX - json.size;
    memset(padding, ' ', sizeof(padding));
    padding[room] = '}'; /* `room` spaces more fill it up */
    padding[room + 1] = 0;
    assert_int_equal(read_changed("}", padding), 0);
    padding[room] = ' ';
    padding[room + 1] = '}';
    padding[room + 2] = 0;
    assert_int_equal(read_changed("}", padding), -1);
    buf_done(&json);
}

/* 200 bytes of what takes most in JSON, the longest names: the promise of the buffer's size. */
static void a_detail_that_is_no_utf8_is_still_json_and_the_largest_receipt_fits(void **state)
{
    (void)state;
    char detail[201], name[250];
    struct receipt receipt = whole, read;
    struct json_t *root;
    struct buf json;
    memset(name, 'n', sizeof(name));
    for (size_t i = 0; i < 200; i++)
        detail[i] = (char)(i % 4 == 0 ? 0x80 + (int)i % 128 : (int)(i % 31) + 1);
    receipt.detail = (struct span){detail, 200};
    receipt.topic = (struct span){name, 249};
    receipt.sender = receipt.account = (struct span){name, 63};
    receipt.event_id = (struct span){name, 128};
    write(&json, &receipt);
    assert_int_equal(receipt_read(buf_span(&json), &read, &root, NULL), 0);
    assert_true(json.size < RECEIPT_SIZE_MAX / 4);
    receipt.detail = SPAN("a\xff\xc3z\xed\xa0\x80");
    buf_clear(&json);
    receipt_write(&json, &receipt);
    json_decref(root);
    assert_int_equal(receipt_read(buf_span(&json), &read, &root, NULL), 0);
    assert_true(
        span_equal(read.detail, SPAN("a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd")));
    json_decref(root);
    buf_done(&json);
}

/* ---- the MAC ---- */

static unsigned char mac_key[32];

static int group_setup(void **state)
{
    if (sodium_setup(state) != 0)
        return -1;
    struct key mark_secret = key_of(MARK_SECRET);
    receipt_mac_key(&mark_secret, mac_key);
    key_done(&mark_secret);
    return 0;
}

/* The expected MACs were made with Python's hashlib.blake2b: its key is HMAC-SHA256(mark secret, "cupbearer receipts 1"). */
static void the_mac_is_what_python_makes_of_it(void **state)
{
    (void)state;
    char mac[RECEIPT_MAC_TEXT];
    receipt_mac(mac_key, SPAN("cupbearer.receipts"), 7, SPAN("acme/e/1"), SPAN("{\"a\":1}"), mac);
    assert_string_equal(mac, "FPwah+WahFKrhhcEuNKHvC4SyBfSvabtmrxDsINbUcE=");
    receipt_mac(mac_key, SPAN("cupbearer.receipts"), 0x01020304, SPAN_NONE, SPAN_NONE, mac);
    assert_string_equal(mac, "TWWmUW1IB9O9NL00l7QCbwYe/PHzJa0HgUg5klemo0I=");
}

static void every_part_counts_and_no_byte_moves_from_one_to_the_next(void **state)
{
    (void)state;
    const struct {
        struct span topic;
        int32_t partition;
        struct span key, value;
    } rows[] = {
        {SPAN("ab"), 1, SPAN("cd"), SPAN("ef")},   {SPAN("ax"), 1, SPAN("cd"), SPAN("ef")},
        {SPAN("ab"), 2, SPAN("cd"), SPAN("ef")},   {SPAN("ab"), 256, SPAN("cd"), SPAN("ef")},
        {SPAN("ab"), 1, SPAN("cx"), SPAN("ef")},   {SPAN("ab"), 1, SPAN("cd"), SPAN("ex")},
        {SPAN("ab"), 1, SPAN("cde"), SPAN("f")},   {SPAN("ab"), 1, SPAN("c"), SPAN("def")},
        {SPAN("ab"), 1, SPAN("cdef"), SPAN("")},   {SPAN("ab"), 1, SPAN(""), SPAN("cdef")},
        {SPAN("a"), 1, SPAN("bcd"), SPAN("ef")},   {SPAN("ab"), 1, SPAN("cd"), SPAN("ef\0")},
        {SPAN("ab"), 1, SPAN("cd\0"), SPAN("ef")}, {SPAN("AB"), 1, SPAN("cd"), SPAN("ef")},
    };
    const size_t count = sizeof(rows) / sizeof(rows[0]);
    char macs[sizeof(rows) / sizeof(rows[0])][RECEIPT_MAC_TEXT];
    for (size_t i = 0; i < count; i++) {
        receipt_mac(mac_key, rows[i].topic, rows[i].partition, rows[i].key, rows[i].value, macs[i]);
        assert_int_equal(strlen(macs[i]), RECEIPT_MAC_TEXT - 1);
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(macs[i], macs[other]);
    }
    char again[RECEIPT_MAC_TEXT];
    mac_key[31] ^= 1;
    receipt_mac(mac_key, rows[0].topic, rows[0].partition, rows[0].key, rows[0].value, again);
    mac_key[31] ^= 1;
    assert_string_not_equal(again, macs[0]);
}

static void a_code_of_another_version_begins_with_it(void **state)
{
    (void)state;
    const struct {
        const char *code;
        bool other;
    } rows[] = {
        {"v2,FPwah+WahFKrhhcEuNKHvC4SyBfSvabtmrxDsINbUcE=", true},
        {"v17,x", true},
        {"v2,", true},
        {"FPwah+WahFKrhhcEuNKHvC4SyBfSvabtmrxDsINbUcE=", false}, /* version 1, whoever made it */
        {"v2", false},
        {"v,x", false},
        {"V2,x", false},
        {"v2x,x", false},
        {"v12345,x", false},
        {",", false},
        {"", false},
        {NULL, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct header header = {SPAN(RECEIPT_MAC), span_of(rows[i].code)};
        const struct record record = {.headers = &header, .header_count = 1};
        if (receipt_is_of_other_version(&record) != rows[i].other)
            fail_msg("%s", rows[i].code);
    }
    assert_false(receipt_is_of_other_version(&(struct record){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_is_written_byte_for_byte),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(every_outcome_is_read_as_it_was_written),
        cmocka_unit_test(without_a_tree_it_is_read_alike),
        cmocka_unit_test(what_is_no_receipt_is_not_read_without_a_tree),
        cmocka_unit_test(what_is_not_known_is_read_as_null),
        cmocka_unit_test(what_is_no_receipt_is_refused),
        cmocka_unit_test(a_receipt_over_16_kib_is_refused),
        cmocka_unit_test(a_detail_that_is_no_utf8_is_still_json_and_the_largest_receipt_fits),
        cmocka_unit_test(the_mac_is_what_python_makes_of_it),
        cmocka_unit_test(every_part_counts_and_no_byte_moves_from_one_to_the_next),
        cmocka_unit_test(a_code_of_another_version_begins_with_it),
    };
    return cmocka_run_group_tests(tests, group_setup, NULL);
}
