#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "gate/seen/memory.h"

#define AT(ms) ((struct mono){ms})

static void keep(struct seen_memory *memory, const char *name, int64_t at, enum seen_state state, const char *seen_at)
{
    struct seen_told told = {.state = state, .message = {"m"}};
    snprintf(told.seen_at, sizeof(told.seen_at), "%s", seen_at);
    seen_memory_keep(memory, span_of(name), AT(at), &told);
}

static void what_was_seen_stays_seen(void **state)
{
    struct seen_memory *memory = seen_memory_new();
    struct seen_told told;
    (void)state;
    assert_false(seen_memory_find(memory, SPAN("a"), AT(1), &told));
    assert_string_equal(told.message.text, "");
    keep(memory, "a", 1, SEEN_STATE_SEEN, "2026-11-30T12:00:00Z");
    assert_true(seen_memory_find(memory, SPAN("a"), AT(INT64_C(1000000000000)), &told));
    assert_int_equal(told.state, SEEN_STATE_SEEN);
    assert_string_equal(told.seen_at, "2026-11-30T12:00:00Z");
    assert_false(seen_memory_find(memory, SPAN("b"), AT(1), &told));
    seen_memory_free(memory);
}

static void what_may_change_is_good_for_a_moment_and_the_messages_id_for_longer(void **state)
{
    static const enum seen_state brief[] = {SEEN_STATE_NOT_KNOWN, SEEN_STATE_ABSENT};
    (void)state;
    for (size_t i = 0; i < sizeof(brief) / sizeof(brief[0]); i++) {
        struct seen_memory *memory = seen_memory_new();
        struct seen_told told;
        keep(memory, "a", 1, brief[i], "");
        assert_true(seen_memory_find(memory, SPAN("a"), AT(MEMORY_BRIEF_MS), &told));
        assert_int_equal(told.state, brief[i]);
        assert_false(seen_memory_find(memory, SPAN("a"), AT(1 + MEMORY_BRIEF_MS), &told));
        assert_string_equal(told.message.text, "m");
        seen_memory_free(memory);
    }
}

/* More than there is room for: none is taken for another. */
static void no_message_is_taken_for_another(void **state)
{
    struct seen_memory *memory = seen_memory_new();
    struct seen_told told;
    char name[16], seen_at[16];
    size_t found = 0;
    (void)state;
    for (int i = 0; i < 3 * MEMORY_PLACES; i++) {
        snprintf(name, sizeof(name), "%d", i);
        keep(memory, name, 1, SEEN_STATE_SEEN, name);
    }
    for (int i = 0; i < 3 * MEMORY_PLACES; i++) {
        snprintf(name, sizeof(name), "%d", i);
        snprintf(seen_at, sizeof(seen_at), "%d", i);
        if (!seen_memory_find(memory, span_of(name), AT(1), &told))
            continue;
        assert_string_equal(told.seen_at, seen_at);
        found++;
    }
    assert_in_range(found, MEMORY_PLACES / 2, MEMORY_PLACES);
    seen_memory_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_seen_stays_seen),
        cmocka_unit_test(what_may_change_is_good_for_a_moment_and_the_messages_id_for_longer),
        cmocka_unit_test(no_message_is_taken_for_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
