#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "gate/receipts.h"

static bool sees_acme(const void *context, struct span account)
{
    (void)context;
    return span_equal(account, SPAN("acme"));
}

static void add(struct receipts *receipts, const char *id, const char *account, int64_t offset,
                bool repetition, const char *json)
{
    const struct receipt_seen seen = {.partition = 1,
                                      .offset = offset,
                                      .event_id = span_of(id),
                                      .account = span_of(account),
                                      .event_partition = 1,
                                      .event_offset = offset,
                                      .outcome = repetition ? OUTCOME_DUPLICATE : OUTCOME_DELIVERED,
                                      .json = span_of(json)};
    receipts_add(receipts, &seen);
}

/* The JSON of what is found, "" where nothing is. */
static const char *found(struct receipts *receipts, const char *id, int32_t partition, int64_t offset)
{
    static char text[64];
    const struct receipts_query query = {
        .event_id = span_of(id), .may_see = sees_acme, .partition = partition, .offset = offset};
    struct buf out;
    buf_init(&out, sizeof(text) - 1);
    bool there = receipts_wait(receipts, &query, 0, &out);
    snprintf(text, sizeof(text), "%s", there ? out.data : "");
    buf_done(&out);
    return text;
}

static void add_of(struct receipts *receipts, int64_t event_offset, enum outcome outcome, const char *json)
{
    const struct receipt_seen seen = {.event_id = SPAN("e"),
                                      .account = SPAN("acme"),
                                      .event_partition = 1,
                                      .event_offset = event_offset,
                                      .outcome = outcome,
                                      .json = span_of(json)};
    receipts_add(receipts, &seen);
}

/* One that was cut off from Kafka writes its receipt late. */
static void of_a_records_receipts_delivered_is_told_whichever_came_first(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct receipts *receipts = receipts_new(10, 100000);
        add_of(receipts, 1, late ? OUTCOME_DELIVERED : OUTCOME_REFUSED_BY_PAPERCUPS, late ? "there" : "refused");
        add_of(receipts, 1, late ? OUTCOME_REFUSED_BY_PAPERCUPS : OUTCOME_DELIVERED, late ? "refused" : "there");
        assert_string_equal(found(receipts, "e", -1, -1), "there");
        assert_string_equal(found(receipts, "e", 1, 1), "there");
        add_of(receipts, 2, OUTCOME_GAVE_UP, "the next record");
        add_of(receipts, 1, OUTCOME_GAVE_UP, "late");
        assert_string_equal(found(receipts, "e", -1, -1), "the next record");
        assert_string_equal(found(receipts, "e", 1, 1), "there");
        add_of(receipts, 2, OUTCOME_EXPIRED, "second");
        assert_string_equal(found(receipts, "e", 1, 2), "the next record");
        receipts_free(receipts);
    }
}

static void the_event_is_told_rather_than_its_repetitions(void **state)
{
    struct receipts *receipts = receipts_new(10, 100000);
    (void)state;
    add(receipts, "e", "acme", 1, false, "first");
    add(receipts, "e", "acme", 2, true, "again");
    add(receipts, "only", "acme", 3, true, "only again");
    assert_string_equal(found(receipts, "e", -1, -1), "first");
    assert_string_equal(found(receipts, "e", 1, 2), "again");
    assert_string_equal(found(receipts, "e", 2, 2), "");
    assert_string_equal(found(receipts, "only", -1, -1), "only again");
    assert_string_equal(found(receipts, "nobody", -1, -1), "");
    add(receipts, "e", "acme", 4, false, "sent anew");
    assert_string_equal(found(receipts, "e", -1, -1), "sent anew");
    receipts_free(receipts);
}

static void another_accounts_receipt_of_the_same_id_is_not_there(void **state)
{
    struct receipts *receipts = receipts_new(10, 100000);
    (void)state;
    add(receipts, "e", "acme", 1, false, "ours");
    add(receipts, "e", "globex", 2, false, "theirs");
    assert_string_equal(found(receipts, "e", -1, -1), "ours");
    assert_string_equal(found(receipts, "e", 1, 2), "");
    receipts_free(receipts);
}

static void a_receipt_has_the_routing_key_of_its_event(void **state)
{
    struct receipts *receipts = receipts_new(10, 100000);
    struct buf key, out;
    const struct receipts_query query = {
        .event_id = SPAN("e"), .may_see = sees_acme, .partition = -1, .offset = -1, .routing_key = &key};
    (void)state;
    for (int i = 0; i < 2; i++)
        receipts_add(receipts, &(struct receipt_seen){.routing_key = i == 0 ? SPAN("acme/e/first") : SPAN("acme/e/second"),
                                                      .event_id = SPAN("e"),
                                                      .account = SPAN("acme"),
                                                      .event_offset = i,
                                                      .outcome = OUTCOME_DELIVERED,
                                                      .json = SPAN("{}")});
    buf_init(&key, 100);
    buf_init(&out, 100);
    assert_true(receipts_wait(receipts, &query, 0, &out));
    assert_true(span_equal(buf_span(&key), SPAN("acme/e/second")));
    buf_done(&key);
    buf_done(&out);
    receipts_free(receipts);
}

static void the_oldest_are_forgotten_by_number_and_by_size(void **state)
{
    struct receipts *receipts = receipts_new(3, 100000);
    char id[16];
    (void)state;
    for (int i = 0; i < 10; i++) {
        snprintf(id, sizeof(id), "%d", i % 4);
        add(receipts, id, "acme", i, false, id);
    }
    assert_string_equal(found(receipts, "2", -1, -1), "");
    assert_string_equal(found(receipts, "3", -1, -1), "3");
    assert_string_equal(found(receipts, "0", -1, -1), "0");
    assert_string_equal(found(receipts, "0", 1, 4), "");
    assert_string_equal(found(receipts, "1", -1, -1), "1");
    receipts_free(receipts);

    receipts = receipts_new(1000, 2000);
    char large[1000];
    memset(large, 'a', sizeof(large) - 1);
    large[sizeof(large) - 1] = 0;
    add(receipts, "a", "acme", 1, false, "a");
    add(receipts, "b", "acme", 2, false, large);
    add(receipts, "c", "acme", 3, false, large);
    assert_string_equal(found(receipts, "a", -1, -1), "");
    receipts_free(receipts);
}

static void note(void *context, const struct receipt_seen *seen)
{
    char *out = context;
    snprintf(out + strlen(out), 64 - strlen(out), "%.*s ", SPAN_ARGS(seen->json));
}

static void who_follows_gets_each_once_and_knows_when_some_are_missing(void **state)
{
    struct receipts *receipts = receipts_new(4, 100000);
    receipts_place place;
    char told[64] = "";
    bool missed = false;
    (void)state;
    add(receipts, "a", "acme", 1, false, "a");
    add(receipts, "b", "acme", 2, false, "b");
    place = receipts_next(receipts);
    add(receipts, "c", "acme", 3, false, "c");
    assert_true(receipts_follow(receipts, &place, 0, 10, &missed, note, told));
    assert_true(receipts_follow(receipts, &place, 0, 10, &missed, note, told));
    assert_string_equal(told, "c ");
    assert_true(receipts_behind(receipts, 1, 1, &place));
    receipts_follow(receipts, &place, 0, 1, &missed, note, told);
    receipts_follow(receipts, &place, 0, 10, &missed, note, told);
    assert_string_equal(told, "c b c ");
    assert_false(receipts_behind(receipts, 1, 7, &place));
    assert_false(missed);
    told[0] = 0;
    for (int i = 0; i < 6; i++)
        add(receipts, "d", "acme", 10 + i, false, "d");
    receipts_follow(receipts, &place, 0, 10, &missed, note, told);
    assert_string_equal(told, "d d d d ");
    assert_true(missed);
    receipts_end(receipts);
    assert_false(receipts_follow(receipts, &place, 1000000, 10, &missed, note, told));
    receipts_free(receipts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_records_receipts_delivered_is_told_whichever_came_first),
        cmocka_unit_test(the_event_is_told_rather_than_its_repetitions),
        cmocka_unit_test(another_accounts_receipt_of_the_same_id_is_not_there),
        cmocka_unit_test(a_receipt_has_the_routing_key_of_its_event),
        cmocka_unit_test(the_oldest_are_forgotten_by_number_and_by_size),
        cmocka_unit_test(who_follows_gets_each_once_and_knows_when_some_are_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
