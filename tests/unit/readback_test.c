#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "delivery/delivery.h"

static struct answer many_ids(size_t count, bool incomplete)
{
    struct answer answer = {.kind = ANSWER_OK, .id_count = count, .incomplete = incomplete};
    answer.ids = calloc(count, sizeof(*answer.ids));
    assert_non_null(answer.ids);
    for (size_t i = 0; i < count; i++)
        snprintf(answer.ids[i].text, sizeof(answer.ids[i].text), "00000000-0000-4000-8000-%012u", (unsigned)i);
    return answer;
}

/* Takes that answer; what is asked next. */
static struct call answered(struct delivery *d, size_t count, bool incomplete, struct mono now)
{
    struct rng rng = {1};
    struct call call;
    struct answer answer = many_ids(count, incomplete);
    assert_int_equal(delivery_want(d, now, &call), DELIVERY_CALLS);
    delivery_calling(d, &call, now);
    delivery_take(d, &call, &answer, now, &rng);
    answer_done(&answer);
    assert_true(d->search.customer_count + d->search.conversation_count <= 10000);
    if (delivery_want(d, now, &call) == DELIVERY_CALLS)
        return call;
    return (struct call){.kind = CALL_ME}; /* it waits */
}

static void a_readback_that_finds_more_than_it_can_hold_says_nothing(void **state)
{
    (void)state;
    const struct payload payload = {.address = ADDRESS_EXTERNAL_ID};
    const struct delivery_limits limits = {
        .http_timeout_ms = 15000, .settle_ms = 10000, .unknown_for_ms = 3600000};
    const struct mono now = {1000}, later = {100000};
    struct delivery d;
    delivery_init(&d, &payload, &limits, (struct mono){3600000});
    delivery_doubt(&d, now, 1, "");
    assert_int_equal(answered(&d, 1000, true, now).page, 1);
    assert_int_equal(answered(&d, 1000, false, now).kind, CALL_READ_CUSTOMER);
    for (int i = 0; i < 8; i++) /* conversations of customers */
        assert_int_equal(answered(&d, 1000, false, now).kind, CALL_READ_CUSTOMER);
    assert_int_equal(answered(&d, 1, false, now).kind, CALL_ME);
    assert_true(d.unknown);
    struct call call;
    assert_int_equal(delivery_want(&d, later, &call), DELIVERY_CALLS);
    assert_true(call.kind == CALL_LIST_CUSTOMERS && call.page == 0); /* from the beginning */
    delivery_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_readback_that_finds_more_than_it_can_hold_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
