#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"

#define COUNT 10000

struct thing {
    int number;
    char name[24];
    struct map_node node;
};

static const unsigned char hash_key[16] = "0123456789abcdef";

static struct thing *things_new(void)
{
    struct thing *things = calloc(COUNT, sizeof(*things));
    assert_non_null(things);
    for (int i = 0; i < COUNT; i++) {
        things[i].number = i;
        snprintf(things[i].name, sizeof(things[i].name), "acme/e/%d", i);
        things[i].node.key = span_of(things[i].name);
    }
    return things;
}

/* Whether exactly the things of which (number % step) == 0 are found. */
static void expect_multiples(const struct map *map, struct thing *things, int step)
{
    for (int i = 0; i < COUNT; i++) {
        char name[24];
        snprintf(name, sizeof(name), "acme/e/%d", i); /* equal bytes, other memory */
        struct map_node *node = map_find(map, span_of(name));
        if (i % step != 0)
            assert_null(node);
        else
            assert_ptr_equal(MAP_ENTRY(node, struct thing, node), &things[i]);
    }
}

static void ten_thousand_keys_are_found_and_the_removed_ones_are_not(void **state)
{
    (void)state;
    struct thing *things = things_new();
    struct map map;
    map_init(&map, hash_key);
    assert_null(map_find(&map, SPAN("acme/e/1")));
    for (int i = 0; i < COUNT; i++)
        map_add(&map, &things[i].node);
    expect_multiples(&map, things, 1);
    assert_true(map.bucket_count >= COUNT);
    for (int i = 0; i < COUNT; i++)
        if (i % 3 != 0)
            map_remove(&map, &things[i].node);
    expect_multiples(&map, things, 3);
    assert_int_equal(map.count, (COUNT + 2) / 3);
    for (int i = 0; i < COUNT; i++)
        if (i % 3 != 0)
            map_add(&map, &things[i].node);
    expect_multiples(&map, things, 1);
    assert_int_equal(map.count, COUNT);
    map_done(&map);
    free(things);
}

static void any_empties_a_table_that_is_added_to_meanwhile(void **state)
{
    (void)state;
    struct thing *things = things_new();
    struct map map;
    map_init(&map, hash_key);
    assert_null(map_any(&map));
    for (int i = 0; i < COUNT / 2; i++)
        map_add(&map, &things[i].node);
    int taken = 0, next = COUNT / 2;
    struct map_node *node;
    while ((node = map_any(&map)) != NULL) {
        struct thing *thing = MAP_ENTRY(node, struct thing, node);
        assert_int_equal(thing->name[0], 'a');
        map_remove(&map, node);
        thing->name[0] = 0;
        taken++;
        if (next < COUNT && taken % 2 == 0)
            map_add(&map, &things[next++].node);
    }
    assert_int_equal(taken, next);
    assert_true(next >= COUNT - 1);
    assert_int_equal(map.count, 0);
    map_done(&map);
    free(things);
}

static void next_walks_through_all(void **state)
{
    (void)state;
    struct thing *things = things_new();
    struct map map;
    map_init(&map, hash_key);
    assert_null(map_next(&map, NULL));
    for (int i = 0; i < COUNT; i++)
        map_add(&map, &things[i].node);
    int count = 0;
    for (struct map_node *node = map_next(&map, NULL); node != NULL; node = map_next(&map, node)) {
        struct thing *thing = MAP_ENTRY(node, struct thing, node);
        assert_int_not_equal(thing->name[0], 0); /* not seen before */
        thing->name[0] = 0;
        count++;
    }
    assert_int_equal(count, COUNT);
    map_done(&map);
    free(things);
}

static void keys_are_bytes_and_may_hold_nul_or_nothing(void **state)
{
    (void)state;
    struct map map;
    struct map_node nodes[] = {
        {.key = SPAN("a")}, {.key = SPAN("a\0")}, {.key = SPAN("a\0b")}, {.key = SPAN_NONE}};
    map_init(&map, hash_key);
    for (size_t i = 0; i < 4; i++)
        map_add(&map, &nodes[i]);
    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(map_find(&map, nodes[i].key), &nodes[i]);
    assert_null(map_find(&map, SPAN("a\0c")));
    map_done(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_keys_are_found_and_the_removed_ones_are_not),
        cmocka_unit_test(any_empties_a_table_that_is_added_to_meanwhile),
        cmocka_unit_test(next_walks_through_all),
        cmocka_unit_test(keys_are_bytes_and_may_hold_nul_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
