#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slots.h"

static int things[1000];

static void a_handle_finds_its_thing_until_it_is_removed(void **state)
{
    (void)state;
    struct slots slots = {0};
    uint64_t one = slots_add(&slots, &things[1]), two = slots_add(&slots, &things[2]);
    assert_ptr_equal(slots_find(&slots, one), &things[1]);
    assert_ptr_equal(slots_find(&slots, two), &things[2]);
    assert_int_equal(slots.count, 2);
    slots_remove(&slots, one);
    assert_null(slots_find(&slots, one));
    assert_ptr_equal(slots_find(&slots, two), &things[2]);
    assert_int_equal(slots.count, 1);
    slots_done(&slots);
}

static void a_handle_of_something_gone_finds_nothing_though_its_place_is_taken_again(void **state)
{
    (void)state;
    struct slots slots = {0};
    uint64_t old = slots_add(&slots, &things[1]);
    slots_remove(&slots, old);
    uint64_t young = slots_add(&slots, &things[2]);
    assert_int_equal((uint32_t)young, (uint32_t)old);
    assert_int_not_equal(young, old);
    assert_null(slots_find(&slots, old));
    assert_ptr_equal(slots_find(&slots, young), &things[2]);
    slots_done(&slots);
}

static void no_handle_is_0_and_strange_ones_find_nothing(void **state)
{
    (void)state;
    struct slots slots = {0};
    assert_null(slots_find(&slots, 0));
    assert_null(slots_find(&slots, 1));
    uint64_t one = slots_add(&slots, &things[1]);
    assert_int_not_equal(one, 0);
    assert_null(slots_find(&slots, 0));
    assert_null(slots_find(&slots, one + 1));
    assert_null(slots_find(&slots, one | 1ULL << 32));
    assert_null(slots_find(&slots, UINT64_MAX));
    slots_done(&slots);
}

static void a_thousand_things_come_and_go(void **state)
{
    (void)state;
    struct slots slots = {0};
    uint64_t handles[1000];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            handles[i] = slots_add(&slots, &things[i]);
        for (int i = 0; i < 1000; i++)
            assert_ptr_equal(slots_find(&slots, handles[i]), &things[i]);
        for (int i = round; i < 1000 + round; i++)
            slots_remove(&slots, handles[i * 7 % 1000]);
        assert_int_equal(slots.count, 0);
        assert_int_equal(slots.size, 1000);
    }
    slots_done(&slots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_finds_its_thing_until_it_is_removed),
        cmocka_unit_test(a_handle_of_something_gone_finds_nothing_though_its_place_is_taken_again),
        cmocka_unit_test(no_handle_is_0_and_strange_ones_find_nothing),
        cmocka_unit_test(a_thousand_things_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
