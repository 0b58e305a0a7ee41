#include "unit/audit_bench.h"

/* ---- what holds ---- */

static void each_record_has_its_outcome_and_each_of_those_its_dead_letter(void **state)
{
    struct bench *bench = *state;
    begin(bench, 9, 6);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "one");
    record(bench, 2, "a", "forged");
    record(bench, 4, "b", "two"); /* 3 has none: a marker, or compacted */
    record(bench, 5, NULL, NULL);
    record(bench, 6, "c", "three");
    record(bench, 8, "c", "four");
    receipt(bench, OUTCOME_DELIVERED, 8, "c", "four"); /* in any order */
    receipt(bench, OUTCOME_DELIVERED, 0, "a", "one");
    receipt(bench, OUTCOME_DUPLICATE, 1, "a", "one");
    receipt(bench, OUTCOME_BAD_SIGNATURE, 2, "a", NULL);
    receipt(bench, OUTCOME_GAVE_UP, 4, "b", "two");
    receipt(bench, OUTCOME_MALFORMED_HEADERS, 5, NULL, NULL);
    letter(bench, NULL, "events/3/5", "malformed_headers");
    letter(bench, NULL, "events/3/2", "bad_signature"); /* it would not fit with its key */
    letter(bench, "b", "events/3/4", "gave_up");
    finish(bench);
    expect_none(bench);
    const struct audit_counts *counts = &bench->audit.counts;
    assert_int_equal(counts->records, 7);
    assert_int_equal(counts->outcomes[OUTCOME_DELIVERED], 2);
    assert_int_equal(counts->outcomes[OUTCOME_DUPLICATE], 1);
    assert_int_equal(counts->outcomes[OUTCOME_BAD_SIGNATURE], 1);
    assert_int_equal(counts->outcomes[OUTCOME_GAVE_UP], 1);
    assert_int_equal(counts->outcomes[OUTCOME_MALFORMED_HEADERS], 1);
    assert_int_equal(counts->pending, 1);
    assert_int_equal(counts->without_outcome + counts->not_judged + counts->repeated + counts->foreign, 0);
}

static void of_a_group_that_has_committed_nothing_all_is_pending(void **state)
{
    struct bench *bench = *state;
    begin(bench, 2, -1);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "two");
    finish(bench);
    expect_none(bench);
    assert_int_equal(bench->audit.counts.pending, 2);
}

static void receipts_of_records_that_were_deleted_or_are_outside_the_span_mean_nothing(void **state)
{
    struct bench *bench = *state;
    begin(bench, 20, 20);
    bench->audit.rules.log_begin = 5;
    bench->audit.rules.begin = 8;
    bench->audit.rules.end = 10;
    record(bench, 9, "a", "one"); /* 8 was deleted while this was read */
    for (int64_t offset = 0; offset < 20; offset++)
        receipt(bench, OUTCOME_DELIVERED, offset, "a", offset == 9 ? "one" : offset % 2 == 0 ? "x" : "y");
    finish(bench);
    expect_none(bench);
    assert_int_equal(bench->audit.counts.outcomes[OUTCOME_DELIVERED], 1);
}

/* ---- records without an outcome ---- */

static void a_record_below_the_groups_offset_without_a_receipt_is_named(void **state)
{
    struct bench *bench = *state;
    begin(bench, 3, 2);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "two");
    record(bench, 2, "a", "three");
    receipt(bench, OUTCOME_DELIVERED, 0, "a", "one");
    finish(bench);
    expect_only(bench, 1, "no_outcome", "no receipt, and the group's offset is beyond it");
    assert_int_equal(bench->audit.counts.without_outcome, 1);
    assert_int_equal(bench->audit.counts.pending, 1);
}

static void a_dead_letter_is_no_outcome_yet(void **state)
{
    struct bench *bench = *state;
    begin(bench, 1, 1);
    record(bench, 0, "a", "one");
    letter(bench, "a", "events/3/0", "flood");
    finish(bench);
    expect_only(bench, 0, "no_outcome",
                "no receipt, and the group's offset is beyond it; its dead letter says flood");
}

/* The receipt that means it was deleted by retention, perhaps. */
static void a_record_older_than_the_receipts_that_are_left_is_not_judged(void **state)
{
    struct bench *bench = *state;
    begin(bench, 2, 2);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "two");
    audit_finish(&bench->audit, T0 + 1000, INT64_MIN);
    expect_only(bench, 1, "no_outcome", "no receipt, and the group's offset is beyond it");
    assert_int_equal(bench->audit.counts.not_judged, 1);
}

static void what_was_deleted_before_the_group_came_to_it_is_named(void **state)
{
    struct bench *bench = *state;
    begin(bench, 9, 2);
    bench->audit.rules.log_begin = bench->audit.rules.begin = 8;
    record(bench, 8, "a", "one");
    receipt(bench, OUTCOME_DELIVERED, 1, "a", "x");
    receipt(bench, OUTCOME_DELIVERED, 6, "a", "x");
    receipt(bench, OUTCOME_DELIVERED, 3, "a", "y");
    receipt(bench, OUTCOME_DELIVERED, 3, "a", "y");
    finish(bench);
    expect_deviation(bench, 0, 2, "deleted", "was deleted before it was settled");
    expect_deviation(bench, 1, 4, "deleted",
                     "this and what follows to offset 5 was deleted before it was settled");
    expect_deviation(bench, 2, 7, "deleted", "was deleted before it was settled");
    assert_int_equal(bench->audit.deviations.count, 3);
    assert_int_equal(bench->audit.counts.pending, 1);
}

static void deleted_records_before_the_span_are_none_of_its_business(void **state)
{
    struct bench *bench = *state;
    begin(bench, 9, 2);
    bench->audit.rules.log_begin = 7;
    bench->audit.rules.begin = 8;
    record(bench, 8, "a", "one");
    finish(bench);
    expect_none(bench);
}

static void an_offset_beyond_the_logs_end_is_named_and_settles_nothing(void **state)
{
    struct bench *bench = *state;
    begin(bench, 2, 7);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "two");
    receipt(bench, OUTCOME_DELIVERED, 0, "a", "one");
    finish(bench);
    expect_only(bench, 7, "committed_beyond",
                "the group has committed this offset, and the log ends at 2; was the topic made again?");
    assert_int_equal(bench->audit.counts.pending, 1);
}

/* ---- receipts ---- */

static void receipts_without_a_good_mac_are_counted_and_mean_nothing(void **state)
{
    struct bench *bench = *state;
    static const unsigned char own[32] = "a key of somebody else's";
    struct receipt one = receipt_of(OUTCOME_DELIVERED, 0, "one");
    begin(bench, 3, 3);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "two");
    record(bench, 2, "a", "three");
    receipt_with(bench, &one, "a", own);
    audit_receipt(&bench->audit, &(struct record){.partition = 3, .key = SPAN("a"), .value = SPAN("{}")});
    one = receipt_of(OUTCOME_DELIVERED, 1, "two");
    receipt_with(bench, &one, "a", mac_keys[1]); /* of the mark secret before this one */
    receipt(bench, OUTCOME_DELIVERED, 2, "a", "three");
    finish(bench);
    expect_only(bench, 0, "no_outcome", "no receipt, and the group's offset is beyond it");
    assert_int_equal(bench->audit.counts.foreign, 2);
    assert_int_equal(bench->audit.counts.outcomes[OUTCOME_DELIVERED], 2);
}

static void the_previous_mac_key_counts_only_where_there_is_one(void **state)
{
    struct bench *bench = *state;
    struct receipt one = receipt_of(OUTCOME_DELIVERED, 0, "one");
    begin(bench, 1, 0);
    bench->audit.rules.ledger.mac_key_count = 1;
    record(bench, 0, "a", "one");
    receipt_with(bench, &one, "a", mac_keys[1]);
    assert_int_equal(bench->audit.counts.foreign, 1);
}

static void a_receipt_of_another_topic_or_partition_means_nothing(void **state)
{
    struct bench *bench = *state;
    struct receipt other_topic = receipt_of(OUTCOME_DELIVERED, 0, "one");
    struct receipt other_partition = other_topic;
    other_topic.topic = SPAN("other");
    other_partition.partition = 4;
    begin(bench, 1, 0);
    record(bench, 0, "a", "one");
    receipt_with(bench, &other_topic, "a", mac_keys[0]);
    receipt_with(bench, &other_partition, "a", mac_keys[0]);
    finish(bench);
    expect_none(bench);
    assert_int_equal(bench->audit.counts.pending, 1);
}

static void two_receipts_that_say_the_same_are_counted_once(void **state)
{
    struct bench *bench = *state;
    begin(bench, 1, 1);
    record(bench, 0, "a", "one");
    receipt(bench, OUTCOME_DELIVERED, 0, "a", "one");
    receipt(bench, OUTCOME_DELIVERED, 0, "a", "one");
    finish(bench);
    expect_none(bench);
    assert_int_equal(bench->audit.counts.outcomes[OUTCOME_DELIVERED], 1);
    assert_int_equal(bench->audit.counts.repeated, 1);
}

static void of_receipts_that_disagree_delivered_counts_else_the_first(void **state)
{
    struct bench *bench = *state;
    begin(bench, 3, 3);
    for (int64_t offset = 0; offset < 3; offset++)
        record(bench, offset, "a", offset == 0 ? "x" : offset == 1 ? "y" : "z");
    receipt(bench, OUTCOME_GAVE_UP, 0, "a", "x");
    receipt(bench, OUTCOME_DELIVERED, 0, "a", "x");
    receipt(bench, OUTCOME_DELIVERED, 1, "a", "y");
    receipt(bench, OUTCOME_FLOOD, 1, "a", "y");
    receipt(bench, OUTCOME_FLOOD, 2, "a", "z");
    receipt(bench, OUTCOME_GAVE_UP, 2, "a", "z");
    letter(bench, "a", "events/3/2", "flood");
    finish(bench);
    assert_int_equal(bench->audit.deviations.count, 3);
    expect_deviation(bench, 0, 0, "receipts_disagree",
                     "its receipts disagree: delivered and failed (gave_up)");
    expect_deviation(bench, 1, 1, "receipts_disagree", "its receipts disagree: delivered and failed (flood)");
    expect_deviation(bench, 2, 2, "receipts_disagree",
                     "its receipts disagree: failed (flood) and failed (gave_up)");
    assert_int_equal(bench->audit.counts.outcomes[OUTCOME_DELIVERED], 2);
    assert_int_equal(bench->audit.counts.outcomes[OUTCOME_FLOOD], 1);
}

static void a_receipt_that_means_another_record_settles_none(void **state)
{
    struct bench *bench = *state;
    begin(bench, 4, 0);
    for (int64_t offset = 0; offset < 4; offset++)
        record(bench, offset, "a", "one");
    struct receipt later = receipt_of(OUTCOME_DELIVERED, 0, "one");
    later.record_timestamp_ms++;
    receipt_with(bench, &later, "a", mac_keys[0]);
    receipt(bench, OUTCOME_DELIVERED, 1, "b", "one");
    receipt(bench, OUTCOME_DELIVERED, 2, "a", "two");
    receipt(bench, OUTCOME_DELIVERED, 3, "b", NULL);
    finish(bench);
    assert_int_equal(bench->audit.deviations.count, 4);
    expect_deviation(bench, 0, 0, "reused_offset",
                     "a receipt says delivered of a record with another time stamp, in whose place this one "
                     "stands now");
    for (int64_t offset = 1; offset < 4; offset++)
        expect_deviation(bench, (size_t)offset, offset, "other_record",
                         "a receipt says delivered of this record, but its key or event id is another one");
    assert_int_equal(bench->audit.counts.pending, 4);
}

static void a_receipt_for_an_offset_that_the_log_does_not_have_is_named(void **state)
{
    struct bench *bench = *state;
    begin(bench, 3, 0);
    record(bench, 0, "a", "one");
    record(bench, 2, "a", "two");
    receipt(bench, OUTCOME_DELIVERED, 1, "a", "gone");
    receipt(bench, OUTCOME_EXPIRED, 3, "a", "beyond");
    finish(bench);
    expect_deviation(bench, 0, 1, "no_record",
                     "a receipt says delivered, and the log has no record at this offset");
    expect_deviation(bench, 1, 3, "no_record",
                     "a receipt says rejected (expired), and the log has no record at this offset");
    assert_int_equal(bench->audit.deviations.count, 2);
}

/* Of a topic that was made again only what came since can be audited: the receipts of the one before are older. */
static void receipts_of_an_older_topic_lie_outside_the_span(void **state)
{
    struct bench *bench = *state;
    begin(bench, 2, 0);
    bench->audit.rules.since_ms = T0;
    bench->audit.rules.until_ms = T0 + 5000;
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "two");
    for (int64_t offset = 0; offset < 4; offset++) {
        struct receipt old = receipt_of(OUTCOME_DELIVERED, offset, "old");
        old.record_timestamp_ms = T0 - 1;
        receipt_with(bench, &old, "a", mac_keys[0]);
        old.record_timestamp_ms = T0 + 5000;
        receipt_with(bench, &old, "a", mac_keys[0]);
    }
    struct receipt within = receipt_of(OUTCOME_DUPLICATE, 1, "old");
    within.record_timestamp_ms = T0;
    receipt_with(bench, &within, "a", mac_keys[0]);
    finish(bench);
    assert_int_equal(bench->audit.deviations.count, 1);
    assert_int_equal(bench->audit.deviations.list[0].kind, DEVIATION_REUSED_OFFSET);
}

/* ---- what is surely among what was read ---- */

static void expect_known_from(const struct audit_reading *reading, int64_t expected)
{
    assert_int_equal(audit_known_from(reading), expected);
}

static void what_was_read_from_is_known_from_there_on(void **state)
{
    (void)state;
    /* log_begin, log_end, begin, asked_ms, first_offset, first_ms */
    expect_known_from(&(struct audit_reading){0, 0, 0, INT64_MIN, -1, -1}, INT64_MIN); /* never written */
    expect_known_from(&(struct audit_reading){0, 9, 0, INT64_MIN, 0, 77}, INT64_MIN);  /* all that ever was */
    expect_known_from(&(struct audit_reading){4, 9, 4, INT64_MIN, 4, 77}, 77);         /* some were deleted */
    expect_known_from(&(struct audit_reading){9, 9, 9, INT64_MIN, -1, -1}, INT64_MAX); /* all were */
    expect_known_from(&(struct audit_reading){0, 9, 0, INT64_MIN, 2, 77}, 77); /* deleted while it was read */
    expect_known_from(&(struct audit_reading){0, 9, 0, INT64_MIN, -1, -1}, INT64_MAX);
    expect_known_from(&(struct audit_reading){4, 9, 6, 50, 6, 77}, 50); /* from a time on, and it was there */
    expect_known_from(&(struct audit_reading){4, 9, 9, 50, -1, -1}, 50);
    expect_known_from(&(struct audit_reading){4, 9, 4, 50, 4, 77},
                      77); /* perhaps not all from that time on */
    expect_known_from(&(struct audit_reading){4, 9, 6, 50, 7, 77}, 77);
    expect_known_from(&(struct audit_reading){4, 9, 6, 50, -1, -1}, INT64_MAX);
    expect_known_from(&(struct audit_reading){0, 9, 0, 50, 0, 77}, INT64_MIN);
}

static void counts_of_partitions_add_up(void **state)
{
    (void)state;
    struct audit_counts sum = {0}, one;
    uint64_t *numbers = (uint64_t *)(void *)&one, *sums = (uint64_t *)(void *)&sum;
    for (size_t i = 0; i < sizeof(one) / sizeof(uint64_t); i++)
        numbers[i] = i + 1;
    audit_counts_add(&sum, &one);
    audit_counts_add(&sum, &one);
    for (size_t i = 0; i < sizeof(one) / sizeof(uint64_t); i++)
        assert_int_equal(sums[i], 2 * (i + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_record_has_its_outcome_and_each_of_those_its_dead_letter),
        TEST(of_a_group_that_has_committed_nothing_all_is_pending),
        TEST(receipts_of_records_that_were_deleted_or_are_outside_the_span_mean_nothing),
        TEST(a_record_below_the_groups_offset_without_a_receipt_is_named),
        TEST(a_dead_letter_is_no_outcome_yet),
        TEST(a_record_older_than_the_receipts_that_are_left_is_not_judged),
        TEST(what_was_deleted_before_the_group_came_to_it_is_named),
        TEST(deleted_records_before_the_span_are_none_of_its_business),
        TEST(an_offset_beyond_the_logs_end_is_named_and_settles_nothing),
        TEST(receipts_without_a_good_mac_are_counted_and_mean_nothing),
        TEST(the_previous_mac_key_counts_only_where_there_is_one),
        TEST(a_receipt_of_another_topic_or_partition_means_nothing),
        TEST(two_receipts_that_say_the_same_are_counted_once),
        TEST(of_receipts_that_disagree_delivered_counts_else_the_first),
        TEST(a_receipt_that_means_another_record_settles_none),
        TEST(a_receipt_for_an_offset_that_the_log_does_not_have_is_named),
        TEST(receipts_of_an_older_topic_lie_outside_the_span),
        cmocka_unit_test(what_was_read_from_is_known_from_there_on),
        cmocka_unit_test(counts_of_partitions_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
