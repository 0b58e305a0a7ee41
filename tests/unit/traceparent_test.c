#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "event/traceparent.h"
#include "unit/tables/table.h"

#define GOOD  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define OTHER "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

static const struct header four[] = {{SPAN(HEADER_ID), SPAN("evt_1")},
                                     {SPAN(HEADER_TIMESTAMP), SPAN("1767225600")},
                                     {SPAN(HEADER_SIGNATURE), SPAN("v1,AA==")},
                                     {SPAN(HEADER_KEY), SPAN("backend-1")}};

static const struct header good = {SPAN(HEADER_TRACEPARENT), SPAN(GOOD)};

/* A record: the four, then others of one name, then more. */
struct headers {
    struct header list[40];
    struct record record;
};

static void headers_init(struct headers *headers, size_t count, const struct header *more, size_t more_count)
{
    *headers = (struct headers){.record = {.headers = headers->list, .header_count = 4 + count + more_count}};
    memcpy(headers->list, four, sizeof(four));
    for (size_t i = 0; i < count; i++)
        headers->list[4 + i] = (struct header){SPAN("x"), SPAN("y")};
    for (size_t i = 0; i < more_count; i++)
        headers->list[4 + count + i] = more[i];
}

static void only_the_form_of_version_00_is_taken(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, TESTS_DIR "/unit/tables/traceparent.txt");
    while (table_next(&table)) {
        char *exact = table_exact(table.cells[0]);
        bool valid = traceparent_is_valid((struct span){exact, table.cells[0].size});
        if (valid != span_equal(table.cells[1], SPAN("ok")))
            table_wrong(&table, "it is %s", valid ? "ok" : "ignored");
        free(exact);
    }
    table_done(&table);
    assert_false(traceparent_is_valid(SPAN_NONE));
}

static void the_only_header_of_a_record_is_taken(void **state)
{
    (void)state;
    const struct {
        struct header more[2];
        size_t count;
        struct span taken;
    } rows[] = {
        {{{SPAN_NONE, SPAN_NONE}}, 0, SPAN_NONE},
        {{good}, 1, SPAN(GOOD)},
        {{good, {SPAN("Traceparent"), SPAN(OTHER)}}, 2, SPAN(GOOD)}, /* names are told apart by every byte */
        {{{SPAN("Traceparent"), SPAN(OTHER)}}, 1, SPAN_NONE},
        {{good, {SPAN("tracestate"), SPAN("a=b")}}, 2, SPAN(GOOD)},
        {{good, good}, 2, SPAN_NONE},
        {{good, {SPAN(HEADER_TRACEPARENT), SPAN_NONE}}, 2, SPAN_NONE},
        {{{SPAN(HEADER_TRACEPARENT), SPAN("x")}, good}, 2, SPAN_NONE},
        {{{SPAN(HEADER_TRACEPARENT), SPAN_NONE}}, 1, SPAN_NONE},
        {{{SPAN(HEADER_TRACEPARENT), SPAN("")}}, 1, SPAN_NONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct headers headers;
        headers_init(&headers, 0, rows[i].more, rows[i].count);
        struct span taken = traceparent_of(&headers.record);
        if (!span_equal(taken, rows[i].taken) || (taken.data == NULL) != (rows[i].taken.data == NULL))
            fail_msg("row %zu: %.*s", i, SPAN_ARGS(taken));
    }
    assert_null(traceparent_of(&(struct record){0}).data);
}

/* What is read of a record are 33 headers at most: another one may stand behind. */
static void of_more_headers_than_are_read_none_is_taken(void **state)
{
    (void)state;
    struct headers headers;
    headers_init(&headers, 27, &good, 1);
    assert_true(span_equal(traceparent_of(&headers.record), SPAN(GOOD)));
    headers_init(&headers, 28, &good, 1);
    assert_null(traceparent_of(&headers.record).data);
}

static struct span put(const struct headers *headers, struct span traceparent)
{
    struct header room[ENVELOPE_HEADERS_MAX];
    struct record traced = traceparent_put(&headers->record, traceparent, room);
    struct envelope envelope;
    struct detail detail;
    assert_int_equal(envelope_open(&traced, &envelope, &detail), OUTCOME_NONE);
    assert_true(traced.header_count == headers->record.header_count || traced.headers == room);
    for (size_t i = 0; i < headers->record.header_count; i++) {
        assert_true(span_equal(traced.headers[i].name, headers->record.headers[i].name));
        assert_true(span_equal(traced.headers[i].value, headers->record.headers[i].value));
    }
    return traceparent_of(&traced);
}

static void it_is_put_to_a_record_that_has_none(void **state)
{
    (void)state;
    const struct header bad = {SPAN(HEADER_TRACEPARENT), SPAN("x")}, null = {SPAN(HEADER_TRACEPARENT), SPAN_NONE};
    struct headers headers;
    headers_init(&headers, 0, NULL, 0);
    assert_true(span_equal(put(&headers, SPAN(OTHER)), SPAN(OTHER)));
    assert_null(put(&headers, SPAN("x")).data);
    assert_null(put(&headers, SPAN_NONE).data);
    headers_init(&headers, 0, &good, 1);
    assert_true(span_equal(put(&headers, SPAN(OTHER)), SPAN(GOOD)));
    headers_init(&headers, 0, &bad, 1);
    assert_null(put(&headers, SPAN(OTHER)).data);
    headers_init(&headers, 0, &null, 1);
    assert_null(put(&headers, SPAN(OTHER)).data);
}

/* Else a worker would refuse the event for it. */
static void it_is_not_put_beyond_the_bounds_of_a_record(void **state)
{
    (void)state;
    static char filler[ENVELOPE_HEADER_BYTES_MAX];
    struct headers headers;
    headers_init(&headers, 27, NULL, 0);
    assert_true(span_equal(put(&headers, SPAN(OTHER)), SPAN(OTHER)));
    headers_init(&headers, 28, NULL, 0);
    assert_null(put(&headers, SPAN(OTHER)).data);
    size_t used = sizeof(HEADER_TRACEPARENT) - 1 + TRACEPARENT_SIZE + 1;
    for (size_t i = 0; i < 4; i++)
        used += four[i].name.size + four[i].value.size;
    struct header large = {SPAN("x"), {filler, ENVELOPE_HEADER_BYTES_MAX - used}};
    headers_init(&headers, 0, &large, 1);
    assert_true(span_equal(put(&headers, SPAN(OTHER)), SPAN(OTHER)));
    large.value.size++;
    headers_init(&headers, 0, &large, 1);
    assert_null(put(&headers, SPAN(OTHER)).data);
}

static void its_trace_id_is_the_first_of_the_two(void **state)
{
    (void)state;
    assert_true(span_equal(traceparent_trace_id(SPAN(GOOD)), SPAN("4bf92f3577b34da6a3ce929d0e0e4736")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_form_of_version_00_is_taken),
        cmocka_unit_test(the_only_header_of_a_record_is_taken),
        cmocka_unit_test(of_more_headers_than_are_read_none_is_taken),
        cmocka_unit_test(it_is_put_to_a_record_that_has_none),
        cmocka_unit_test(it_is_not_put_beyond_the_bounds_of_a_record),
        cmocka_unit_test(its_trace_id_is_the_first_of_the_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
