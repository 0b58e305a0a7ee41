#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "papercups/request.h"
#include "unit/tables/table.h"

/* Identity of zeros: the mark is v1: and 22 times A. */
static void message_of(struct message *message, struct span value, struct span event_name, bool email_given)
{
    const struct message_options options = {"acme.example", email_given, event_name};
    const struct identity identity = {{0}};
    struct payload payload;
    struct detail detail = {0};
    char *copy = table_exact(value);
    if (payload_read((struct span){copy, value.size}, &payload, &detail) != OUTCOME_NONE)
        fail_msg("%.*s: %s", SPAN_ARGS(value), detail.text);
    message_init(message, &payload, &identity, &options);
    payload_done(&payload); /* the message must not point into it */
    free(copy);
}

static bool expect(struct table *table, const char *what, const struct buf *found, struct span expected)
{
    if (span_equal(buf_span(found), expected))
        return true;
    table_wrong(table, "%s: %.*s", what, SPAN_ARGS(buf_span(found)));
    return false;
}

static void expect_request(struct table *table, const struct message *message, enum call_kind kind,
                           struct span expected)
{
    struct request request;
    request_init(&request, &(struct call){.kind = kind}, message, NULL);
    expect(table, "request", kind == CALL_SET_HOST ? &request.body : &request.path, expected);
    request_done(&request);
}

/* Rows: a word for what is looked at, then what it must be; "= payload" begins a message. */
static void a_message_is_written_byte_for_byte(void **state)
{
    (void)state;
    struct table table;
    struct message message;
    bool begun = false;
    table_init(&table, TESTS_DIR "/unit/tables/messages.txt");
    while (table_next(&table)) {
        struct span what = table.cells[0], expected = table.cells[1];
        if (span_starts(what, SPAN("="))) {
            if (begun)
                message_done(&message);
            message_of(&message, expected, span_equal(what, SPAN("= named")) ? SPAN("evt_1") : SPAN_NONE,
                       span_equal(what, SPAN("= email given")));
            begun = true;
        } else if (span_equal(what, SPAN("message"))) {
            expect(&table, "message", &message.json, expected);
        } else if (span_equal(what, SPAN("customer"))) {
            expect(&table, "customer", &message.customer, expected);
        } else if (span_equal(what, SPAN("host"))) {
            expect(&table, "host", &message.host, expected);
        } else if (span_equal(what, SPAN("external_id"))) {
            expect(&table, "external_id", &message.external_id, expected);
        } else if (span_equal(what, SPAN("find")) || span_equal(what, SPAN("set host"))) {
            expect_request(&table, &message, what.size == 4 ? CALL_FIND_CUSTOMERS : CALL_SET_HOST, expected);
        } else if (span_equal(what, SPAN("email"))) {
            expect(&table, "email", &message.email, expected);
        } else if (span_equal(what, SPAN("some email"))) {
            if (message.some_email != span_equal(expected, SPAN("yes")))
                table_wrong(&table, "whether it is some e-mail");
        } else {
            table_broken(&table, "no such row");
        }
    }
    message_done(&message);
    table_done(&table);
}

/* The largest of everything, and every character one that takes six in JSON. */
static void the_largest_payload_fits(void **state)
{
    (void)state;
    struct buf value;
    struct message message;
    buf_init(&value, PAYLOAD_SIZE_MAX);
    buf_add_text(&value, "{\"account\":\"acme\",\"to\":{\"customer\":{\"external_id\":\"");
    for (int i = 0; i < 255; i++)
        buf_add_text(&value, "\xf0\x9f\x98\x80");
    buf_add_text(&value, "\",\"metadata\":{\"a\":\"");
    for (int i = 0; i < 16000; i++)
        buf_add_text(&value, "x");
    buf_add_text(&value, "\"}}},\"message\":{\"body\":\"x");
    for (int i = 0; i < 9999; i++)
        buf_add_text(&value, "\\u0001");
    buf_add_text(&value, "\",\"metadata\":{\"a\":\"");
    for (int i = 0; i < 16000; i++)
        buf_add_text(&value, "y");
    buf_add_text(&value, "\"}}}");
    assert_false(value.failed);
    message_of(&message, buf_span(&value), SPAN("evt_1"), false);
    assert_true(message.json.size > 59999 + 16000);
    assert_int_equal(message.external_id.size, 255 * 4);
    assert_true(message_size(&message) >=
                message.json.size + message.customer.size + message.external_id.size);
    message_done(&message);
    buf_done(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_written_byte_for_byte),
        cmocka_unit_test(the_largest_payload_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
