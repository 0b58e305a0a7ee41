#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/watched.h"

static char path[64];

static int path_make(void **state)
{
    (void)state;
    strcpy(path, "/tmp/watched_test.XXXXXX");
    int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int path_remove(void **state)
{
    (void)state;
    return unlink(path);
}

static void file_write(int number)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "%06d", number) == 6);
    assert_int_equal(fclose(file), 0);
}

static int look(struct watched *watched)
{
    struct secret secret;
    int result = watched_read(watched, 100000, &secret, NULL);
    if (result == 1)
        secret_done(&secret);
    return result;
}

/* Faster than the kernel's stamps go on, and of one size. */
static void each_of_many_changes_in_a_row_is_seen(void **state)
{
    (void)state;
    struct watched watched = {.path = path};
    for (int i = 0; i < 1000; i++) {
        file_write(i);
        assert_int_equal(look(&watched), 1);
        assert_int_equal(look(&watched), 0);
    }
}

static void a_file_that_has_not_changed_is_not_opened_again(void **state)
{
    (void)state;
    struct watched watched = {.path = TESTS_DIR "/unit/watched_test.c"};
    struct rlimit before;
    assert_int_equal(look(&watched), 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, before.rlim_max}), 0);
    int result = look(&watched);
    watched.broken = true;
    int broken = look(&watched);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(result, 0);
    assert_int_equal(broken, -1); /* one that was no good is tried again */
    assert_int_equal(look(&watched), 1);
}

static void a_file_in_the_place_of_another_is_seen_and_one_that_is_gone(void **state)
{
    (void)state;
    struct watched watched = {.path = TESTS_DIR "/unit/watched_test.c"};
    assert_int_equal(look(&watched), 1);
    watched.path = TESTS_DIR "/unit/secret_test.c";
    assert_int_equal(look(&watched), 1);
    watched.path = "/tmp/watched_test.none";
    assert_int_equal(look(&watched), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_of_many_changes_in_a_row_is_seen, path_make, path_remove),
        cmocka_unit_test(a_file_that_has_not_changed_is_not_opened_again),
        cmocka_unit_test(a_file_in_the_place_of_another_is_seen_and_one_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
