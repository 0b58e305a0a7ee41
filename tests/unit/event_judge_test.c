#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/event.h"

#define SIGNED_AT_S 1767225600

static void expect_judged(int64_t admitted_at_ms, int64_t ttl_s, enum outcome outcome, const char *text)
{
    struct keyring_entry entry = {
        .id = (char *)(uintptr_t) "k", .not_before_ms = INT64_MIN, .not_after_ms = INT64_MAX};
    struct detail detail = {0};
    assert_int_equal(event_judge(&entry, SIGNED_AT_S, ttl_s, admitted_at_ms, &detail), outcome);
    assert_string_equal(detail.text, text);
}

static void an_event_is_good_until_the_millisecond_it_expires(void **state)
{
    (void)state;
    const int64_t expires_ms = (SIGNED_AT_S + 45) * 1000LL;
    expect_judged(expires_ms, 45, OUTCOME_NONE, "");
    expect_judged(expires_ms + 1, 45, OUTCOME_EXPIRED,
                  "admitted 0.001 s after it expired: published late, or the signer's clock is behind");
    expect_judged(SIGNED_AT_S * 1000LL + 1000, 1, OUTCOME_NONE, "");
    expect_judged(SIGNED_AT_S * 1000LL + 61000, 60, OUTCOME_EXPIRED,
                  "admitted 1.000 s after it expired: published late, or the signer's clock is behind");
}

static void an_event_may_expire_a_minute_ahead_and_not_a_millisecond_more(void **state)
{
    (void)state;
    const int64_t expires_ms = (SIGNED_AT_S + 45) * 1000LL;
    expect_judged(expires_ms - 60000, 45, OUTCOME_NONE, "");
    expect_judged(
        expires_ms - 60001, 45, OUTCOME_EXPIRES_TOO_LATE,
        "expires 0.001 s later than a minute after it was admitted: the signer's clock is ahead, or ttl leaves no room");
    expect_judged(SIGNED_AT_S * 1000LL, 60, OUTCOME_NONE, "");
    expect_judged(
        SIGNED_AT_S * 1000LL - 1, 60, OUTCOME_EXPIRES_TOO_LATE,
        "expires 0.001 s later than a minute after it was admitted: the signer's clock is ahead, or ttl leaves no room");
}

/* A record's timestamp is whatever its producer or broker wrote. */
static void the_ends_of_time_are_judged_too(void **state)
{
    (void)state;
    expect_judged(
        INT64_MAX, 45, OUTCOME_EXPIRED,
        "admitted 9223370269629130.807 s after it expired: published late, or the signer's clock is behind");
    expect_judged(
        -1, 45, OUTCOME_EXPIRES_TOO_LATE,
        "expires 1767225585.001 s later than a minute after it was admitted: the signer's clock is ahead, or ttl leaves no room");
    expect_judged(
        INT64_MIN, 45, OUTCOME_EXPIRES_TOO_LATE,
        "expires 9223373804080360.808 s later than a minute after it was admitted: the signer's clock is ahead, or ttl leaves no room");
}

static void a_key_is_good_from_its_first_to_its_last_millisecond(void **state)
{
    (void)state;
    const int64_t at_ms = SIGNED_AT_S * 1000LL;
    const struct {
        int64_t not_before_ms, not_after_ms;
        bool revoked;
        const char *text;
    } rows[] = {
        {at_ms, at_ms, false, ""},
        {at_ms + 1, INT64_MAX, false, "admitted before key k was valid"},
        {INT64_MIN, at_ms - 1, false, "admitted after key k was valid"},
        {at_ms, at_ms, true, "key k is revoked"},
        {at_ms + 1, INT64_MAX, true, "key k is revoked"},
    };
    struct detail detail;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct keyring_entry entry = {.id = (char *)(uintptr_t) "k",
                                            .not_before_ms = rows[i].not_before_ms,
                                            .not_after_ms = rows[i].not_after_ms,
                                            .revoked = rows[i].revoked};
        detail.text[0] = 0;
        assert_int_equal(event_judge(&entry, SIGNED_AT_S, 45, at_ms, &detail),
                         rows[i].text[0] == 0 ? OUTCOME_NONE : OUTCOME_KEY_NOT_ACTIVE);
        assert_string_equal(detail.text, rows[i].text);
    }
    assert_int_equal(event_judge(NULL, SIGNED_AT_S, 45, at_ms, &detail), OUTCOME_KEY_NOT_ACTIVE);
    assert_string_equal(detail.text, "the key was taken out of the keyring");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_good_until_the_millisecond_it_expires),
        cmocka_unit_test(an_event_may_expire_a_minute_ahead_and_not_a_millisecond_more),
        cmocka_unit_test(the_ends_of_time_are_judged_too),
        cmocka_unit_test(a_key_is_good_from_its_first_to_its_last_millisecond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
