#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/heap.h"

#define BLOCKS 32768
#define BLOCK  1024

static size_t resident_bytes(void)
{
    size_t all = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu %zu", &all, &pages), 2);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* 32 MiB that were freed, all but the last of them. */
static char *make_crowd(void)
{
    static char *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK);
        assert_non_null(blocks[i]);
        memset(blocks[i], 1, BLOCK);
    }
    for (size_t i = 0; i + 1 < BLOCKS; i++)
        free(blocks[i]);
    return blocks[BLOCKS - 1];
}

/* A sanitizer brings a heap of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define OWN_HEAP 1
#elif defined(__has_feature)
#define OWN_HEAP __has_feature(address_sanitizer)
#else
#define OWN_HEAP 0
#endif

static void what_a_crowd_has_left_is_given_back_some_seconds_later(void **state)
{
    (void)state;
    if (OWN_HEAP)
        skip();
    struct heap heap = {.crowded = true};
    char *last = make_crowd();
    size_t held = resident_bytes();
    heap_turn(&heap, (struct mono){1000});
    assert_true(heap.crowded); /* it may be there still */
    heap_turn(&heap, (struct mono){60000});
    assert_false(heap.crowded);
    assert_true(resident_bytes() + BLOCKS * BLOCK / 2 < held);
    free(last);
}

static void without_one_nothing_is_looked_for(void **state)
{
    (void)state;
    struct heap heap = {0};
    char *last = make_crowd();
    size_t held = resident_bytes();
    heap_turn(&heap, (struct mono){1000});
    heap_turn(&heap, (struct mono){60000});
    assert_true(resident_bytes() + BLOCKS * BLOCK / 2 > held);
    free(last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_crowd_has_left_is_given_back_some_seconds_later),
        cmocka_unit_test(without_one_nothing_is_looked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
