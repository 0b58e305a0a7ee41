#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/json.h"
#include "gate/history.h"

static struct history *with(int count)
{
    struct history *history = history_new();
    json_t *to = json_pack("{s:s}", "customer_id", "x");
    for (int i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof(id), "evt_%d", i);
        const struct history_entry entry = {.event_id = span_of(id),
                                            .message = i % 2 == 0 ? SPAN("hi") : SPAN_NONE,
                                            .account = SPAN("acme"),
                                            .to = to,
                                            .key_id = SPAN("gate-1"),
                                            .signed_at_ms = i};
        history_add(history, &entry);
    }
    json_decref(to);
    return history;
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
    json_t *receipt = json_pack("{s:s}", "outcome", "delivered"),
           *later = json_pack("{s:s}", "outcome", "duplicate");
    history_published(history, SPAN("evt_1"));
    history_settle(history, SPAN("evt_1"), receipt);
    history_settle(history, SPAN("evt_1"), later); /* says nothing new of it */
    history_settle(history, SPAN("of another"), receipt);
    assert_string_equal(
        listed(history, 0),
        "{\"event_id\":\"evt_1\",\"message\":null,\"account\":\"acme\",\"to\":{\"customer_id\":"
        "\"x\"},\"key_id\":\"gate-1\",\"signed_at_ms\":1,\"published\":true,\"receipt\":"
        "{\"outcome\":\"delivered\"}}");
    assert_string_equal(
        listed(history, 1),
        "{\"event_id\":\"evt_0\",\"message\":\"hi\",\"account\":\"acme\",\"to\":{\"customer_id\":"
        "\"x\"},\"key_id\":\"gate-1\",\"signed_at_ms\":0,\"published\":false,\"receipt\":null}");
    json_decref(receipt);
    json_decref(later);
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
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_comes_first_and_says_what_became_of_it),
        cmocka_unit_test(the_oldest_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
