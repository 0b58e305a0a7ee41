#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "event/payload.h"
#include "unit/tables/table.h"

#define UUID "0f8fad5b-d9cb-469f-a165-70867728950e"

static enum outcome read_exact(struct span value, struct payload *out, struct detail *detail)
{
    char *copy = table_exact(value);
    detail->text[0] = 0;
    enum outcome outcome = payload_read((struct span){copy, value.size}, out, detail);
    free(copy); /* the payload must not point into it */
    return outcome;
}

/* `$` of the template replaced by cell. */
static void payload_fill(struct buf *out, struct span template, struct span cell)
{
    buf_clear(out);
    buf_add_span(out, span_cut(&template, '$'));
    buf_add_span(out, cell);
    buf_add_span(out, template);
}

static void every_member_is_held_to_its_rules(void **state)
{
    (void)state;
    struct table table;
    struct buf template, value;
    buf_init(&template, TABLE_LINE_MAX);
    buf_init(&value, TABLE_LINE_MAX);
    table_init(&table, TESTS_DIR "/unit/tables/payload.txt");
    while (table_next(&table)) {
        struct payload payload;
        struct detail detail;
        if (span_starts(table.cells[0], SPAN("= "))) {
            buf_clear(&template);
            buf_add_span(&template, span_skip(table.cells[0], 2));
            continue;
        }
        payload_fill(&value, buf_span(&template), table.cells[0]);
        enum outcome outcome = read_exact(buf_span(&value), &payload, &detail);
        const char *said = outcome == OUTCOME_NONE ? "ok" : detail.text;
        if (!span_equal(table.cells[1], span_of(said)) || outcome > OUTCOME_BAD_PAYLOAD)
            table_wrong(&table, "it is: %s", said);
        if (outcome != OUTCOME_NONE && !table_place_fits(detail.text, detail_place(&detail)))
            table_wrong(&table, "its place is: '%.*s'", SPAN_ARGS(detail_place(&detail)));
        if (outcome == OUTCOME_NONE)
            payload_done(&payload);
        else if (outcome != OUTCOME_BAD_PAYLOAD || payload.root != NULL)
            table_wrong(&table, "something is left of a bad payload");
    }
    table_done(&table);
    buf_done(&template);
    buf_done(&value);
}

static void a_payload_is_read_whole(void **state)
{
    (void)state;
    struct payload payload;
    struct detail detail;
    const struct span value =
        SPAN("{\"account\":\"acme\",\"ttl\":30,\"deliver_within\":600,"
             "\"to\":{\"customer\":{\"external_id\":\"user 42\",\"email\":\"ada@example.com\"}},"
             "\"message\":{\"body\":\"Hi\",\"webhooks\":true,\"quick_replies\":[\"Yes\"],\"metadata\":{\"a\":"
             "1}}}");
    assert_int_equal(read_exact(value, &payload, &detail), OUTCOME_NONE);
    assert_true(span_equal(payload.account, SPAN("acme")));
    assert_int_equal(payload.address, ADDRESS_EXTERNAL_ID);
    assert_true(span_equal(payload.to, SPAN("user 42")));
    assert_string_equal(json_string_value(json_object_get(payload.customer, "email")), "ada@example.com");
    assert_true(span_equal(payload.body, SPAN("Hi")));
    assert_int_equal(json_array_size(payload.quick_replies), 1);
    assert_int_equal(json_integer_value(json_object_get(payload.metadata, "a")), 1);
    assert_true(payload.webhooks);
    assert_int_equal(payload.ttl_s, 30);
    assert_int_equal(payload.deliver_within_s, 600);
    payload_done(&payload);
    assert_null(payload.root);
}

static void what_is_left_out_or_null_or_empty_is_not_there(void **state)
{
    (void)state;
    const char *const values[] = {
        "{\"account\":\"a\",\"to\":{\"conversation_id\":\"" UUID "\"},\"message\":{\"body\":\"x\"}}",
        "{\"account\":\"a\",\"to\":{\"conversation_id\":\"" UUID "\",\"customer\":null},\"ttl\":null,"
        "\"deliver_within\":null,\"message\":{\"body\":\"x\",\"webhooks\":null,\"metadata\":null,"
        "\"quick_replies\":null}}",
        "{\"account\":\"a\",\"to\":{\"conversation_id\":\"" UUID "\"},"
        "\"message\":{\"body\":\"x\",\"quick_replies\":[]}}",
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct payload payload;
        struct detail detail;
        assert_int_equal(read_exact(span_of(values[i]), &payload, &detail), OUTCOME_NONE);
        assert_int_equal(payload.address, ADDRESS_CONVERSATION_ID);
        assert_null(payload.customer);
        assert_null(payload.quick_replies);
        assert_null(payload.metadata);
        assert_false(payload.webhooks);
        assert_int_equal(payload.ttl_s, 45);
        assert_int_equal(payload.deliver_within_s, 0);
        payload_done(&payload);
    }
}

static void a_value_has_2_bytes_to_256_kib_and_null_is_none(void **state)
{
    (void)state;
    struct payload payload;
    struct detail detail;
    struct buf value;
    assert_int_equal(payload_read(SPAN_NONE, &payload, &detail), OUTCOME_BAD_PAYLOAD);
    assert_string_equal(detail.text, "the record has no value");
    assert_int_equal(read_exact(SPAN(""), &payload, &detail), OUTCOME_BAD_PAYLOAD);
    assert_string_equal(detail.text, "the value has 0 bytes; allowed are 2 to 262144");
    buf_init(&value, PAYLOAD_SIZE_MAX + 1);
    buf_add_text(&value,
                 "{\"account\":\"a\",\"to\":{\"customer_id\":\"" UUID "\"},\"message\":{\"body\":\"x\"}}");
    while (value.size < PAYLOAD_SIZE_MAX)
        buf_add_text(&value, " ");
    assert_int_equal(read_exact(buf_span(&value), &payload, &detail), OUTCOME_NONE);
    payload_done(&payload);
    buf_add_text(&value, " ");
    assert_int_equal(read_exact(buf_span(&value), &payload, &detail), OUTCOME_BAD_PAYLOAD);
    assert_string_equal(detail.text, "the value has 262145 bytes; allowed are 2 to 262144");
    buf_done(&value);
}

static void the_routing_key_is_account_form_and_address(void **state)
{
    (void)state;
    const struct {
        const char *to, *key;
    } rows[] = {
        {"{\"customer\":{\"external_id\":\"a/e/\xc3\xa4\"}}", "acme/e/a/e/\xc3\xa4"},
        {"{\"customer_id\":\"" UUID "\"}", "acme/c/" UUID},
        {"{\"conversation_id\":\"" UUID "\"}", "acme/v/" UUID},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf value, key;
        struct payload payload;
        struct detail detail;
        buf_init(&value, 1000);
        buf_printf(&value, "{\"account\":\"acme\",\"to\":%s,\"message\":{\"body\":\"x\"}}", rows[i].to);
        assert_int_equal(read_exact(buf_span(&value), &payload, &detail), OUTCOME_NONE);
        buf_init(&key, 1000);
        payload_routing_key(&payload, &key);
        assert_string_equal(key.data, rows[i].key);
        assert_true(payload_routes_to(&payload, buf_span(&key)));
        for (size_t size = 0; size < key.size; size++)
            assert_false(payload_routes_to(&payload, (struct span){key.data, size}));
        for (size_t at = 0; at < key.size; at++) {
            key.data[at] ^= 1;
            assert_false(payload_routes_to(&payload, buf_span(&key)));
            key.data[at] ^= 1;
        }
        buf_add_text(&key, "x");
        assert_false(payload_routes_to(&payload, buf_span(&key)));
        assert_false(payload_routes_to(&payload, SPAN_NONE));
        payload_done(&payload);
        buf_done(&value);
        buf_done(&key);
    }
}

/* Every byte of a payload is changed in turn; no detail holds one of its values, which all say "hidden". */
static void a_detail_holds_no_value_of_the_payload(void **state)
{
    (void)state;
    const char good[] =
        "{\"account\":\"hidden\",\"to\":{\"customer\":{\"external_id\":\"hidden\",\"host\":\"hidden\","
        "\"metadata\":{\"a\":\"hidden\"}}},\"message\":{\"body\":\"hidden\",\"quick_replies\":[\"hidden\"],"
        "\"metadata\":{\"b\":[\"hidden\"]}},\"ttl\":1}";
    const char bytes[] = "\"\\{[,:1u\n\xff\xc3";
    for (size_t at = 0; at < sizeof(good) - 1; at++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            char changed[sizeof(good)];
            struct payload payload;
            struct detail detail;
            memcpy(changed, good, sizeof(good));
            changed[at] = bytes[i];
            if (read_exact((struct span){changed, sizeof(good) - 1}, &payload, &detail) == OUTCOME_NONE)
                payload_done(&payload);
            else if (detail.text[0] == 0 || strstr(detail.text, "hidden") != NULL)
                fail_msg("byte %zu, now 0x%02x: %s", at, (unsigned char)bytes[i], detail.text);
        }
    }
}

/* Numbers, names and lists of the greatest length: what an attacker with a key would try. */
static void the_largest_payloads_are_refused_or_read_in_passing(void **state)
{
    (void)state;
    const struct {
        const char *before, *repeated, *after;
    } rows[] = {
        {"{\"a\":0.", "1", "}"}, {"{\"a\":1e-", "9", "}"},
        {"{\"", "a", "\":1}"},   {"{\"a\":\"", "\\\\", "\"}"},
        {"[1", ",[]", "]"},      {"[1", ",{}", "]"},
        {"", "\"", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf value;
        struct payload payload;
        struct detail detail;
        buf_init(&value, PAYLOAD_SIZE_MAX);
        buf_add_text(&value, rows[i].before);
        while (value.size + strlen(rows[i].repeated) + strlen(rows[i].after) <= PAYLOAD_SIZE_MAX)
            buf_add_text(&value, rows[i].repeated);
        buf_add_text(&value, rows[i].after);
        assert_false(value.failed);
        assert_int_equal(read_exact(buf_span(&value), &payload, &detail), OUTCOME_BAD_PAYLOAD);
        buf_done(&value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_is_held_to_its_rules),
        cmocka_unit_test(a_payload_is_read_whole),
        cmocka_unit_test(what_is_left_out_or_null_or_empty_is_not_there),
        cmocka_unit_test(a_value_has_2_bytes_to_256_kib_and_null_is_none),
        cmocka_unit_test(the_routing_key_is_account_form_and_address),
        cmocka_unit_test(a_detail_holds_no_value_of_the_payload),
        cmocka_unit_test(the_largest_payloads_are_refused_or_read_in_passing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
