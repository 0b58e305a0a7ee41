#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/outcome.h"

static void every_outcome_is_found_by_its_two_words(void **state)
{
    (void)state;
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
        enum outcome outcome = (enum outcome)i;
        assert_int_equal(outcome_find(span_of(outcome_word(outcome)), span_of(outcome_reason(outcome))), i);
        assert_true(outcome_text(outcome)[0] != 0);
        assert_true((outcome_advice(outcome)[0] != 0) == (outcome != OUTCOME_DELIVERED));
    }
    assert_int_equal(outcome_find(SPAN(""), SPAN("")), OUTCOME_NONE);
    assert_int_equal(outcome_find(SPAN("rejected"), SPAN("")), OUTCOME_NONE);
    assert_int_equal(outcome_find(SPAN("failed"), SPAN("expired")), OUTCOME_NONE);
    assert_string_equal(outcome_word(OUTCOME_NONE), "");
}

static void only_rejected_and_failed_ones_have_a_dead_letter(void **state)
{
    (void)state;
    const struct {
        enum outcome outcome;
        bool rejected, failed;
    } rows[] = {
        {OUTCOME_NONE, false, false},
        {OUTCOME_DELIVERED, false, false},
        {OUTCOME_DUPLICATE, false, false},
        {OUTCOME_MALFORMED_HEADERS, true, false},
        {OUTCOME_EXPIRES_TOO_LATE, true, false},
        {OUTCOME_CONVERSATION_NOT_FOUND, false, true},
        {OUTCOME_BACKLOG, false, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(outcome_is_rejected(rows[i].outcome), rows[i].rejected);
        assert_int_equal(outcome_is_failed(rows[i].outcome), rows[i].failed);
        assert_int_equal(outcome_has_dead_letter(rows[i].outcome), rows[i].rejected || rows[i].failed);
    }
}

/* `count` times "a", then text: what is left of it behind them. */
static const char *detail_behind(struct detail *detail, int count, const char *text)
{
    assert_int_equal(detail_set(detail, OUTCOME_EXPIRED, "%0*d%s", count, 0, text), OUTCOME_EXPIRED);
    assert_true(strlen(detail->text) <= 200);
    return detail->text + count;
}

static void a_detail_of_200_bytes_is_whole_and_a_longer_one_cut_at_a_code_points_end(void **state)
{
    (void)state;
    struct detail detail;
    assert_string_equal(detail_behind(&detail, 198, "ab"), "ab");
    assert_string_equal(detail_behind(&detail, 198, "abc"), "ab");
    assert_string_equal(detail_behind(&detail, 198, "\xc3\xa4"), "\xc3\xa4");
    assert_string_equal(detail_behind(&detail, 198, "\xc3\xa4z"), "\xc3\xa4");
    assert_string_equal(detail_behind(&detail, 199, "\xc3\xa4"), "");
    assert_string_equal(detail_behind(&detail, 197, "\xe2\x82\xacz"), "\xe2\x82\xac");
    assert_string_equal(detail_behind(&detail, 198, "\xe2\x82\xacz"), "");
    assert_string_equal(detail_behind(&detail, 197, "a\xe2\x82\xacz"), "a");
    assert_string_equal(detail_behind(&detail, 196, "\xf0\x9f\x98\x80z"), "\xf0\x9f\x98\x80");
    for (int count = 197; count < 200; count++)
        assert_string_equal(detail_behind(&detail, count, "\xf0\x9f\x98\x80"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_is_found_by_its_two_words),
        cmocka_unit_test(only_rejected_and_failed_ones_have_a_dead_letter),
        cmocka_unit_test(a_detail_of_200_bytes_is_whole_and_a_longer_one_cut_at_a_code_points_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
