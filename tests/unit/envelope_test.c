#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "event/envelope.h"
#include "unit/tables/table.h"

#define FOUR 4
static const struct header good[FOUR] = {
    {{HEADER_KEY, 13}, {"backend-1", 9}},
    {{HEADER_SIGNATURE, 17}, {"v1,AA== v1a,BB==", 16}},
    {{HEADER_TIMESTAMP, 17}, {"1767225600", 10}},
    {{HEADER_ID, 10}, {"evt_1", 5}},
};

/* Opens a copy of the record, which ends where its memory ends. */
static enum outcome open_record(const struct record *record, struct envelope *out, struct detail *detail)
{
    struct record *copy = record_copy(record);
    detail->text[0] = 0;
    enum outcome outcome = envelope_open(copy, out, detail);
    free(copy);
    return outcome;
}

/* The four good headers with one of a name put in, in the place of the one that has it already. */
static size_t headers_with(struct header *headers, struct span name, struct span value)
{
    size_t count = 0;
    bool missing = span_equal(value, SPAN("(missing)")), twice = span_equal(value, SPAN("(twice)"));
    struct span given = span_equal(value, SPAN("(null)")) ? SPAN_NONE : twice ? SPAN("v1,A") : value;
    for (size_t i = 0; i < FOUR; i++)
        if (!span_equal(good[i].name, name))
            headers[count++] = good[i];
    for (int i = missing ? 0 : twice ? 2 : 1; i > 0; i--)
        headers[count++] = (struct header){name, given};
    return count;
}

static void every_header_is_held_to_its_form(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, TESTS_DIR "/unit/tables/headers.txt");
    while (table_next(&table)) {
        struct header headers[FOUR + 2];
        struct record record = {.headers = headers};
        struct envelope envelope;
        struct detail detail;
        record.header_count = headers_with(headers, table.cells[0], table.cells[1]);
        enum outcome outcome = open_record(&record, &envelope, &detail);
        const char *said = outcome == OUTCOME_NONE ? "ok" : detail.text;
        if (!span_equal(table.cells[2], span_of(said)) || outcome > OUTCOME_MALFORMED_HEADERS)
            table_wrong(&table, "it is: %s", said);
    }
    table_done(&table);
}

static void an_envelope_holds_what_the_headers_say(void **state)
{
    (void)state;
    const struct record record = {.headers = good, .header_count = FOUR};
    struct envelope envelope;
    struct detail detail;
    assert_int_equal(envelope_open(&record, &envelope, &detail), OUTCOME_NONE);
    assert_true(span_equal(envelope.event_id, SPAN("evt_1")));
    assert_true(span_equal(envelope.timestamp_text, SPAN("1767225600")));
    assert_int_equal(envelope.timestamp_s, 1767225600);
    assert_true(span_equal(envelope.signatures, SPAN("v1,AA== v1a,BB==")));
    assert_true(span_equal(envelope.key_id, SPAN("backend-1")));
}

static void expect_bound(const struct record *record, const char *text)
{
    struct envelope envelope;
    struct detail detail;
    enum outcome outcome = open_record(record, &envelope, &detail);
    assert_string_equal(detail.text, text == NULL ? "" : text);
    assert_int_equal(outcome, text == NULL ? OUTCOME_NONE : OUTCOME_MALFORMED_HEADERS);
}

static void a_key_of_1_kib_and_no_key_are_in_bounds(void **state)
{
    (void)state;
    char key[1025] = {0};
    struct record record = {.headers = good, .header_count = FOUR};
    expect_bound(&record, NULL);
    record.key = (struct span){key, 1024};
    expect_bound(&record, NULL);
    record.key.size = 1025;
    expect_bound(&record, "the record key is longer than 1,024 bytes");
}

static void up_to_32_headers_are_in_bounds(void **state)
{
    (void)state;
    struct header headers[33] = {{SPAN_NONE, SPAN_NONE}};
    struct record record = {.headers = headers, .header_count = 32};
    memcpy(headers, good, sizeof(good));
    for (size_t i = FOUR; i < 33; i++)
        headers[i].name = SPAN("x");
    expect_bound(&record, NULL);
    record.header_count = 33;
    expect_bound(&record, "more than 32 headers");
    record.header_count = 0;
    record.headers = NULL;
    expect_bound(&record, "webhook-id: missing");
}

static void names_and_values_of_8_kib_together_are_in_bounds(void **state)
{
    (void)state;
    char filler[8193] = {0};
    struct header headers[FOUR + 1];
    struct record record = {.headers = headers, .header_count = FOUR + 1};
    size_t used = 0;
    memcpy(headers, good, sizeof(good));
    for (size_t i = 0; i < FOUR; i++)
        used += good[i].name.size + good[i].value.size;
    headers[FOUR] = (struct header){{filler, 100}, {filler, 8192 - used - 100}};
    expect_bound(&record, NULL);
    headers[FOUR].value.size++;
    expect_bound(&record, "the headers are longer than 8,192 bytes together");
    headers[FOUR].value.size--;
    headers[FOUR].name.size++;
    expect_bound(&record, "the headers are longer than 8,192 bytes together");
}

static void a_copy_keeps_what_is_null_null_and_what_is_empty_empty(void **state)
{
    (void)state;
    const struct header headers[] = {{SPAN("a"), SPAN_NONE}, {SPAN("b"), SPAN("")}, {SPAN(""), SPAN("c\0d")}};
    const struct record record = {.partition = 3,
                                  .offset = 77,
                                  .timestamp_ms = -1,
                                  .key = SPAN("key"),
                                  .value = SPAN(""),
                                  .headers = headers,
                                  .header_count = 3};
    struct record *copy = record_copy(&record);
    assert_int_equal(record_size(copy), record_size(&record));
    assert_int_equal(copy->partition, 3);
    assert_int_equal(copy->offset, 77);
    assert_int_equal(copy->timestamp_ms, -1);
    assert_true(span_equal(copy->key, SPAN("key")) && copy->key.data != record.key.data);
    assert_true(copy->value.data != NULL && copy->value.size == 0);
    assert_int_equal(copy->header_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(span_equal(copy->headers[i].name, headers[i].name));
        assert_true(span_equal(copy->headers[i].value, headers[i].value));
        assert_true((copy->headers[i].value.data == NULL) == (headers[i].value.data == NULL));
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_header_is_held_to_its_form),
        cmocka_unit_test(an_envelope_holds_what_the_headers_say),
        cmocka_unit_test(a_key_of_1_kib_and_no_key_are_in_bounds),
        cmocka_unit_test(up_to_32_headers_are_in_bounds),
        cmocka_unit_test(names_and_values_of_8_kib_together_are_in_bounds),
        cmocka_unit_test(a_copy_keeps_what_is_null_null_and_what_is_empty_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
