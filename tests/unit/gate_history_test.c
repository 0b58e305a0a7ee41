#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/json.h"
#include "gate/history.h"

static struct history_entry entry_of(const char *id, int64_t signed_at_ms)
{
    return (struct history_entry){
        .routing_key = SPAN("acme/c/x"), .event_id = span_of(id), .signed_at_ms = signed_at_ms};
}

static struct history *with(int count)
{
    struct history *history = history_new();
    for (int i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof(id), "evt_%d", i);
        struct history_entry entry = entry_of(id, i);
        entry.message = i % 2 == 0 ? SPAN("hi") : SPAN_NONE;
        entry.who = SPAN("composer");
        history_add(history, &entry);
    }
    return history;
}

static void settle(struct history *history, const struct history_entry *entry, const char *outcome)
{
    bool failed = strcmp(outcome, "failed") == 0;
    json_t *receipt = json_pack("{s:s,s:s*}", "outcome", outcome, "reason", failed ? "gave_up" : NULL);
    history_settle(history, entry, receipt);
    json_decref(receipt);
}

/* The entry at that place of the list, as JSON. */
static const char *listed(struct history *history, size_t index)
{
    static char text[512];
    struct buf out;
    json_t *list = history_list(history);
    buf_init(&out, sizeof(text) - 1);
    json_write(&out, json_array_get(list, index));
    snprintf(text, sizeof(text), "%.*s", SPAN_ARGS(buf_span(&out)));
    buf_done(&out);
    json_decref(list);
    return text;
}

static void the_newest_comes_first_and_says_what_became_of_it(void **state)
{
    (void)state;
    struct history *history = with(2);
    const struct history_entry entry = entry_of("evt_1", 1);
    history_published(history, SPAN("acme/c/x"), SPAN("evt_1"));
    history_published(history, SPAN("acme/c/y"), SPAN("evt_0")); /* another event */
    settle(history, &entry, "delivered");
    settle(history, &entry, "duplicate"); /* says nothing new of it */
    assert_string_equal(
        listed(history, 0),
        "{\"key\":\"acme/c/x\",\"event_id\":\"evt_1\",\"account\":\"acme\",\"to\":{\"customer_id\":"
        "\"x\"},\"message\":null,\"who\":\"composer\",\"signed_at_ms\":1,\"published\":true,\"receipt\":"
        "{\"outcome\":\"delivered\"}}");
    assert_string_equal(
        listed(history, 1),
        "{\"key\":\"acme/c/x\",\"event_id\":\"evt_0\",\"account\":\"acme\",\"to\":{\"customer_id\":"
        "\"x\"},\"message\":\"hi\",\"who\":\"composer\",\"signed_at_ms\":0,\"published\":false,\"receipt\":"
        "null}");
    history_free(history);
}

static void one_from_before_the_start_is_found_by_its_receipt(void **state)
{
    (void)state;
    struct history *history = with(1);
    struct history_entry entry = entry_of("evt_old", -5);
    entry.routing_key = SPAN("acme/e/user_42/of/mine");
    settle(history, &entry, "duplicate");
    settle(history, &entry, "failed"); /* the outcome of the first says more */
    settle(history, &entry, "delivered");
    settle(history, &entry, "failed"); /* late, from a worker that was cut off */
    assert_string_equal(
        listed(history, 1),
        "{\"key\":\"acme/e/user_42/of/mine\",\"event_id\":\"evt_old\",\"account\":\"acme\","
        "\"to\":{\"customer\":{\"external_id\":\"user_42/of/mine\"}},\"message\":null,"
        "\"who\":null,\"signed_at_ms\":-5,\"published\":true,\"receipt\":{\"outcome\":\"delivered\"}}");
    history_free(history);
}

static void what_is_no_routing_key_is_no_entry(void **state)
{
    (void)state;
    static const char *const keys[] = {"",         "acme",      "acme/e",     "acme/e/",
                                       "acme/x/y", "acme/ee/y", "acme/e/\xff"};
    struct history *history = history_new();
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct history_entry entry = entry_of("evt", 1);
        entry.routing_key = span_of(keys[i]);
        settle(history, &entry, "delivered");
    }
    json_t *list = history_list(history);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
    history_free(history);
}

static void a_receipt_is_found_by_routing_key_and_id(void **state)
{
    (void)state;
    struct history *history = with(2);
    const struct history_entry entry = entry_of("evt_1", 1);
    settle(history, &entry, "delivered");
    json_t *receipt = history_receipt(history, SPAN("acme/c/x"), SPAN("evt_1"));
    assert_string_equal(json_string_value(json_object_get(receipt, "outcome")), "delivered");
    json_decref(receipt);
    assert_null(history_receipt(history, SPAN("acme/c/y"), SPAN("evt_1")));
    assert_null(history_receipt(history, SPAN("acme/c/x"), SPAN("evt_0"))); /* it has none yet */
    history_free(history);
}

static void the_oldest_makes_room(void **state)
{
    (void)state;
    struct history *history = with(HISTORY_MAX + 3);
    json_t *list = history_list(history);
    assert_int_equal(json_array_size(list), HISTORY_MAX);
    const json_t *last = json_array_get(list, HISTORY_MAX - 1);
    assert_int_equal(json_integer_value(json_object_get(last, "signed_at_ms")), 3);
    json_decref(list);
    const struct history_entry older = entry_of("evt_older", 2), between = entry_of("evt_between", 4);
    settle(history, &older, "delivered"); /* finds no room */
    settle(history, &between, "delivered");
    list = history_list(history);
    assert_int_equal(json_array_size(list), HISTORY_MAX);
    last = json_array_get(list, HISTORY_MAX - 1);
    assert_string_equal(json_string_value(json_object_get(last, "event_id")), "evt_4");
    last = json_array_get(list, HISTORY_MAX - 2);
    assert_string_equal(json_string_value(json_object_get(last, "event_id")), "evt_between");
    json_decref(list);
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_comes_first_and_says_what_became_of_it),
        cmocka_unit_test(a_receipt_is_found_by_routing_key_and_id),
        cmocka_unit_test(the_oldest_makes_room),
        cmocka_unit_test(one_from_before_the_start_is_found_by_its_receipt),
        cmocka_unit_test(what_is_no_routing_key_is_no_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
