#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/metrics_keys.h"

#define ADMITTED_AT INT64_C(1700000000500)
#define FINISHED_AT (ADMITTED_AT + 10)
#define SIGNED_AT_S INT64_C(1700000000)

/* The key that such a record names has signed it, unless its signature is bad. */
static void end(struct metrics_keys *keys, const char *key, enum outcome outcome, int64_t signed_later_s)
{
    metrics_keys_settled(keys, &(struct settled){.outcome = outcome,
                                                 .key_id = span_of(key),
                                                 .sender = outcome == OUTCOME_BAD_SIGNATURE ? SPAN_NONE : SPAN("backend"),
                                                 .admitted_at_ms = ADMITTED_AT,
                                                 .finished_at_ms = FINISHED_AT,
                                                 .signed_at_s = SIGNED_AT_S + signed_later_s});
}

static void expect_at(const struct metrics_keys *keys, int64_t now_ms, const char *const *lines, size_t count)
{
    struct buf text;
    size_t told = 0;
    buf_init(&text, 65536);
    metrics_keys_write(keys, (struct wall){now_ms}, &text);
    assert_false(text.failed);
    struct span rest = buf_span(&text);
    while (rest.data != NULL) {
        struct span line = span_cut(&rest, '\n');
        if (!span_starts(line, SPAN("cupbearer_key_")))
            continue; /* what tells of the family */
        bool expected = false;
        for (size_t i = 0; i < count; i++)
            expected = expected || span_equal(line, span_of(lines[i]));
        if (!expected)
            fail_msg("not expected: %.*s", SPAN_ARGS(line));
        told++;
    }
    assert_int_equal(told, count);
    buf_done(&text);
}
#define EXPECT(keys, now_ms, ...) \
    expect_at(keys, now_ms, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void a_key_has_lines_from_its_first_record_on(void **state)
{
    (void)state;
    struct metrics_keys keys = {0};
    metrics_keys_settled(&keys, &(struct settled){.outcome = OUTCOME_UNKNOWN_KEY});
    expect_at(&keys, FINISHED_AT, NULL, 0);
    end(&keys, "backend-1", OUTCOME_DELIVERED, 0);
    end(&keys, "backend-1", OUTCOME_EXPIRED, -90);
    end(&keys, "backend-1", OUTCOME_WRONG_PARTITION, 30);
    end(&keys, "gate-1", OUTCOME_GAVE_UP, 0);
    EXPECT(&keys, FINISHED_AT, "cupbearer_key_outcomes_total{key=\"backend-1\",outcome=\"delivered\"} 1",
           "cupbearer_key_outcomes_total{key=\"backend-1\",outcome=\"duplicate\"} 0",
           "cupbearer_key_outcomes_total{key=\"backend-1\",outcome=\"rejected\"} 2",
           "cupbearer_key_outcomes_total{key=\"backend-1\",outcome=\"failed\"} 0",
           "cupbearer_key_outcomes_total{key=\"gate-1\",outcome=\"delivered\"} 0",
           "cupbearer_key_outcomes_total{key=\"gate-1\",outcome=\"duplicate\"} 0",
           "cupbearer_key_outcomes_total{key=\"gate-1\",outcome=\"rejected\"} 0",
           "cupbearer_key_outcomes_total{key=\"gate-1\",outcome=\"failed\"} 1",
           "cupbearer_key_clock_ahead_seconds{key=\"backend-1\"} 29.500",
           "cupbearer_key_clock_ahead_seconds{key=\"gate-1\"} -0.500");
    metrics_keys_done(&keys);
}

static void what_a_key_has_not_signed_says_nothing_of_its_clock(void **state)
{
    (void)state;
    struct metrics_keys keys = {0};
    end(&keys, "backend-1", OUTCOME_BAD_SIGNATURE, 5000);
    EXPECT(&keys, FINISHED_AT, "cupbearer_key_outcomes_total{key=\"backend-1\",outcome=\"delivered\"} 0",
           "cupbearer_key_outcomes_total{key=\"backend-1\",outcome=\"duplicate\"} 0",
           "cupbearer_key_outcomes_total{key=\"backend-1\",outcome=\"rejected\"} 1",
           "cupbearer_key_outcomes_total{key=\"backend-1\",outcome=\"failed\"} 0");
    metrics_keys_done(&keys);
}

static void a_clock_is_told_for_ten_minutes(void **state)
{
    (void)state;
    struct metrics_keys keys = {0};
    end(&keys, "a", OUTCOME_DUPLICATE, -20);
#define COUNTS                                                                                                         \
    "cupbearer_key_outcomes_total{key=\"a\",outcome=\"delivered\"} 0", "cupbearer_key_outcomes_total{key=\"a\",outcome=\"duplicate\"} 1", \
        "cupbearer_key_outcomes_total{key=\"a\",outcome=\"rejected\"} 0", "cupbearer_key_outcomes_total{key=\"a\",outcome=\"failed\"} 0"
    EXPECT(&keys, FINISHED_AT + METRICS_KEYS_FRESH_MS, COUNTS, "cupbearer_key_clock_ahead_seconds{key=\"a\"} -20.500");
    EXPECT(&keys, FINISHED_AT + METRICS_KEYS_FRESH_MS + 1, COUNTS);
    metrics_keys_done(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_lines_from_its_first_record_on),
        cmocka_unit_test(what_a_key_has_not_signed_says_nothing_of_its_clock),
        cmocka_unit_test(a_clock_is_told_for_ten_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
