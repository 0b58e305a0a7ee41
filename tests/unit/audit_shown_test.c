#include "audit/shown.h"
#include "unit/audit_bench.h"

/* What Papercups holds, against what receipts say. */

static uint64_t identity(const struct bench *bench, const char *key, const char *event_id)
{
    return ledger_identity(&bench->audit.rules.ledger, span_of(key), SPAN("backend"), span_of(event_id));
}

static void found(struct bench *bench, int64_t offset, const char *key, const char *event_id, enum shown what)
{
    assert_true(audit_shown_wants(&bench->audit, offset));
    audit_shown(&bench->audit, offset, identity(bench, key, event_id), what);
}

static void one(struct bench *bench, enum outcome outcome, enum shown what)
{
    begin(bench, 1, 1);
    record(bench, 0, "a", "one");
    receipt(bench, outcome, 0, "a", "one");
    if (outcome_has_dead_letter(outcome))
        letter(bench, "a", "events/3/0", outcome_reason(outcome));
    finish(bench);
    expect_none(bench);
    found(bench, 0, "a", "one", what);
}

static void a_delivered_message_that_is_not_there_is_named(void **state)
{
    one(*state, OUTCOME_DELIVERED, SHOWN_ABSENT);
    expect_only(*state, 0, "not_shown",
                "its receipt says delivered, and the message is in none of the customer's conversations");
}

static void a_message_that_is_there_and_whose_receipt_says_otherwise_is_named(void **state)
{
    struct bench *bench = *state;
    one(bench, OUTCOME_GAVE_UP, SHOWN_THERE);
    expect_only(bench, 0, "shown",
                "its receipt says failed (gave_up), and the message is in a conversation of the customer");
    audit_done(&bench->audit);
    one(bench, OUTCOME_EXPIRED, SHOWN_THERE);
    expect_only(bench, 0, "shown",
                "its receipt says rejected (expired), and the message is in a conversation of the customer");
    audit_done(&bench->audit);
    one(bench, OUTCOME_UNKNOWN, SHOWN_THERE);
    assert_int_equal(bench->audit.deviations.list[0].kind, DEVIATION_SHOWN);
    assert_int_equal(bench->audit.counts.unknown_absent, 0);
}

static void what_is_as_its_receipt_says_is_counted(void **state)
{
    struct bench *bench = *state;
    one(bench, OUTCOME_DELIVERED, SHOWN_THERE);
    expect_none(bench);
    assert_int_equal(bench->audit.counts.read_back, 1);
    audit_done(&bench->audit);
    one(bench, OUTCOME_GAVE_UP, SHOWN_ABSENT);
    expect_none(bench);
    audit_done(&bench->audit);
    one(bench, OUTCOME_UNKNOWN, SHOWN_ABSENT);
    expect_none(bench);
    assert_int_equal(bench->audit.counts.unknown_absent, 1);
}

static void what_could_not_be_read_is_counted_apart(void **state)
{
    struct bench *bench = *state;
    one(bench, OUTCOME_DELIVERED, SHOWN_NOT_READ);
    expect_none(bench);
    assert_int_equal(bench->audit.counts.not_read, 1);
    assert_int_equal(bench->audit.counts.read_back, 0);
}

/* It was sent again into its own partition, whose receipts this one's audit does not know. */
static void a_record_in_a_wrong_partition_is_not_looked_for(void **state)
{
    struct bench *bench = *state;
    begin(bench, 1, 1);
    record(bench, 0, "a", "one");
    receipt(bench, OUTCOME_WRONG_PARTITION, 0, "a", "one");
    letter(bench, "a", "events/3/0", outcome_reason(OUTCOME_WRONG_PARTITION));
    finish(bench);
    assert_false(audit_shown_wants(&bench->audit, 0));
}

/* It failed, and was sent again: the message is that of the other record. */
static void a_message_that_another_record_of_the_event_accounts_for_is_no_deviation(void **state)
{
    struct bench *bench = *state;
    begin(bench, 3, 3);
    for (int64_t offset = 0; offset < 3; offset++)
        record(bench, offset, offset == 2 ? "b" : "a", "one");
    receipt(bench, OUTCOME_GAVE_UP, 0, "a", "one");
    receipt(bench, OUTCOME_DELIVERED, 1, "a", "one");
    receipt(bench, OUTCOME_GAVE_UP, 2, "b", "one"); /* of another customer: another event */
    letter(bench, "a", "events/3/0", "gave_up");
    letter(bench, "b", "events/3/2", "gave_up");
    finish(bench);
    found(bench, 2, "b", "one", SHOWN_THERE);
    found(bench, 1, "a", "one", SHOWN_THERE);
    found(bench, 0, "a", "one", SHOWN_THERE);
    audit_shown_end(&bench->audit);
    assert_int_equal(bench->audit.deviations.count, 1);
    assert_int_equal(bench->audit.deviations.list[0].offset, 2);
}

static void duplicates_and_what_has_no_outcome_are_not_looked_for(void **state)
{
    struct bench *bench = *state;
    begin(bench, 3, 2);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "one");
    record(bench, 2, "a", "two");
    receipt(bench, OUTCOME_DELIVERED, 0, "a", "one");
    receipt(bench, OUTCOME_DUPLICATE, 1, "a", "one");
    finish(bench);
    assert_true(audit_shown_wants(&bench->audit, 0));
    for (int64_t offset = 1; offset < 4; offset++)
        assert_false(audit_shown_wants(&bench->audit, offset));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_delivered_message_that_is_not_there_is_named),
        TEST(a_message_that_is_there_and_whose_receipt_says_otherwise_is_named),
        TEST(what_is_as_its_receipt_says_is_counted),
        TEST(what_could_not_be_read_is_counted_apart),
        TEST(a_message_that_another_record_of_the_event_accounts_for_is_no_deviation),
        TEST(duplicates_and_what_has_no_outcome_are_not_looked_for),
        TEST(a_record_in_a_wrong_partition_is_not_looked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
