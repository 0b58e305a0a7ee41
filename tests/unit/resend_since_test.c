/* What became of an event since its dead letter was written. */
#include "unit/resend_bench.h"

/* A record that lies among the events. */
static void event(struct bench *bench, const struct written *w, int32_t partition)
{
    struct sealed_record sealed;
    seal_record(bench, w, &sealed);
    sealed.record.partition = partition;
    resend_event(&bench->resend, &sealed.record);
    sealed_done(&sealed.sealed);
}

static struct written gave_up(const char *event_id, int64_t offset, int64_t source)
{
    return (struct written){.offset = offset, .source = source, .outcome = OUTCOME_GAVE_UP, .event_id = event_id};
}

static void what_was_published_again_and_has_no_outcome_yet_waits(void **state)
{
    struct bench *bench = *state;
    const struct written a = gave_up("a", 0, 4), b = gave_up("b", 1, 5), again = gave_up("a", 0, 9);
    letter(bench, &a);
    letter(bench, &b);
    resend_letters_end(&bench->resend);
    assert_true(resend_belongs_to(&bench->resend, 3));
    assert_false(resend_belongs_to(&bench->resend, 2));
    event(bench, &a, 3); /* itself: the group has not committed it yet */
    event(bench, &again, 3);
    receipt(bench, OUTCOME_GAVE_UP, 4, "a");
    receipt(bench, OUTCOME_GAVE_UP, 5, "b");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_WAITING);
    assert_int_equal(bench->resend.letters[0].again, 9);
    expect(bench, 1, 1, RESEND_YES);
}

static void what_is_deleted_between_the_two_readings_is_missed(void **state)
{
    struct bench *bench = *state;
    const struct written letters[] = {gave_up("a", 0, 4), gave_up("b", 1, 5), gave_up("c", 3, 6)};
    for (size_t i = 0; i < 3; i++)
        letter(bench, &letters[i]);
    resend_letters_end(&bench->resend);
    resend_finish(&bench->resend);
    assert_int_equal(resend_missed(&bench->resend), 3);
    assert_ptr_equal(resend_told(&bench->resend, 1), &bench->resend.letters[1]); /* retention has come past the first */
    assert_null(resend_told(&bench->resend, 2));
    assert_ptr_equal(resend_told(&bench->resend, 3), &bench->resend.letters[2]);
    assert_int_equal(resend_missed(&bench->resend), 1);
}

static void what_was_published_again_and_failed_again_waits_no_more(void **state)
{
    struct bench *bench = *state;
    const struct written first = gave_up("a", 0, 4), second = gave_up("a", 1, 9);
    letter(bench, &first);
    letter(bench, &second);
    resend_letters_end(&bench->resend);
    event(bench, &second, 3);
    receipt(bench, OUTCOME_GAVE_UP, 4, "a");
    receipt(bench, OUTCOME_GAVE_UP, 9, "a");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_SUPERSEDED);
    expect(bench, 1, 1, RESEND_YES);
}

static void what_was_published_again_and_rejected_waits_no_more(void **state)
{
    struct bench *bench = *state;
    const struct written a = gave_up("a", 0, 4), again = gave_up("a", 0, 9);
    letter(bench, &a);
    resend_letters_end(&bench->resend);
    event(bench, &again, 3);
    receipt(bench, OUTCOME_GAVE_UP, 4, "a");
    receipt(bench, OUTCOME_EXPIRED, 9, "a");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_YES);
}

/* Its worker is between the two, or was killed there. */
static void a_record_that_has_its_letter_and_no_receipt_is_not_published_again(void **state)
{
    struct bench *bench = *state;
    const struct written a = gave_up("a", 0, 4);
    letter(bench, &a);
    resend_letters_end(&bench->resend);
    event(bench, &a, 3);
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_NO_RECEIPT);
}

/* It may be unknown, and so may have been shown: that letter, which nobody asked for, is the one that counts. */
static void what_failed_later_for_another_reason_is_not_sent(void **state)
{
    struct bench *bench = *state;
    bench->rules.outcomes[OUTCOME_UNKNOWN] = false;
    const struct written a = gave_up("a", 0, 4), b = gave_up("b", 1, 5);
    letter(bench, &a);
    letter(bench, &b);
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_UNKNOWN, 3, "b"); /* before */
    receipt(bench, OUTCOME_GAVE_UP, 4, "a");
    receipt(bench, OUTCOME_GAVE_UP, 5, "b");
    receipt(bench, OUTCOME_UNKNOWN, 9, "a");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_SUPERSEDED);
    expect(bench, 1, 1, RESEND_YES);
}

/* Else whoever may publish could keep anybody's events from being sent again. */
static void only_what_the_sender_signed_counts_as_published_again(void **state)
{
    struct bench *bench = *state;
    const struct written a = gave_up("a", 0, 4);
    struct written forged = gave_up("a", 0, 9), shipping = gave_up("a", 0, 10), elsewhere = gave_up("a", 0, 11);
    forged.forged = true;
    shipping.signer = 1;
    letter(bench, &a);
    resend_letters_end(&bench->resend);
    event(bench, &forged, 3);
    event(bench, &shipping, 3);
    event(bench, &elsewhere, 2); /* where no worker takes it */
    receipt(bench, OUTCOME_GAVE_UP, 4, "a");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_YES);
}

static void choose_all(struct bench *bench)
{
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++)
        bench->rules.outcomes[i] = outcome_has_dead_letter((enum outcome)i);
}

static void what_was_rejected_is_kept_unless_it_was_delivered_since(void **state)
{
    struct bench *bench = *state;
    choose_all(bench);
    struct written a = gave_up("a", 0, 4), b = gave_up("b", 1, 5), c = gave_up("c", 2, 6);
    a.outcome = b.outcome = OUTCOME_KEY_NOT_ACTIVE;
    c.outcome = OUTCOME_EXPIRED;
    letter(bench, &a);
    letter(bench, &b);
    letter(bench, &c);
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_KEY_NOT_ACTIVE, 4, "a");
    receipt(bench, OUTCOME_KEY_NOT_ACTIVE, 5, "b");
    receipt(bench, OUTCOME_EXPIRED, 6, "c");
    receipt(bench, OUTCOME_DELIVERED, 9, "b");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_REJECTED);
    expect(bench, 1, 1, RESEND_DELIVERED);
    expect(bench, 2, 2, RESEND_YES);
}

/* One that was sent again with a key that was not active: the first letter is what there is to send. */
static void a_rejection_supersedes_nothing(void **state)
{
    struct bench *bench = *state;
    choose_all(bench);
    struct written first = gave_up("a", 0, 4), second = gave_up("a", 1, 9);
    second.outcome = OUTCOME_KEY_NOT_ACTIVE;
    letter(bench, &first);
    letter(bench, &second);
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_GAVE_UP, 4, "a");
    receipt(bench, OUTCOME_KEY_NOT_ACTIVE, 9, "a");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_YES);
    expect(bench, 1, 1, RESEND_REJECTED);
}

static void sender_recipient_and_place_choose(void **state)
{
    struct bench *bench = *state;
    struct written a = gave_up("a", 0, 4), b = gave_up("b", 1, 5), forged = gave_up("c", 2, 6);
    b.signer = 1;
    forged.forged = true;
    bench->rules.from = SPAN("shipping");
    letter(bench, &a);
    letter(bench, &b);
    letter(bench, &forged);
    assert_int_equal(bench->resend.count, 1);
    assert_int_equal(bench->resend.letters[0].offset, 1);
    bench->rules.from = SPAN_NONE;
    bench->rules.recipient = SPAN("e/adam");
    letter(bench, &a);
    bench->rules.recipient = SPAN("e/ada");
    letter(bench, &a);
    assert_int_equal(bench->resend.count, 2);
    bench->rules.one_place = true;
    bench->rules.place = 6;
    letter(bench, &a);
    letter(bench, &forged);
    assert_int_equal(bench->resend.count, 3);
    assert_int_equal(bench->resend.letters[2].offset, 2);
}

static void what_is_no_dead_letter_is_counted_as_foreign(void **state)
{
    struct bench *bench = *state;
    const struct written a = gave_up("a", 0, 4);
    resend_letter(&bench->resend, &(struct record){.partition = 3, .value = SPAN("junk")});
    letter(bench, &a);
    bench->rules.ledger.partition = 4;
    letter(bench, &a);
    assert_int_equal(bench->resend.foreign, 2);
    assert_int_equal(bench->resend.count, 1);
}

static void every_state_has_its_word(void **state)
{
    (void)state;
    for (int i = 0; i < RESEND_STATES; i++) {
        assert_int_equal(resend_state_find(span_of(resend_state_word((enum resend_state)i))), i);
        assert_true(resend_state_text((enum resend_state)i)[0] != 0);
    }
    assert_int_equal(resend_state_find(SPAN("opened")), RESEND_STATES);
    for (int i = 0; i < RESEND_NOT_CHOSEN; i++)
        assert_true(resend_state((enum resend_verdict)i) < RESEND_STATES);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_published_again_and_has_no_outcome_yet_waits),
        TEST(what_is_deleted_between_the_two_readings_is_missed),
        TEST(what_was_published_again_and_failed_again_waits_no_more),
        TEST(what_was_published_again_and_rejected_waits_no_more),
        TEST(a_record_that_has_its_letter_and_no_receipt_is_not_published_again),
        TEST(what_failed_later_for_another_reason_is_not_sent),
        TEST(only_what_the_sender_signed_counts_as_published_again),
        TEST(what_was_rejected_is_kept_unless_it_was_delivered_since),
        TEST(a_rejection_supersedes_nothing),
        TEST(sender_recipient_and_place_choose),
        TEST(what_is_no_dead_letter_is_counted_as_foreign),
        TEST(every_state_has_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
