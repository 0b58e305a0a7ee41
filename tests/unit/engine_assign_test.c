#include "engine/story.h"

#include <stdlib.h>

static void the_receipts_are_read_before_any_record_from_the_earlier_of_offset_and_window(void **state)
{
    (void)state;
    const struct world_options options = world_options();
    struct world *w = world_new(&options);
    char metadata[PROGRESS_TEXT_MAX];
    const struct progress progress = {.reach = 5000,
                                      .receipts = 7,
                                      .admitted_ms = w->now.wall.ms - 10000,
                                      .secret = identity_secret_fingerprint(&w->mark_secret)};
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
    static const char *const unknown[] = {"", "v2 reach=1 receipts=1 admitted=1", "v3 reach=1 receipts=1 admitted=1", "v1 reach=1", "hello"};
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
    story_begin_again(w);
    /* e1 has none; it waits to be read back. */
    story_expect(w, "read 0 receipts=0 since=-3660000; start 0/0; rows of ann");
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
    story_begin_again(w);
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
        story_begin_again(w);
        story_expect(w, other == SAME
                            ? "read 0 receipts=0 since=-3660000; start 0/0; commit 0/1 reach=5001 receipts=1"
                        : other == KEY ? "read 0 receipts=0 since=-3660000; start 0/0; rows of ben"
                        : other == ID  ? "read 0 receipts=0 since=-3660000; start 0/0; rows of ann"
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
    story_begin_again(w);
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
    story_begin_again(w);
    story_skip(w);
    world_repeat(w, first);
    story_publish(w, "ann", "e1");
    story_feed(w);
    /* The same signature is a duplicate, a later one is admitted, and read back first. */
    story_expect(w, "receipt 0/1 duplicate; rows of ann");
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

/* A later worker's, perhaps: what it says is not believed, but it is no stranger's either, and shows that somebody was here. */
static void a_receipt_of_another_version_is_counted_apart_and_not_believed(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    world_go_for(w, 1000);
    const struct header header = {SPAN(RECEIPT_MAC), SPAN("v2,made in another way")};
    struct record later = *w->log.partitions[0].receipts[0].record;
    later.headers = &header;
    struct world *v = world_new(&w->options);
    fake_log_write(&v->log, FAKE_RECEIPTS, &later);
    /* A group's offsets are forgotten after some days. */
    story_publish(v, "ann", "e1");
    world_assign(v, 0, 0);
    world_rebuild(v, 0, 0);
    story_expect(v, "read 0 receipts=0 since=0; start 0/0 other_version=1");
    story_feed(v);
    story_expect(v, "rows of ann; commit 0/0 reach=5001 receipts=1"); /* it may have been shown */
    story_end(v);
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
    story_begin_again(w);
    /* Its last commit names that one: it commits at once, though nothing has moved, so that this can be left out one day. */
    story_expect(w, "read 0 receipts=1 since=-3661000; start 0/1; commit 0/1 reach=5001 receipts=1");
    story_commit(w);
    story_publish(w, "ann", "e1");
    story_feed(w);
    story_expect(w, "receipt 0/1 duplicate");
    world_go_for(w, 1000);
    w->options.previous_mark_secret = NULL;
    story_begin_again(w);
    story_expect(w, "read 0 receipts=2 since=-3661000; start 0/2 foreign=1");
    story_end(w);
}

static void a_partition_that_was_committed_under_another_mark_secret_is_not_begun(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    world_go_for(w, 1000);
    w->options.mark_secret = "whmk_Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M=";
    world_crash(w, 0);
    story_skip(w);
    world_assign(w, 0, 0);
    story_expect(w, "other secret 0");
    story_end(w);
}

static void what_is_assigned_while_it_is_held_is_lost_first(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_skip(w);
    world_assign(w, 0, 0);
    story_expect(w, "released 0; read 0 receipts=0 since=-3660000");
    world_rebuild(w, 0, 0);
    story_feed(w);
    world_go_for(w, 60000);
    assert_int_equal(w->papercups.message_count, 1);
    story_end(w);
}

static void a_record_below_what_was_read_ends_the_assignment(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    story_publish(w, "ben", "e2");
    world_go_for(w, 2000);
    world_cut(w, 0, 1);
    story_publish(w, "cid", "e3");
    story_skip(w);
    story_feed(w);
    /* The first that comes is an old one, from the log's beginning: that the log went there is what counts. */
    story_expect(w, "log 0/0 went back; released 0");
    world_assign(w, 0, 0);
    /* Two were committed, and the second is another now: from the beginning. */
    story_expect(w, "log 0/2 is another; read 0 receipts=0 since=0");
    world_rebuild(w, 0, 0);
    world_go_for(w, 60000);
    assert_int_equal(w->papercups.message_count, 3);
    assert_int_equal(w->log.partitions[0].committed, 2);
    story_end(w);
}

static void what_stands_in_a_commit_is_void_where_the_log_is_another(void **state)
{
    (void)state;
    enum { SAME, RETIRED, SHORTER, OTHER, CASES };
    for (int how = SAME; how < CASES; how++) {
        struct world *w = story_begin(NULL);
        for (int i = 0; i < 3; i++)
            story_publish(w, "ann", i == 0 ? "e1" : i == 1 ? "e2" : "e3");
        world_go_for(w, 2000);
        world_crash(w, 0);
        world_forget(w);
        if (how == RETIRED) {
            world_retire(w, 0, 3);
        } else if (how != SAME) {
            world_cut(w, 0, 2);
            if (how == OTHER)
                story_publish(w, "ben", "e4");
        }
        story_skip(w);
        world_assign(w, 0, 0);
        story_expect(w, how == SHORTER ? "log 0/3 ends before it; read 0 receipts=0 since=0"
                        : how == OTHER ? "log 0/3 is another; read 0 receipts=0 since=0"
                                       : "read 0 receipts=3 since=-3662000");
        world_rebuild(w, 0, 0);
        story_expect(w, how == SAME || how == RETIRED ? "start 0/3" : "start 0/0");
        story_end(w);
    }
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
        cmocka_unit_test(a_receipt_of_another_version_is_counted_apart_and_not_believed),
        cmocka_unit_test(receipts_of_another_topic_or_partition_settle_nothing),
        cmocka_unit_test(receipts_under_the_previous_mark_secret_count_too),
        cmocka_unit_test(a_partition_that_was_committed_under_another_mark_secret_is_not_begun),
        cmocka_unit_test(what_is_assigned_while_it_is_held_is_lost_first),
        cmocka_unit_test(a_record_below_what_was_read_ends_the_assignment),
        cmocka_unit_test(what_stands_in_a_commit_is_void_where_the_log_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
