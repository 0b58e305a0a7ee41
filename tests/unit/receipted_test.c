#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "progress/receipted.h"
#include "event/envelope.h"

static const unsigned char hash_key[16] = "0123456789abcdef";

static void add(struct receipted_list *list, int64_t offset, int64_t timestamp_ms, struct span key,
                struct span event_id)
{
    receipted_add(list,
                  &(struct receipted){offset, timestamp_ms, receipted_fingerprint(key, event_id, hash_key),
                                      event_id.data != NULL, OUTCOME_DELIVERED});
}

static bool take(struct receipted_list *list, int64_t offset, int64_t timestamp_ms, struct span key,
                 struct span event_id)
{
    const struct header header = {SPAN(HEADER_ID), event_id};
    return receipted_take(list,
                          &(struct record){.offset = offset,
                                           .timestamp_ms = timestamp_ms,
                                           .key = key,
                                           .headers = &header,
                                           .header_count = event_id.data != NULL},
                          hash_key) != OUTCOME_NONE;
}

static void records_are_matched_by_offset_stamp_key_and_id(void **state)
{
    (void)state;
    struct receipted_list list = {0};
    for (int64_t at = 5; at < 11; at++)
        add(&list, at, 1000 + at, SPAN("k"), SPAN("id"));
    receipted_sort(&list);
    assert_false(take(&list, 4, 1004, SPAN("k"), SPAN("id")));
    assert_true(take(&list, 5, 1005, SPAN("k"), SPAN("id")));
    assert_false(take(&list, 6, 1005, SPAN("k"), SPAN("id")));
    assert_false(take(&list, 7, 1007, SPAN("K"), SPAN("id")));
    assert_false(take(&list, 8, 1008, SPAN("k"), SPAN("other")));
    assert_false(take(&list, 9, 1009, SPAN("ki"), SPAN("d")));
    assert_true(take(&list, 10, 1010, SPAN("k"), SPAN("id")));
    assert_int_equal(list.count, 0); /* nothing is left: its memory is given back */
    assert_false(take(&list, 11, 1011, SPAN("k"), SPAN("id")));
    receipted_done(&list);
}

static void receipts_may_come_in_any_order_and_more_than_once(void **state)
{
    (void)state;
    struct receipted_list list = {0};
    add(&list, 9, 0, SPAN("k"), SPAN("id"));
    add(&list, 7, 0, SPAN("k"), SPAN("other"));
    add(&list, 8, 0, SPAN("k"), SPAN("id"));
    add(&list, 7, 0, SPAN("k"), SPAN("id"));
    receipted_sort(&list);
    assert_true(take(&list, 7, 0, SPAN("k"), SPAN("id")));
    assert_true(take(&list, 9, 0, SPAN("k"), SPAN("id")));
    assert_int_equal(list.count, 0);
    receipted_done(&list);
}

/* A receipt of what is not authentic names no id: whatever stands in the record's header does not count. */
static void what_is_not_authentic_is_matched_without_its_id(void **state)
{
    (void)state;
    struct receipted_list list = {0};
    add(&list, 1, 0, SPAN("k"), SPAN_NONE);
    add(&list, 2, 0, SPAN_NONE, SPAN_NONE);
    add(&list, 3, 0, SPAN("k"), SPAN("id"));
    receipted_sort(&list);
    assert_true(take(&list, 1, 0, SPAN("k"), SPAN("anything")));
    assert_true(take(&list, 2, 0, SPAN_NONE, SPAN_NONE));
    assert_false(take(&list, 3, 0, SPAN("k"), SPAN_NONE));
    receipted_done(&list);
}

static void a_key_out_of_form_is_left_out_of_receipts(void **state)
{
    (void)state;
    static const char key[ENVELOPE_KEY_MAX + 1];
    const struct record fits = {.key = {key, ENVELOPE_KEY_MAX}}, too_long = {.key = {key, sizeof(key)}};
    assert_int_equal(receipted_key(&fits).size, ENVELOPE_KEY_MAX);
    assert_null(receipted_key(&too_long).data);
    struct receipted_list list = {0};
    add(&list, 1, 0, SPAN_NONE, SPAN_NONE);
    receipted_sort(&list);
    assert_true(take(&list, 1, 0, too_long.key, SPAN_NONE));
    receipted_done(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_matched_by_offset_stamp_key_and_id),
        cmocka_unit_test(receipts_may_come_in_any_order_and_more_than_once),
        cmocka_unit_test(what_is_not_authentic_is_matched_without_its_id),
        cmocka_unit_test(a_key_out_of_form_is_left_out_of_receipts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
