#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "receipt/dead_letter.h"

static const struct header headers[] = {
    {SPAN("webhook-id"), SPAN("evt_1")},
    {SPAN("cupbearer-reason"), SPAN("planted")},
    {SPAN("cupbearer-key"), SPAN("backend-1")},
    {SPAN("cupbearer-mac"), SPAN("planted")},
    {SPAN("trace"), SPAN_NONE},
    {SPAN("cupbearer-"), SPAN("planted")},
    {SPAN("cupbearer"), SPAN("x")},
    {SPAN("cupbearer-key2"), SPAN("planted")},
    {SPAN("cupbearer-value-sha256"), SPAN("planted")},
    {SPAN("webhook-id"), SPAN("")},
};

static const struct record record = {.partition = 3,
                                     .offset = 9007199254740993,
                                     .key = SPAN("acme/e/1"),
                                     .value = SPAN("abc"),
                                     .headers = headers,
                                     .header_count = sizeof(headers) / sizeof(headers[0])};

static const struct dead_letter_facts facts = {.topic = "cupbearer.events",
                                               .outcome = OUTCOME_GAVE_UP,
                                               .detail = "2 attempts; \xe2\x82\xac",
                                               .failed_at_ms = 1764000000999,
                                               .attempts = 2};

static void expect_headers(const struct dead_letter *letter, const struct header *expected, size_t count)
{
    assert_int_equal(letter->header_count, count);
    for (size_t i = 0; i < count; i++) {
        struct header found = letter->headers[i];
        if (!span_equal(found.name, expected[i].name) || !span_equal(found.value, expected[i].value))
            fail_msg("header %zu is %.*s: %.*s", i, SPAN_ARGS(found.name), SPAN_ARGS(found.value));
        assert_int_equal(found.value.data == NULL, expected[i].value.data == NULL);
    }
}

static void a_dead_letter_is_the_record_without_planted_headers_and_says_why(void **state)
{
    (void)state;
    const struct header expected[] = {
        {SPAN("webhook-id"), SPAN("evt_1")},
        {SPAN("cupbearer-key"), SPAN("backend-1")},
        {SPAN("trace"), SPAN_NONE},
        {SPAN("cupbearer"), SPAN("x")},
        {SPAN("webhook-id"), SPAN("")},
        {SPAN("cupbearer-reason"), SPAN("gave_up")},
        {SPAN("cupbearer-detail"), SPAN("2 attempts; \xe2\x82\xac")},
        {SPAN("cupbearer-source"), SPAN("cupbearer.events/3/9007199254740993")},
        {SPAN("cupbearer-failed-at"), SPAN("1764000000999")},
        {SPAN("cupbearer-attempts"), SPAN("2")},
    };
    struct dead_letter letter;
    dead_letter_init(&letter, &record, &facts);
    expect_headers(&letter, expected, sizeof(expected) / sizeof(expected[0]));
    assert_ptr_equal(letter.value.data, record.value.data);
    assert_int_equal(letter.value.size, 3);
    dead_letter_done(&letter);
}

static void a_value_that_does_not_fit_is_told_by_its_size_and_its_hash(void **state)
{
    (void)state;
    const struct header expected[] = {
        {SPAN("cupbearer-reason"), SPAN("bad_payload")},
        {SPAN("cupbearer-detail"), SPAN("")},
        {SPAN("cupbearer-source"), SPAN("t/0/0")},
        {SPAN("cupbearer-failed-at"), SPAN("0")},
        {SPAN("cupbearer-attempts"), SPAN("0")},
        {SPAN("cupbearer-value-size"), SPAN("3")},
        {SPAN("cupbearer-value-sha256"),
         SPAN("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")},
    };
    const struct record bare = {.value = SPAN("abc")};
    const struct dead_letter_facts why = {
        .topic = "t", .outcome = OUTCOME_BAD_PAYLOAD, .detail = "", .without_value = true};
    struct dead_letter letter;
    dead_letter_init(&letter, &bare, &why);
    expect_headers(&letter, expected, sizeof(expected) / sizeof(expected[0]));
    assert_null(letter.value.data);
    dead_letter_done(&letter);
}

static void a_null_value_stays_null_and_an_empty_one_empty(void **state)
{
    (void)state;
    struct record bare = {.partition = 0};
    struct dead_letter letter;
    dead_letter_init(&letter, &bare, &facts);
    assert_null(letter.value.data);
    assert_int_equal(letter.header_count, 5);
    dead_letter_done(&letter);
    bare.value = SPAN("");
    dead_letter_init(&letter, &bare, &facts);
    assert_non_null(letter.value.data);
    assert_int_equal(letter.value.size, 0);
    dead_letter_done(&letter);
    const struct dead_letter_facts without = {
        .topic = "t", .outcome = OUTCOME_GAVE_UP, .detail = "", .without_value = true};
    bare.value = SPAN_NONE;
    dead_letter_init(&letter, &bare, &without);
    assert_true(span_equal(letter.headers[5].value, SPAN("0")));
    assert_true(span_equal(letter.headers[6].value,
                           SPAN("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")));
    dead_letter_done(&letter);
}

/* Every outcome that has one: its reason is the word of the receipt. The longest texts fit. */
static void every_reason_is_told_and_the_longest_texts_fit(void **state)
{
    (void)state;
    char topic[250], detail[201];
    memset(topic, 't', 249);
    memset(detail, 'd', 200);
    topic[249] = detail[200] = 0;
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
        const struct dead_letter_facts why = {.topic = topic,
                                              .outcome = (enum outcome)i,
                                              .detail = detail,
                                              .failed_at_ms = INT64_MAX,
                                              .attempts = UINT32_MAX,
                                              .without_value = true};
        const struct record far = {.partition = INT32_MAX, .offset = INT64_MAX, .value = SPAN("x")};
        struct dead_letter letter;
        if (!outcome_has_dead_letter(why.outcome))
            continue;
        dead_letter_init(&letter, &far, &why);
        assert_true(span_equal(letter.headers[0].value, span_of(outcome_reason(why.outcome))));
        assert_true(span_equal(letter.headers[1].value, span_of(detail)));
        assert_int_equal(letter.headers[2].value.size, 249 + 1 + 10 + 1 + 19);
        dead_letter_done(&letter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_letter_is_the_record_without_planted_headers_and_says_why),
        cmocka_unit_test(a_value_that_does_not_fit_is_told_by_its_size_and_its_hash),
        cmocka_unit_test(a_null_value_stays_null_and_an_empty_one_empty),
        cmocka_unit_test(every_reason_is_told_and_the_longest_texts_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
