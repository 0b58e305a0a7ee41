#include "engine/story.h"

#include <stdlib.h>

/* The worker crashes with all that it had sent, and begins again with the partition's records. */
static void begin_again(struct world *w)
{
    world_crash(w, 0);
    world_forget(w);
    story_skip(w);
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_feed(w);
}

static void the_receipts_are_read_before_any_record_from_the_earlier_of_offset_and_window(void **state)
{
    (void)state;
    const struct world_options options = world_options();
    struct world *w = world_new(&options);
    char metadata[PROGRESS_TEXT_MAX];
    const struct progress progress = {5000, 7, w->now.wall.ms - 10000};
    progress_write(&progress, metadata);
    story_publish(w, "ann", "e1");
    fake_log_commit(&w->log, 0, 0, metadata);
    world_assign(w, 0, 0);
    story_expect(w, "read 0 receipts=7 since=-3610000");
    story_feed(w);
    world_pass(w, 60000);
    story_expect_nothing(w);
    world_rebuild(w, 0, 0);
    story_expect(w, "start 0/0");
    story_end(w);
}

static void where_nothing_is_known_all_receipts_are_read(void **state)
{
    (void)state;
    static const char *const unknown[] = {"", "v2 reach=1 receipts=1 admitted=1", "v1 reach=1", "hello"};
    const struct world_options options = world_options();
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        struct world *w = world_new(&options);
        fake_log_commit(&w->log, 0, 0, unknown[i]);
        world_assign(w, 0, 0);
        story_expect(w, "read 0 receipts=0 since=0");
        story_end(w);
    }
}

static void what_has_a_receipt_is_settled_without_a_second_try_or_receipt(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ben", "e2");
    world_publish(w, &(struct publication){.customer = "ann", .event_id = "e3", .forged = true});
    story_feed(w);
    world_answer(w, 1, FATE_DONE);
    world_answer(w, 1, FATE_DONE);
    world_answer(w, 1, FATE_DONE);
    while (w->produce_count > 0)
        story_acknowledge(w);
    assert_int_equal(w->log.partitions[0].receipt_count, 2);
    begin_again(w);
    /* e1 has none; it waits to be read back. */
    story_expect(w, "read 0 receipts=0 since=-3660000; start 0/0; find ann");
    story_answer(w, FATE_DONE);
    world_go_for(w, 60000);
    story_skip(w);
    assert_int_equal(w->log.partitions[0].receipt_count, 3);
    assert_int_equal(w->log.partitions[0].committed, 3);
    assert_int_equal(w->papercups.message_count, 2);
    story_end(w);
}

static void receipts_are_found_though_they_were_written_in_another_order(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ben", "e2");
    for (int i = 0; i < 3; i++)
        world_answer(w, 1, FATE_DONE);
    story_acknowledge(w);
    story_answers(w, 3);
    story_acknowledge(w);
    begin_again(w);
    story_expect(w, "read 0 receipts=0 since=-3660000; start 0/0; commit 0/1 reach=5001 receipts=0");
    story_commit(w);
    world_pass(w, 1000);
    story_expect(w, "commit 0/2 reach=5001 receipts=2");
    story_end(w);
}

static void the_receipts_of_what_is_settled_beyond_the_offset_are_found_by_the_next_owner(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.window_ms = 0;
    struct world *w = story_begin(&options);
    for (int i = 0; i < 3; i++) {
        world_pass(w, 120000);
        story_publish(w, "ann", i == 0 ? "e1" : i == 1 ? "e2" : "e3");
        world_go_for(w, 1000);
    }
    story_arrive(w, "ben", "e4");
    story_arrive(w, "cid", "e5");
    world_answer(w, 1, FATE_DONE);
    world_answer(w, 1, FATE_DONE);
    world_answer(w, 1, FATE_DONE);
    story_acknowledge(w);
    world_pass(w, 1000);
    /* The last commit says where e5's receipt begins only with the next that moves; until then it is read from before. */
    world_revoke(w, 0, 0);
    story_skip(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "commit 0/3 reach=3 receipts=3");
    world_go(w);
    story_skip(w);
    world_assign(w, 0, 0);
    story_expect(w, "read 0 receipts=3 since=-61000");
    world_rebuild(w, 0, 0);
    story_feed(w);
    story_skip(w);
    world_go_for(w, 10000);
    assert_int_equal(fake_log_receipts(&w->log.partitions[0], 3), 1);
    assert_int_equal(fake_log_receipts(&w->log.partitions[0], 4), 1);
    assert_int_equal(w->log.partitions[0].committed, 5);
    story_end(w);
}

/* Topics get deleted and made again: then other records stand at the offsets that the receipts speak of. */
static void a_receipt_settles_only_the_record_with_its_stamp_key_and_id(void **state)
{
    (void)state;
    enum { SAME, STAMP, KEY, ID, CASES };
    for (int other = SAME; other < CASES; other++) {
        struct world *w = story_begin(NULL);
        story_arrive(w, "ann", "e1");
        story_answers(w, 3);
        story_acknowledge(w);
        struct record **events = w->log.partitions[0].events;
        if (other == STAMP) {
            events[0]->timestamp_ms++;
        } else {
            struct record *made_again =
                record_copy(story_publish(w, other == KEY ? "ben" : "ann", other == ID ? "e2" : "e1"));
            events = w->log.partitions[0].events;
            made_again->offset = 0;
            made_again->timestamp_ms = events[0]->timestamp_ms;
            free(events[0]);
            events[0] = made_again;
            w->log.partitions[0].event_count = 1;
            free(events[1]);
            w->log.partitions[0].end = 1;
        }
        begin_again(w);
        story_expect(w, other == SAME
                            ? "read 0 receipts=0 since=-3660000; start 0/0; commit 0/1 reach=5001 receipts=1"
                        : other == KEY ? "read 0 receipts=0 since=-3660000; start 0/0; find ben"
                        : other == ID  ? "read 0 receipts=0 since=-3660000; start 0/0; find ann"
                                      : "read 0 receipts=0 since=-3660000; start 0/0; receipt 0/0 duplicate");
        story_end(w);
    }
}

static void the_deduplication_memory_is_rebuilt_from_the_receipts(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    world_go_for(w, 1000);
    begin_again(w);
    story_skip(w);
    world_pass(w, 1800 * 1000);
    story_publish(w, "ann", "e1");
    story_feed(w);
    story_expect(w, "receipt 0/1 duplicate");
    story_end(w);
}

static void an_identity_that_failed_is_remembered_with_its_signature(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    const struct record *first = story_publish(w, "ann", "e1");
    story_feed(w);
    story_commit(w);
    story_answers(w, 2);
    story_answer(w, FATE_REFUSED);
    world_go_for(w, 1000);
    begin_again(w);
    story_skip(w);
    world_repeat(w, first);
    story_publish(w, "ann", "e1");
    story_feed(w);
    /* The same signature is a duplicate, a later one is admitted, and read back first. */
    story_expect(w, "receipt 0/1 duplicate; find ann");
    story_answers(w, 2);
    story_expect(w, "read c1; find ann");
    story_end(w);
}

static void a_receipt_without_a_good_mac_is_counted_and_ignored(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    world_go_for(w, 1000);
    struct fake_partition *log = &w->log.partitions[0];
    /* One whose bytes were changed, one that is none. */
    char *value = (char *)(uintptr_t)log->receipts[0].record->value.data;
    memcpy(strstr(value, "\"e1\""), "\"e9\"", 4);
    fake_log_write(&w->log, FAKE_RECEIPTS, &(struct record){.timestamp_ms = w->now.wall.ms});
    world_crash(w, 0);
    world_forget(w);
    story_skip(w);
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_expect(w, "read 0 receipts=1 since=-3661000; start 0/1 foreign=2");
    story_publish(w, "ann", "e1");
    story_feed(w);
    story_expect(w, "find ann");
    story_end(w);
}

static void receipts_of_another_topic_or_partition_settle_nothing(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    world_go_for(w, 1000);
    /* A good receipt, copied into another partition by somebody: its code is over the partition too. */
    struct world_options options = world_options();
    options.partition_count = 2;
    struct world *v = world_new(&options);
    struct record copy = *w->log.partitions[0].receipts[0].record;
    copy.partition = 1;
    fake_log_write(&v->log, FAKE_RECEIPTS, &copy);
    world_assign(v, 0, 1);
    world_rebuild(v, 0, 1);
    story_expect(v, "read 1 receipts=0 since=0; start 1/0 foreign=1");
    story_end(v);
    story_end(w);
}

/* The mark secret was changed: what was remembered under the one before must not be forgotten. */
static void receipts_under_the_previous_mark_secret_count_too(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    world_go_for(w, 1000);
    w->options.previous_mark_secret = w->options.mark_secret;
    w->options.mark_secret = "whmk_Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M=";
    begin_again(w);
    story_expect(w, "read 0 receipts=1 since=-3661000; start 0/1");
    story_publish(w, "ann", "e1");
    story_feed(w);
    story_expect(w, "receipt 0/1 duplicate");
    story_end(w);
}

/* ---- suspects ---- */

static struct world *world_with_a_suspect(const char *metadata)
{
    const struct world_options options = world_options();
    struct world *w = world_new(&options);
    story_publish(w, "ann", "e1");
    fake_log_commit(&w->log, 0, 0, metadata);
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_skip(w);
    story_feed(w);
    return w;
}

static void a_suspect_that_is_there_is_delivered_at_once(void **state)
{
    (void)state;
    const struct world_options options = world_options();
    struct world *w = world_new(&options);
    char mark[26];
    world_mark(w, "acme/e/ann", "e1", mark);
    fake_papercups_plant(&w->papercups, "acme", "ann", "e1", mark);
    story_publish(w, "ann", "e1");
    fake_log_commit(&w->log, 0, 0, "v1 reach=5000 receipts=0 admitted=0");
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_skip(w);
    story_feed(w);
    story_answers(w, 3);
    story_expect(w, "find ann; read c1; messages v1; receipt 0/0 delivered");
    assert_int_equal(w->papercups.message_count, 1);
    story_end(w);
}

static void a_suspect_is_absent_only_when_read_twice_after_all_that_was_under_way_has_ended(void **state)
{
    (void)state;
    struct world *w = world_with_a_suspect("v1 reach=5000 receipts=0 admitted=0");
    story_expect(w, "find ann");
    story_answer(w, FATE_DONE);
    story_expect_nothing(w);
    world_pass(w, WORLD_HTTP_MS + WORLD_SETTLE_MS - 1);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "find ann");
    story_answer(w, FATE_DONE);
    world_pass(w, 1000);
    story_expect(w, "find ann");
    story_answer(w, FATE_DONE);
    /* Proven: now it is resolved like any other. */
    story_expect(w, "find ann");
    story_answer(w, FATE_DONE);
    story_expect(w, "create ann");
    story_end(w);
}

static void a_look_that_fails_proves_nothing(void **state)
{
    (void)state;
    struct world *w = world_with_a_suspect("v1 reach=5000 receipts=0 admitted=0");
    world_pass(w, WORLD_HTTP_MS + WORLD_SETTLE_MS);
    story_answer(w, FATE_LOST);
    for (int i = 0; i < 5; i++) {
        world_pass(w, 60000);
        story_answer(w, FATE_DONE); /* absent, once */
        world_pass(w, 1000);
        story_answer(w, FATE_ERROR);
    }
    assert_int_equal(w->papercups.customer_count, 0);
    assert_int_equal(w->produce_count, 0);
    story_end(w);
}

static void what_lies_at_or_beyond_the_reach_was_never_tried(void **state)
{
    (void)state;
    struct world *w = world_with_a_suspect("v1 reach=0 receipts=0 admitted=0");
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    story_commit(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "find ann; create ann");
    story_end(w);
}

static void without_a_word_about_the_reach_everything_up_to_the_end_is_a_suspect(void **state)
{
    (void)state;
    struct world *w = world_with_a_suspect("");
    story_arrive(w, "ben", "e2");
    /* e2 came after the assignment. */
    story_expect(w, "find ann; commit 0/0 reach=5001 receipts=0; find ben");
    story_answers(w, 2);
    story_expect(w, "create ben");
    story_end(w);
}

static void a_group_that_never_committed_suspects_nothing(void **state)
{
    (void)state;
    const struct world_options options = world_options();
    struct world *w = world_new(&options);
    story_publish(w, "ann", "e1");
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_skip(w);
    story_feed(w);
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    story_commit(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "find ann; create ann");
    story_end(w);
}

/* A group's offsets are forgotten when nobody was there for some days; the receipts are not. */
static void a_group_whose_commit_was_forgotten_suspects_everything(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    world_go_for(w, 1000);
    story_publish(w, "ben", "e2");
    w->log.partitions[0].committed = -1;
    w->log.partitions[0].metadata[0] = 0;
    begin_again(w);
    story_expect(w, "read 0 receipts=0 since=0; start 0/0; commit 0/1 reach=2 receipts=1; find ben");
    story_answer(w, FATE_DONE);
    world_pass(w, WORLD_HTTP_MS + WORLD_SETTLE_MS - 1);
    story_expect_nothing(w);
    story_end(w);
}

static void a_suspect_is_not_called_expired_or_given_up_before_it_is_proven_absent(void **state)
{
    (void)state;
    const struct world_options options = world_options();
    for (int stored = 0; stored <= 1; stored++) {
        struct world *w = world_new(&options);
        char mark[26];
        world_mark(w, "acme/e/ann", "e1", mark);
        if (stored)
            fake_papercups_plant(&w->papercups, "acme", "ann", "e1", mark);
        /* Its key was good and it was in time for a predecessor with another clock; the outage lasted ten hours. */
        world_publish(w, &(struct publication){.customer = "ann",
                                               .event_id = "e1",
                                               .signed_at_s = w->now.wall.ms / 1000 - 100});
        story_publish(w, "ann", "e2");
        fake_log_commit(&w->log, 0, 0, "v1 reach=5000 receipts=0 admitted=0");
        world_pass(w, 10 * 3600 * 1000);
        world_assign(w, 0, 0);
        world_rebuild(w, 0, 0);
        world_go_for(w, 120000);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0),
                         stored ? OUTCOME_DELIVERED : OUTCOME_EXPIRED);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_GAVE_UP);
        story_end(w);
    }
}

static void an_event_behind_a_suspect_waits_for_it(void **state)
{
    (void)state;
    struct world *w = world_with_a_suspect("v1 reach=1 receipts=0 admitted=0");
    story_arrive(w, "ann", "e2");
    story_expect(w, "find ann; commit 0/0 reach=5001 receipts=0");
    world_go_for(w, 120000);
    assert_string_equal(w->papercups.messages[0].event, "e1");
    assert_string_equal(w->papercups.messages[1].event, "e2");
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_receipts_are_read_before_any_record_from_the_earlier_of_offset_and_window),
        cmocka_unit_test(where_nothing_is_known_all_receipts_are_read),
        cmocka_unit_test(what_has_a_receipt_is_settled_without_a_second_try_or_receipt),
        cmocka_unit_test(receipts_are_found_though_they_were_written_in_another_order),
        cmocka_unit_test(the_receipts_of_what_is_settled_beyond_the_offset_are_found_by_the_next_owner),
        cmocka_unit_test(a_receipt_settles_only_the_record_with_its_stamp_key_and_id),
        cmocka_unit_test(the_deduplication_memory_is_rebuilt_from_the_receipts),
        cmocka_unit_test(an_identity_that_failed_is_remembered_with_its_signature),
        cmocka_unit_test(a_receipt_without_a_good_mac_is_counted_and_ignored),
        cmocka_unit_test(receipts_of_another_topic_or_partition_settle_nothing),
        cmocka_unit_test(receipts_under_the_previous_mark_secret_count_too),
        cmocka_unit_test(a_suspect_that_is_there_is_delivered_at_once),
        cmocka_unit_test(a_suspect_is_absent_only_when_read_twice_after_all_that_was_under_way_has_ended),
        cmocka_unit_test(a_look_that_fails_proves_nothing),
        cmocka_unit_test(what_lies_at_or_beyond_the_reach_was_never_tried),
        cmocka_unit_test(without_a_word_about_the_reach_everything_up_to_the_end_is_a_suspect),
        cmocka_unit_test(a_group_that_never_committed_suspects_nothing),
        cmocka_unit_test(a_group_whose_commit_was_forgotten_suspects_everything),
        cmocka_unit_test(a_suspect_is_not_called_expired_or_given_up_before_it_is_proven_absent),
        cmocka_unit_test(an_event_behind_a_suspect_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
