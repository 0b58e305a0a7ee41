#include "engine/story.h"

#include "receipt/receipt.h"

static void publish_forged(struct world *w)
{
    world_publish(w, &(struct publication){.customer = "ann", .event_id = "e1", .forged = true});
    story_feed(w);
}

static void a_rejected_records_dead_letter_is_acknowledged_before_its_receipt_is_written(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    publish_forged(w);
    story_expect(w, "dead letter 0/0 bad_signature; commit 0/0 reach=5001 receipts=0");
    story_commit(w);
    world_pass(w, 60000);
    story_expect_nothing(w);
    story_acknowledge(w);
    story_expect(w, "receipt 0/0 bad_signature");
    world_pass(w, 60000);
    story_expect_nothing(w);
    story_acknowledge(w);
    story_expect(w, "settled 0/0 bad_signature; commit 0/1 reach=5001 receipts=1");
    story_end(w);
}

static void a_dead_letter_that_is_too_large_goes_without_its_value(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    publish_forged(w);
    story_commit(w);
    story_skip(w);
    world_acknowledge(w, 0, PRODUCED_TOO_LARGE);
    story_expect_nothing(w);
    world_pass(w, 500);
    story_expect(w, "dead letter 0/0 bad_signature without value");
    story_acknowledge(w);
    story_expect(w, "receipt 0/0 bad_signature");
    const struct record *dead = w->log.partitions[0].dead[0];
    assert_true(span_equal(dead->key, SPAN("acme/e/ann")));
    assert_true(span_equal(fake_log_header(dead, "webhook-id"), SPAN("e1")));
    assert_int_equal(fake_log_header(dead, "cupbearer-value-sha256").size, 64);
    story_end(w);
}

/* Its own key and headers may be nearly a mebibyte too. No record may stop a partition. */
static void a_dead_letter_that_is_still_too_large_goes_without_key_and_headers(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    publish_forged(w);
    story_commit(w);
    world_acknowledge(w, 0, PRODUCED_TOO_LARGE);
    world_pass(w, 500);
    world_acknowledge(w, 0, PRODUCED_TOO_LARGE);
    story_skip(w);
    world_pass(w, 1000);
    story_expect(w, "dead letter 0/0 bad_signature without value");
    story_acknowledge(w);
    story_expect(w, "receipt 0/0 bad_signature");
    const struct record *dead = w->log.partitions[0].dead[0];
    assert_null(dead->key.data);
    assert_null(fake_log_header(dead, "webhook-id").data);
    assert_true(span_equal(fake_log_header(dead, "cupbearer-source"), SPAN("events/0/0")));
    assert_int_equal(fake_log_header(dead, "cupbearer-value-sha256").size, 64);
    story_end(w);
}

static void a_key_that_is_out_of_form_does_not_make_the_receipt_too_large_and_settles_its_record(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    static char key[900000];
    const struct record record = {.timestamp_ms = w->now.wall.ms, .key = {key, sizeof(key)}};
    fake_log_publish(&w->log, &record);
    world_go(w);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_MALFORMED_HEADERS);
    assert_null(w->log.partitions[0].receipts[0].record->key.data);
    /* It is recognised by its receipt. */
    fake_log_commit(&w->log, 0, 0, "v1 reach=0 receipts=0 admitted=0");
    world_crash(w, 0);
    story_skip(w);
    world_assign(w, 0, 0);
    world_go(w);
    story_expect(w, "read 0 receipts=0 since=0; start 0/0; commit 0/1 reach=0 receipts=1");
    story_end(w);
}

static void what_is_not_acknowledged_is_produced_again(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    publish_forged(w);
    story_commit(w);
    story_skip(w);
    for (int i = 0; i < 3; i++) {
        world_acknowledge(w, 0, PRODUCED_FAILED);
        story_expect_nothing(w);
        world_pass(w, 2000);
        story_expect(w, "dead letter 0/0 bad_signature");
    }
    story_acknowledge(w);
    story_skip(w);
    for (int i = 0; i < 3; i++) {
        world_acknowledge(w, 0, PRODUCED_FAILED);
        story_expect_nothing(w);
        world_pass(w, 2000);
        story_expect(w, "receipt 0/0 bad_signature");
    }
    story_acknowledge(w);
    story_expect(w, "settled 0/0 bad_signature; commit 0/1 reach=5001 receipts=1");
    story_end(w);
}

static void the_successor_of_a_failed_event_starts_when_that_ones_receipt_is_acknowledged(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ann", "e2");
    story_answers(w, 2);
    story_answer(w, FATE_REFUSED);
    story_acknowledge(w);
    story_skip(w);
    world_pass(w, 60000);
    story_expect_nothing(w);
    story_acknowledge(w);
    story_expect(w, "settled 0/0 refused_by_papercups; find ann; commit 0/1 reach=5001 receipts=1");
    story_end(w);
}

/* A world in which ann's e1 has come too late, and e2 behind it has not. */
static struct world *world_with_an_expired_event(bool admit_by_clock)
{
    struct world_options options = world_options();
    options.admit_by_clock = admit_by_clock;
    struct world *w = story_begin(&options);
    world_publish(w, &(struct publication){
                         .customer = "ann", .event_id = "e1", .signed_at_s = w->now.wall.ms / 1000 - 100});
    story_publish(w, "ann", "e2");
    story_feed(w);
    story_skip(w);
    story_commit(w);
    return w;
}

/* After a crash the clock may be another, and e1 not expired any more. */
static void where_the_workers_clock_judges_the_successor_of_an_expired_event_waits_too(void **state)
{
    (void)state;
    struct world *w = world_with_an_expired_event(true);
    story_expect(w, "dead letter 0/0 expired");
    story_acknowledge(w);
    story_expect(w, "receipt 0/0 expired");
    story_acknowledge(w);
    story_expect(w, "settled 0/0 expired; find ann");
    story_end(w);
}

static void the_successor_of_a_rejected_event_need_not_wait(void **state)
{
    (void)state;
    struct world *w = world_with_an_expired_event(false);
    story_expect(w, "dead letter 0/0 expired; find ann");
    story_end(w);
}

static void a_record_of_nothing_but_nulls_is_rejected_and_settled(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    fake_log_publish(&w->log, &(struct record){.timestamp_ms = w->now.wall.ms});
    world_go(w);
    story_expect(w, "dead letter 0/0 malformed_headers without value; commit 0/0 reach=5001 receipts=0; "
                    "receipt 0/0 malformed_headers; settled 0/0 malformed_headers");
    story_end(w);
}

/* A topic that was given the broker's clock later holds stamps that its producers made up. */
static void a_stamp_from_the_ends_of_time_does_no_harm(void **state)
{
    (void)state;
    static const int64_t stamps_ms[] = {INT64_MAX, INT64_MIN, -1, 0, INT64_MAX / 2};
    struct world *w = story_begin(NULL);
    for (size_t i = 0; i < sizeof(stamps_ms) / sizeof(stamps_ms[0]); i++) {
        story_publish(w, "ann", "e1");
        w->log.partitions[0].events[i]->timestamp_ms = stamps_ms[i];
    }
    world_go_for(w, 1000);
    assert_int_equal(w->log.partitions[0].committed, 5);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_EXPIRED);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 2), OUTCOME_EXPIRES_TOO_LATE);
    story_end(w);
}

static void more_events_in_a_minute_than_the_limit_are_a_flood(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.flood_limit = 2;
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e1");
    story_publish(w, "ann", "e2");
    story_publish(w, "ann", "e3");
    story_publish(w, "ben", "e4");
    world_go(w);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_DELIVERED);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 2), OUTCOME_FLOOD);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 3), OUTCOME_DELIVERED);
    world_pass(w, 60000 - 1);
    story_publish(w, "ann", "e5");
    world_go(w);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 4), OUTCOME_FLOOD);
    world_pass(w, 1);
    story_publish(w, "ann", "e6");
    world_go(w);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 5), OUTCOME_DELIVERED);
    story_end(w);
}

static void outcomes_are_counted_by_account_where_it_is_known(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    const struct engine *engine = w->workers[0].engine;
    fake_papercups_plant(&w->papercups, "acme", "ann", "older", "v1:of-somebody-else");
    fake_papercups_plant(&w->papercups, "acme", "ann", "older", "v1:of-somebody-else");
    publish_forged(w);
    story_publish(w, "ann", "e2");
    story_publish(w, "ben", "e3");
    world_go_for(w, 1000);
    assert_int_equal(engine_outcomes(engine)[OUTCOME_BAD_SIGNATURE], 1);
    assert_int_equal(engine_outcomes(engine)[OUTCOME_DELIVERED], 0);
    const struct account *account = engine_next_account(engine, NULL);
    while (strcmp(account->options.name, WORLD_ACCOUNT) != 0)
        account = engine_next_account(engine, account);
    assert_int_equal(account->stats.outcomes[OUTCOME_DELIVERED], 2);
    assert_int_equal(account->stats.ambiguous, 1);
    story_end(w);
}

/* In a topic with its producers' times: the next owner looks by them for what a window still holds. */
static void a_receipt_is_stamped_with_the_time_from_which_its_window_runs(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.receipts_by_producer = true;
    struct world *w = story_begin(&options);
    const struct record *record = story_publish(w, "ann", "e1");
    int64_t finished_ms[] = {w->now.wall.ms + 7200000, record->timestamp_ms};
    for (int i = 0; i < 2; i++) { /* a clock that is two hours ahead, and one that is two hours behind */
        w->workers[0].wall_ms = i == 0 ? 7200000 : -7200000;
        if (i == 1)
            record = story_publish(w, "ben", "e2");
        story_feed(w);
        world_go(w);
        const struct fake_partition *log = &w->log.partitions[0];
        assert_int_equal(log->receipt_count, i + 1);
        assert_int_equal(log->receipts[i].record->timestamp_ms, finished_ms[i]);
    }
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rejected_records_dead_letter_is_acknowledged_before_its_receipt_is_written),
        cmocka_unit_test(a_dead_letter_that_is_too_large_goes_without_its_value),
        cmocka_unit_test(a_dead_letter_that_is_still_too_large_goes_without_key_and_headers),
        cmocka_unit_test(
            a_key_that_is_out_of_form_does_not_make_the_receipt_too_large_and_settles_its_record),
        cmocka_unit_test(what_is_not_acknowledged_is_produced_again),
        cmocka_unit_test(the_successor_of_a_failed_event_starts_when_that_ones_receipt_is_acknowledged),
        cmocka_unit_test(where_the_workers_clock_judges_the_successor_of_an_expired_event_waits_too),
        cmocka_unit_test(the_successor_of_a_rejected_event_need_not_wait),
        cmocka_unit_test(a_record_of_nothing_but_nulls_is_rejected_and_settled),
        cmocka_unit_test(outcomes_are_counted_by_account_where_it_is_known),
        cmocka_unit_test(a_stamp_from_the_ends_of_time_does_no_harm),
        cmocka_unit_test(more_events_in_a_minute_than_the_limit_are_a_flood),
        cmocka_unit_test(a_receipt_is_stamped_with_the_time_from_which_its_window_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
