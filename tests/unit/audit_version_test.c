#include "unit/audit_bench.h"

/* Receipts of which this version of cupbearer cannot tell who wrote them. */

static void what_only_another_versions_receipts_speak_of_is_not_called_lost(void **state)
{
    struct bench *bench = *state;
    begin(bench, 8, 7);
    record(bench, 1, "a", "one");
    record(bench, 2, "a", "two");
    record(bench, 3, "a", "two");
    record(bench, 4, "a", "three");
    record(bench, 5, "a", "four");
    record(bench, 7, "a", "five");
    const struct receipt later[] = {
        receipt_of(OUTCOME_DELIVERED, 1, "one"),
        receipt_of(OUTCOME_DELIVERED, 2, "two"),
        receipt_of(OUTCOME_DELIVERED, 4, "other"), /* than the record that is there */
        receipt_of(OUTCOME_DELIVERED, 7, "five"),
    };
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
        receipt_with(bench, &later[i], "a", NULL);
    receipt(bench, OUTCOME_DUPLICATE, 3, "a", "two");
    finish(bench);
    assert_int_equal(bench->audit.counts.other_version, 4);
    assert_int_equal(bench->audit.counts.other_version_only, 2);
    assert_int_equal(bench->audit.counts.pending, 1);
    assert_int_equal(bench->audit.counts.foreign, 0);
    expect_deviation(bench, 0, 4, "no_outcome", "no receipt, and the group's offset is beyond it");
    expect_deviation(bench, 1, 5, "no_outcome", "no receipt, and the group's offset is beyond it");
    assert_int_equal(bench->audit.deviations.count, 2);
}

static void a_deleted_record_of_which_another_versions_receipt_speaks_is_not_called_unread(void **state)
{
    struct bench *bench = *state;
    struct receipt one = receipt_of(OUTCOME_DELIVERED, 1, "one");
    begin(bench, 2, 1);
    bench->audit.rules.log_begin = bench->audit.rules.begin = 2;
    receipt_with(bench, &one, "a", NULL);
    one.topic = SPAN("other"); /* it counts, but not here */
    receipt_with(bench, &one, "a", NULL);
    finish(bench);
    expect_none(bench);
    assert_int_equal(bench->audit.counts.other_version, 1);
}

/* A receipt that this version knows is believed beside one that it does not. */
static void a_record_with_a_receipt_of_this_version_too_is_judged_by_that(void **state)
{
    struct bench *bench = *state;
    struct receipt one = receipt_of(OUTCOME_GAVE_UP, 0, "one");
    begin(bench, 1, 1);
    record(bench, 0, "a", "one");
    receipt_with(bench, &one, "a", NULL);
    receipt(bench, OUTCOME_DELIVERED, 0, "a", "one");
    audit_receipt(&bench->audit,
                  &(struct record){.partition = 3,
                                   .value = SPAN("not JSON"),
                                   .headers = &(struct header){SPAN(RECEIPT_MAC), SPAN("v3,x")},
                                   .header_count = 1});
    finish(bench);
    expect_none(bench);
    assert_int_equal(bench->audit.counts.outcomes[OUTCOME_DELIVERED], 1);
    assert_int_equal(bench->audit.counts.other_version, 2);
    assert_int_equal(bench->audit.counts.other_version_only, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_only_another_versions_receipts_speak_of_is_not_called_lost),
        TEST(a_deleted_record_of_which_another_versions_receipt_speaks_is_not_called_unread),
        TEST(a_record_with_a_receipt_of_this_version_too_is_judged_by_that),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
