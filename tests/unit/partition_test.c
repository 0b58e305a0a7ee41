#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/job.h"
#include "engine/partition.h"

static const unsigned char hash_key[16] = "0123456789abcdef";

static struct partition *running(int64_t offset)
{
    struct partition *partition = partition_new(3, offset, 5000, hash_key);
    partition->state = PARTITION_RUNNING;
    partition->reach = offset + 100000;
    return partition;
}

static void an_idle_partition_has_nothing_to_commit(void **state)
{
    (void)state;
    struct partition *partition = running(10);
    assert_int_equal(partition_commit_due(partition).ms, MONO_NEVER.ms);
    partition->reach = 0;
    assert_int_equal(partition_commit_due(partition).ms, MONO_NEVER.ms);
    partition_free(partition);
}

static void what_moved_is_due_when_the_last_commit_is_a_second_old(void **state)
{
    (void)state;
    struct partition *partition = running(10);
    offsets_read(&partition->offsets, 10, 1);
    offsets_settle(&partition->offsets, 10);
    partition->commit_at.ms = 777;
    assert_int_equal(partition_commit_due(partition).ms, 777);
    partition->committing = 11;
    assert_int_equal(partition_commit_due(partition).ms, MONO_NEVER.ms);
    partition_free(partition);
}

static void a_reach_that_comes_near_is_due_at_once_unless_a_commit_has_failed(void **state)
{
    (void)state;
    struct partition *partition = running(10);
    struct job job = {.admitted_at_ms = 5};
    TAILQ_INSERT_TAIL(&partition->jobs, &job, in_list);
    offsets_read(&partition->offsets, 10, 1);
    assert_int_equal(partition_commit_due(partition).ms, MONO_NEVER.ms);
    partition->reach = 2511; /* half a step is left */
    assert_int_equal(partition_commit_due(partition).ms, MONO_NEVER.ms);
    assert_int_equal(partition_progress(partition).reach, 2511);
    partition->reach = 2510;
    assert_int_equal(partition_commit_due(partition).ms, 0);
    assert_int_equal(partition_progress(partition).reach, 5011);
    partition->reach_at.ms = 99;
    assert_int_equal(partition_commit_due(partition).ms, 99);
    TAILQ_REMOVE(&partition->jobs, &job, in_list);
    partition_free(partition);
}

static void the_oldest_record_to_be_judged_is_a_minute_before_the_first_that_waits(void **state)
{
    (void)state;
    struct partition *partition = running(10);
    struct job job = {.admitted_at_ms = 500000};
    partition->admitted.ms = 900000;
    assert_int_equal(partition_oldest(partition).ms, 840000);
    TAILQ_INSERT_TAIL(&partition->jobs, &job, in_list);
    assert_int_equal(partition_oldest(partition).ms, 440000);
    job.admitted_at_ms = 59999;
    assert_int_equal(partition_oldest(partition).ms, 0);
    TAILQ_REMOVE(&partition->jobs, &job, in_list);
    partition_free(partition);
}

static void the_receipts_to_read_begin_with_the_first_of_what_is_settled_beyond_the_watermark(void **state)
{
    (void)state;
    struct partition *partition = running(10);
    partition->receipts_end = 50;
    for (int64_t at = 10; at < 14; at++)
        offsets_read(&partition->offsets, at, 1);
    assert_int_equal(partition_progress(partition).receipts, 50);
    partition_receipt_written(partition, 60);
    offsets_settle(&partition->offsets, 12);
    assert_int_equal(partition_progress(partition).receipts, 60);
    partition_receipt_written(partition, 55);
    offsets_settle(&partition->offsets, 11);
    assert_int_equal(partition_progress(partition).receipts, 55);
    partition_receipt_written(partition, 70);
    offsets_settle(&partition->offsets, 10);
    assert_int_equal(offsets_span(&partition->offsets), 1);
    assert_int_equal(partition_progress(partition).receipts, 71);
    partition_free(partition);
}

static void a_receipt_whose_place_is_not_known_moves_nothing(void **state)
{
    (void)state;
    struct partition *partition = running(10);
    partition->receipts_from = partition->receipts_end = 50;
    offsets_read(&partition->offsets, 10, 1);
    offsets_read(&partition->offsets, 11, 1);
    partition_receipt_written(partition, -1);
    offsets_settle(&partition->offsets, 11);
    assert_int_equal(partition_progress(partition).receipts, 50);
    partition_free(partition);
}

/* What is settled by a receipt of before has it somewhere behind the inherited beginning. */
static void inherited_receipts_are_read_again_until_their_offsets_are_passed(void **state)
{
    (void)state;
    struct partition *partition = running(10);
    partition->receipts_from = 20;
    partition->receipts_end = 50;
    receipted_add(&partition->receipted, &(struct receipted){.offset = 11});
    assert_int_equal(partition_progress(partition).receipts, 20);
    partition_receipt_written(partition, 51);
    assert_int_equal(partition_progress(partition).receipts, 20);
    partition_free(partition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_partition_has_nothing_to_commit),
        cmocka_unit_test(what_moved_is_due_when_the_last_commit_is_a_second_old),
        cmocka_unit_test(a_reach_that_comes_near_is_due_at_once_unless_a_commit_has_failed),
        cmocka_unit_test(the_oldest_record_to_be_judged_is_a_minute_before_the_first_that_waits),
        cmocka_unit_test(the_receipts_to_read_begin_with_the_first_of_what_is_settled_beyond_the_watermark),
        cmocka_unit_test(a_receipt_whose_place_is_not_known_moves_nothing),
        cmocka_unit_test(inherited_receipts_are_read_again_until_their_offsets_are_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
