#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "run/json_memory.h"

static void pieces_lie_one_behind_the_other_and_the_last_one_freed_empties_the_block(void **state)
{
    (void)state;
    char *a = json_memory_new(1), *b = json_memory_new(17), *c = json_memory_new(16);
    assert_int_equal((uintptr_t)a % 16, 0);
    assert_ptr_equal(b, a + 16);
    assert_ptr_equal(c, b + 32);
    json_memory_free(c);
    json_memory_free(a);
    char *d = json_memory_new(1); /* b is still in use */
    assert_ptr_equal(d, c + 16);
    json_memory_free(b);
    json_memory_free(d);
    assert_ptr_equal(json_memory_new(100), a);
    json_memory_free(a);
    json_memory_free(NULL);
}

static void what_finds_no_room_comes_from_malloc(void **state)
{
    (void)state;
    char *first = json_memory_new(JSON_MEMORY_SIZE - 16);
    char *last = json_memory_new(16), *outside = json_memory_new(16);
    assert_ptr_equal(last, first + JSON_MEMORY_SIZE - 16);
    assert_false(outside >= first && outside < first + JSON_MEMORY_SIZE);
    memset(outside, 1, 16);
    char *large = json_memory_new(JSON_MEMORY_SIZE + 1);
    memset(large, 1, JSON_MEMORY_SIZE + 1);
    json_memory_free(first);
    json_memory_free(outside);
    json_memory_free(large);
    json_memory_free(last);
    assert_ptr_equal(json_memory_new(1), first);
    json_memory_free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_lie_one_behind_the_other_and_the_last_one_freed_empties_the_block),
        cmocka_unit_test(what_finds_no_room_comes_from_malloc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
