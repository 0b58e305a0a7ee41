#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "dedup/window.h"

#define MANY 200000

static const unsigned char hash_key[16] = "0123456789abcdef";

/* As a MAC would be: spread over all bytes. */
static struct identity spread(uint64_t number)
{
    struct rng rng = {number};
    struct identity identity;
    for (size_t i = 0; i < 2; i++) {
        uint64_t part = rng_next(&rng);
        memcpy(identity.bytes + 8 * i, &part, 8);
    }
    return identity;
}

static enum window_state find(const struct window *window, struct identity identity, int64_t admitted_ms)
{
    int64_t signed_at_s = 0;
    return window_find(window, &identity, (struct wall){admitted_ms}, &signed_at_s);
}

static void add(struct window *window, struct identity identity, int64_t end_ms)
{
    window_add(window, &identity, (struct wall){end_ms});
}

static void fail_once(struct window *window, struct identity identity, int64_t end_ms, int64_t signed_at_s)
{
    window_add_failed(window, &identity, (struct wall){end_ms}, signed_at_s);
}

static void a_delivered_one_is_a_duplicate_until_its_end_and_the_later_end_stays(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, hash_key);
    assert_int_equal(find(&window, spread(1), 5000), WINDOW_NEW);
    add(&window, spread(1), 10000);
    assert_int_equal(find(&window, spread(1), 0), WINDOW_DELIVERED);
    assert_int_equal(find(&window, spread(1), 10000), WINDOW_DELIVERED);
    assert_int_equal(find(&window, spread(1), 10001), WINDOW_NEW);
    assert_int_equal(find(&window, spread(2), 5000), WINDOW_NEW);
    add(&window, spread(1), 20000);
    add(&window, spread(1), 15000);
    assert_int_equal(find(&window, spread(1), 20000), WINDOW_DELIVERED);
    assert_int_equal(window_count(&window), 1);
    window_done(&window);
}

/* Whole seconds are kept, and an end never comes early. */
/* A copy of its receipt may lie behind the later one's. */
static void of_two_failures_the_later_one_stays(void **state)
{
    (void)state;
    struct window window;
    int64_t signed_at_s = 0;
    window_init(&window, hash_key);
    const struct identity one = spread(1);
    fail_once(&window, one, 10000, 5);
    fail_once(&window, one, 20000, 15);
    fail_once(&window, one, 10000, 5);
    assert_int_equal(window_find(&window, &one, (struct wall){20000}, &signed_at_s), WINDOW_FAILED);
    assert_int_equal(signed_at_s, 15);
    window_done(&window);
}

static void an_end_is_rounded_up_to_the_second(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, hash_key);
    add(&window, spread(1), 10001);
    assert_int_equal(find(&window, spread(1), 10001), WINDOW_DELIVERED);
    assert_int_equal(find(&window, spread(1), 11000), WINDOW_DELIVERED);
    assert_int_equal(find(&window, spread(1), 11001), WINDOW_NEW);
    add(&window, spread(2), 4102444800000); /* 2100 */
    assert_int_equal(find(&window, spread(2), 4102444800000), WINDOW_DELIVERED);
    assert_int_equal(find(&window, spread(2), 4102444800001), WINDOW_NEW);
    window_done(&window);
}

static void a_failed_one_says_when_it_was_signed_until_a_delivery_overtakes_it(void **state)
{
    (void)state;
    struct window window;
    struct identity one = spread(1);
    int64_t signed_at_s = 0;
    window_init(&window, hash_key);
    fail_once(&window, one, 10500, 77);
    assert_int_equal(window_find(&window, &one, (struct wall){10500}, &signed_at_s), WINDOW_FAILED);
    assert_int_equal(signed_at_s, 77);
    assert_int_equal(find(&window, one, 10501), WINDOW_NEW);
    fail_once(&window, one, 20000, 99);
    assert_int_equal(window_find(&window, &one, (struct wall){20000}, &signed_at_s), WINDOW_FAILED);
    assert_int_equal(signed_at_s, 99);
    assert_int_equal(window_count(&window), 1);
    add(&window, one, 15000);
    assert_int_equal(find(&window, one, 15000), WINDOW_DELIVERED);
    assert_int_equal(find(&window, one, 16000), WINDOW_NEW);
    fail_once(&window, one, 30000, 100);
    assert_int_equal(find(&window, one, 15000), WINDOW_DELIVERED);
    assert_int_equal(find(&window, one, 16000), WINDOW_FAILED);
    window_done(&window);
}

static void failures_are_dropped_once_the_horizon_has_passed_their_end(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, hash_key);
    for (uint64_t i = 0; i < 1000; i++)
        fail_once(&window, spread(i), (int64_t)i, 1);
    window_advance(&window, (struct wall){600});
    assert_int_equal(window_count(&window), 400);
    assert_int_equal(find(&window, spread(600), 600), WINDOW_FAILED);
    window_advance(&window, (struct wall){10}); /* it never goes back */
    assert_int_equal(window.horizon.ms, 600);
    window_advance(&window, (struct wall){2000});
    assert_int_equal(window_count(&window), 0);
    window_done(&window);
}

/* Few first bytes and few beginnings behind them: full shards, long probes. */
static struct identity crowded(size_t number)
{
    struct identity identity = {{0}};
    identity.bytes[0] = (unsigned char)(number % 3);
    identity.bytes[1] = (unsigned char)(number % 5);
    identity.bytes[14] = (unsigned char)(number >> 8);
    identity.bytes[15] = (unsigned char)number;
    return identity;
}

static void what_ends_at_the_horizon_is_kept_when_its_shard_is_copied_and_what_ended_before_is_not(
    void **state)
{
    (void)state;
    struct window window;
    window_init(&window, hash_key);
    for (size_t i = 0; i < 300; i++)
        add(&window, crowded(i), i % 2 == 0 ? 10000 : 8999);
    window_advance(&window, (struct wall){10000});
    for (size_t i = 300; i < 3000; i++)
        add(&window, crowded(i), 50000);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(find(&window, crowded(i), 10000), i % 2 == 0 ? WINDOW_DELIVERED : WINDOW_NEW);
    assert_int_equal(window_count(&window), 3000 - 150);
    window_done(&window);
}

static void two_hundred_thousand_take_at_most_24_bytes_each(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, hash_key);
    for (uint64_t i = 1; i <= MANY; i++) {
        add(&window, spread(i), 3600000);
        if (i % 10000 == 0)
            assert_true(window_bytes(&window) <= 24 * i + sizeof(window) + 64 * WINDOW_SHARDS);
    }
    assert_int_equal(window_count(&window), MANY);
    assert_true(window_bytes(&window) <= 24 * MANY);
    for (uint64_t i = 1; i <= MANY; i++) {
        assert_int_equal(find(&window, spread(i), 3600000), WINDOW_DELIVERED);
        if (i % 10 == 0)
            assert_int_equal(find(&window, spread(MANY + i), 0), WINDOW_NEW);
    }
    window_done(&window);
}

static void one_that_was_filled_takes_no_more_afterwards_and_grows_as_before(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, hash_key);
    window_filled(&window);
    window_fill(&window);
    for (uint64_t i = 1; i <= MANY; i++) {
        add(&window, spread(i), 3600000);
        assert_true(window_bytes(&window) <= 40 * i + sizeof(window) + 400 * WINDOW_SHARDS);
    }
    window_filled(&window);
    assert_true(window_bytes(&window) <= 24 * MANY);
    for (uint64_t i = MANY + 1; i <= MANY + MANY / 4; i++) {
        add(&window, spread(i), 3600000);
        assert_true(window_bytes(&window) <= 24 * i + sizeof(window));
    }
    assert_int_equal(window_count(&window), MANY + MANY / 4);
    for (uint64_t i = 1; i <= MANY + MANY / 4; i++)
        assert_int_equal(find(&window, spread(i), 3600000), WINDOW_DELIVERED);
    window_done(&window);
}

/* An hour of window over a day, one every two seconds: what has ended makes room for what comes. */
static void a_window_that_moves_does_not_grow(void **state)
{
    (void)state;
    struct window window;
    size_t most = 0;
    window_init(&window, hash_key);
    for (int64_t s = 0; s < 24 * 3600; s += 2) {
        if (s % 60 == 0)
            window_advance(&window, (struct wall){s * 1000});
        add(&window, spread((uint64_t)s), (s + 3600) * 1000);
        most = window_bytes(&window) > most ? window_bytes(&window) : most;
    }
    assert_true(most <= 1800 * 20 * 2 + sizeof(window) + 64 * 8 + WINDOW_SHARDS * 100);
    for (int64_t s = 23 * 3600; s < 24 * 3600; s += 2)
        assert_int_equal(find(&window, spread((uint64_t)s), 24 * 3600 * 1000), WINDOW_DELIVERED);
    window_done(&window);
}

/* ---- against a naive model ---- */

#define POOL   3000 /* of which some dozens are alive at once */
#define RECENT 64

struct naive {
    int64_t delivered_end_ms, failed_end_ms, signed_at_s; /* ends: -1 for none */
};

static enum window_state naive_find(const struct naive *one, int64_t admitted_ms)
{
    if (one->delivered_end_ms >= admitted_ms)
        return WINDOW_DELIVERED;
    return one->failed_end_ms >= admitted_ms ? WINDOW_FAILED : WINDOW_NEW;
}

static void expect_as_naive(const struct window *window, const struct naive *pool, size_t which,
                            int64_t admitted_ms)
{
    int64_t signed_at_s = -1;
    struct identity identity = crowded(which);
    enum window_state expected = naive_find(&pool[which], admitted_ms);
    assert_int_equal(window_find(window, &identity, (struct wall){admitted_ms}, &signed_at_s), expected);
    if (expected == WINDOW_FAILED)
        assert_int_equal(signed_at_s, pool[which].signed_at_s);
}

static size_t naive_step(struct window *window, struct naive *pool, struct rng *rng, int64_t now_ms)
{
    size_t which = (size_t)rng_below(rng, POOL);
    struct identity identity = crowded(which);
    int64_t end_ms = now_ms + rng_below(rng, 20000);
    if (rng_below(rng, 4) > 0) {
        int64_t whole_ms = (end_ms + 999) / 1000 * 1000;
        add(window, identity, end_ms);
        if (pool[which].delivered_end_ms < whole_ms)
            pool[which].delivered_end_ms = whole_ms;
        pool[which].failed_end_ms = -1;
    } else {
        int64_t signed_at_s = now_ms / 1000; /* the later one is also signed later, or else a copy */
        pool[which].failed_end_ms = end_ms > pool[which].failed_end_ms ? end_ms : pool[which].failed_end_ms;
        pool[which].signed_at_s = signed_at_s;
        fail_once(window, identity, end_ms, signed_at_s);
    }
    return which;
}

static void what_is_alive_is_never_forgotten(void **state)
{
    (void)state;
    static struct naive pool[POOL];
    size_t recent[RECENT] = {0};
    struct rng rng = {20261124};
    struct window window;
    int64_t now_ms = 1000;
    window_init(&window, hash_key);
    for (size_t i = 0; i < POOL; i++)
        pool[i] = (struct naive){-1, -1, 0};
    for (int step = 0; step < 30000; step++) {
        now_ms += rng_below(&rng, 700);
        if (rng_below(&rng, 20) == 0)
            window_advance(&window, (struct wall){now_ms - rng_below(&rng, 2000)});
        if (step % 1000 == 0)
            step % 2000 == 0 ? window_fill(&window) : window_filled(&window);
        recent[step % RECENT] = naive_step(&window, pool, &rng, now_ms);
        expect_as_naive(&window, pool, (size_t)rng_below(&rng, POOL), now_ms);
        for (int i = 0; i < 4; i++)
            expect_as_naive(&window, pool, recent[rng_below(&rng, RECENT)], now_ms + rng_below(&rng, 3));
    }
    for (size_t i = 0; i < POOL; i++)
        expect_as_naive(&window, pool, i, now_ms);
    window_done(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delivered_one_is_a_duplicate_until_its_end_and_the_later_end_stays),
        cmocka_unit_test(an_end_is_rounded_up_to_the_second),
        cmocka_unit_test(of_two_failures_the_later_one_stays),
        cmocka_unit_test(a_failed_one_says_when_it_was_signed_until_a_delivery_overtakes_it),
        cmocka_unit_test(failures_are_dropped_once_the_horizon_has_passed_their_end),
        cmocka_unit_test(
            what_ends_at_the_horizon_is_kept_when_its_shard_is_copied_and_what_ended_before_is_not),
        cmocka_unit_test(two_hundred_thousand_take_at_most_24_bytes_each),
        cmocka_unit_test(one_that_was_filled_takes_no_more_afterwards_and_grows_as_before),
        cmocka_unit_test(a_window_that_moves_does_not_grow),
        cmocka_unit_test(what_is_alive_is_never_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
