#include "unit/resend_bench.h"

static void what_another_version_speaks_of_is_not_sent(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.offset = 1, .source = 1, .outcome = OUTCOME_GAVE_UP, .event_id = "a"});
    letter(bench, &(struct written){.offset = 2, .source = 2, .outcome = OUTCOME_GAVE_UP, .event_id = "b"});
    letter(bench, &(struct written){.offset = 3, .source = 3, .outcome = OUTCOME_GAVE_UP, .event_id = "c"});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_GAVE_UP, 1, "a");
    receipt_with(bench, OUTCOME_DELIVERED, 9, "a", NOW_MS, NULL); /* sent again since, perhaps */
    receipt_with(bench, OUTCOME_GAVE_UP, 2, "b", NOW_MS, NULL);
    receipt(bench, OUTCOME_GAVE_UP, 3, "c");
    resend_finish(&bench->resend);
    expect(bench, 0, 1, RESEND_OTHER_VERSION);
    expect(bench, 1, 2, RESEND_OTHER_VERSION);
    expect(bench, 2, 3, RESEND_YES);
}

static void what_failed_and_has_its_receipt_may_be_sent_again(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.offset = 4, .source = 9, .outcome = OUTCOME_GAVE_UP, .event_id = "a"});
    letter(bench, &(struct written){.offset = 7,
                                    .source = 5,
                                    .outcome = OUTCOME_FLOOD,
                                    .event_id = "b",
                                    .own_header = SPAN("traceparent")});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_FLOOD, 5, "b");
    receipt(bench, OUTCOME_DELIVERED, 6, "c"); /* another event's */
    receipt(bench, OUTCOME_GAVE_UP, 9, "a");
    resend_finish(&bench->resend);
    expect(bench, 0, 4, RESEND_YES);
    expect(bench, 1, 7, RESEND_YES);
    assert_int_equal(bench->resend.letters[1].source, 5);
    assert_int_equal(bench->resend.letters[1].outcome, OUTCOME_FLOOD);
}

static void a_reason_that_was_not_asked_for_is_left_out(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.outcome = OUTCOME_BACKLOG, .event_id = "a"});
    letter(bench, &(struct written){.outcome = OUTCOME_EXPIRED, .event_id = "b"});
    bench->rules.ledger.partition = 4; /* as if it lay in another one */
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "c"});
    assert_int_equal(bench->resend.count, 0);
}

static void account_and_event_id_choose(void **state)
{
    struct bench *bench = *state;
    bench->rules.account = SPAN("acme");
    letter(bench,
           &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .account = "beta", .offset = 1});
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "b", .offset = 2});
    bench->rules.account = SPAN("acm");
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "c", .offset = 3});
    bench->rules.account = SPAN_NONE;
    bench->rules.event_id = SPAN("d");
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "dd", .offset = 4});
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "d", .offset = 5});
    assert_int_equal(bench->resend.count, 2);
    assert_int_equal(bench->resend.letters[0].offset, 2);
    assert_int_equal(bench->resend.letters[1].offset, 5);
}

/* Whoever can write to the dead letters' topic can put anything there. */
static void a_forgery_is_not_signed(void **state)
{
    expect_one(*state, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .forged = true},
               RESEND_NOT_AUTHENTIC);
}

static void what_a_worker_would_refuse_is_not_signed(void **state)
{
    expect_one(*state, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .account = "beta"},
               RESEND_REFUSED);
}

static void what_a_revoked_key_signed_is_not_signed(void **state)
{
    expect_one(*state, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .signer = 2},
               RESEND_KEY_REVOKED);
}

static void what_another_sender_signed_is_not_signed(void **state)
{
    struct bench *bench = *state;
    bench->rules.sender = SPAN("backend");
    expect_one(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .signer = 1},
               RESEND_OTHER_SENDER);
}

static void what_was_written_without_its_value_is_not_there(void **state)
{
    expect_one(*state, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .without_value = true},
               RESEND_NO_VALUE);
}

/* The receipt is what a worker has judged; and as long as it is there all later ones are, which would say delivered. */
static void a_letter_without_its_receipt_is_not_signed(void **state)
{
    struct bench *bench = *state;
    static const unsigned char others[32] = "somebody else's";
    const char *const ids[] = {"a", "b", "c", "d", "e"};
    for (int64_t i = 0; i < 5; i++)
        letter(bench,
               &(struct written){.offset = i, .outcome = OUTCOME_GAVE_UP, .event_id = ids[i], .source = i});
    letter(bench, &(struct written){
                      .offset = 5, .outcome = OUTCOME_GAVE_UP, .event_id = "f", .source = 5, .signer = 1});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_GAVE_UP, 7, "a");
    receipt(bench, OUTCOME_FLOOD, 1, "b");
    receipt(bench, OUTCOME_GAVE_UP, 2, "other");
    receipt_with(bench, OUTCOME_GAVE_UP, 3, "d", SIGNED_S * 1000LL, others);
    receipt(bench, OUTCOME_GAVE_UP, 5, "f"); /* by the sender backend, and the letter is of shipping */
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_SUPERSEDED);
    for (size_t i = 1; i < 6; i++)
        expect(bench, i, (int64_t)i, RESEND_NO_RECEIPT);
}

static void what_was_delivered_meanwhile_is_left_out(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .source = 4});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_GAVE_UP, 4, "a");
    receipt(bench, OUTCOME_DELIVERED, 8, "a");
    receipt(bench, OUTCOME_DUPLICATE, 9, "a");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_DELIVERED);
}

static void of_several_letters_of_one_event_the_last_counts(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.offset = 0, .source = 4, .outcome = OUTCOME_GAVE_UP, .event_id = "a"});
    letter(bench, &(struct written){.offset = 1, .source = 4, .outcome = OUTCOME_GAVE_UP, .event_id = "a"});
    letter(bench, &(struct written){.offset = 2, .source = 6, .outcome = OUTCOME_FLOOD, .event_id = "a"});
    /* Planted: there is no receipt of it, and it must not stand in the others' way. */
    letter(bench, &(struct written){.offset = 3, .source = 9, .outcome = OUTCOME_GAVE_UP, .event_id = "a"});
    letter(bench, &(struct written){.offset = 4, .source = 7, .outcome = OUTCOME_GAVE_UP, .event_id = "b"});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_GAVE_UP, 4, "a");
    receipt(bench, OUTCOME_FLOOD, 6, "a");
    receipt(bench, OUTCOME_GAVE_UP, 7, "b");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_SUPERSEDED);
    expect(bench, 1, 1, RESEND_SUPERSEDED);
    expect(bench, 2, 2, RESEND_YES);
    expect(bench, 3, 3, RESEND_NO_RECEIPT);
    expect(bench, 4, 4, RESEND_YES);
}

/* Whoever has read the topics has what its sender signed under the id before, and corrected since: beside the later one's place. */
static void an_earlier_signature_does_not_stand_for_the_one_that_the_receipt_is_of(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.offset = 0, .source = 6, .outcome = OUTCOME_GAVE_UP, .event_id = "a"});
    letter(bench, &(struct written){.offset = 1, .source = 6, .outcome = OUTCOME_GAVE_UP, .event_id = "a", .later_s = -60});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_GAVE_UP, 6, "a");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_YES);
    expect(bench, 1, 1, RESEND_NO_RECEIPT);
}

/* An unknown one is read back before it is posted, by workers that remember it. */
static void what_may_have_been_shown_is_sent_while_workers_remember_it(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.offset = 0, .source = 0, .outcome = OUTCOME_UNKNOWN, .event_id = "a"});
    letter(bench, &(struct written){.offset = 1, .source = 1, .outcome = OUTCOME_UNKNOWN, .event_id = "b"});
    letter(bench, &(struct written){.offset = 2, .source = 2, .outcome = OUTCOME_GAVE_UP, .event_id = "c"});
    resend_letters_end(&bench->resend);
    receipt_with(bench, OUTCOME_UNKNOWN, 0, "a", NOW_MS - WINDOW + 60000, mac_key);
    receipt_with(bench, OUTCOME_UNKNOWN, 1, "b", NOW_MS - WINDOW + 59999, mac_key);
    receipt_with(bench, OUTCOME_GAVE_UP, 2, "c", NOW_MS - WINDOW, mac_key);
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_YES);
    expect(bench, 1, 1, RESEND_MAY_BE_SHOWN);
    expect(bench, 2, 2, RESEND_YES);
    assert_true(resend_is_remembered(&bench->resend.letters[0], NOW_MS));
    assert_false(resend_is_remembered(&bench->resend.letters[0], NOW_MS + 1)); /* when those before it have been sent */
    assert_true(resend_is_remembered(&bench->resend.letters[2], NOW_MS + 86400000));
}

/* A worker that knows nothing of it any more rejects it as expired, or for its place: that is no word that it was never shown. */
static void what_may_be_a_replay_of_what_was_delivered_is_not_signed(void **state)
{
    struct bench *bench = *state;
    bench->rules.outcomes[OUTCOME_EXPIRED] = bench->rules.outcomes[OUTCOME_WRONG_PARTITION] = true;
    letter(bench, &(struct written){.offset = 0, .source = 0, .outcome = OUTCOME_EXPIRED, .event_id = "a"});
    letter(bench, &(struct written){.offset = 1, .source = 1, .outcome = OUTCOME_EXPIRED, .event_id = "b", .later_s = 3600});
    letter(bench, &(struct written){.offset = 2, .source = 2, .outcome = OUTCOME_WRONG_PARTITION, .event_id = "c"});
    letter(bench, &(struct written){.offset = 3, .source = 3, .outcome = OUTCOME_GAVE_UP, .event_id = "d"});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_EXPIRED, 0, "a");
    receipt_signed(bench, OUTCOME_EXPIRED, 1, "b", SIGNED_S + 3600);
    receipt(bench, OUTCOME_WRONG_PARTITION, 2, "c");
    receipt(bench, OUTCOME_GAVE_UP, 3, "d");
    resend_receipts_from(&bench->resend, 3, INT64_MIN);
    resend_receipts_from(&bench->resend, 3, SIGNED_S * 1000LL);
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_BEFORE_RECEIPTS);
    expect(bench, 1, 1, RESEND_YES);
    expect(bench, 2, 2, RESEND_BEFORE_RECEIPTS);
    expect(bench, 3, 3, RESEND_YES);
}

static void every_verdict_has_its_words(void **state)
{
    (void)state;
    for (int i = RESEND_YES; i <= RESEND_NOT_CHOSEN; i++)
        for (int j = RESEND_YES; j < i; j++)
            assert_string_not_equal(resend_text((enum resend_verdict)i), resend_text((enum resend_verdict)j));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_failed_and_has_its_receipt_may_be_sent_again),
        TEST(what_another_version_speaks_of_is_not_sent),
        TEST(a_reason_that_was_not_asked_for_is_left_out),
        TEST(account_and_event_id_choose),
        TEST(a_forgery_is_not_signed),
        TEST(what_a_worker_would_refuse_is_not_signed),
        TEST(what_a_revoked_key_signed_is_not_signed),
        TEST(what_another_sender_signed_is_not_signed),
        TEST(what_was_written_without_its_value_is_not_there),
        TEST(a_letter_without_its_receipt_is_not_signed),
        TEST(what_was_delivered_meanwhile_is_left_out),
        TEST(of_several_letters_of_one_event_the_last_counts),
        TEST(an_earlier_signature_does_not_stand_for_the_one_that_the_receipt_is_of),
        TEST(what_may_have_been_shown_is_sent_while_workers_remember_it),
        TEST(what_may_be_a_replay_of_what_was_delivered_is_not_signed),
        TEST(every_verdict_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
