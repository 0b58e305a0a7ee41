#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/instance.h"
#include "unit/directory.h"

static void expect_name(const char *pattern, const char *host, const char *expected)
{
    struct err err;
    char *name = instance_expand(pattern, host, &err);
    assert_non_null(name);
    assert_string_equal(name, expected);
    free(name);
}

static void the_host_stands_where_the_pattern_says(void **state)
{
    (void)state;
    expect_name("%h", "web-1", "web-1");
    expect_name("cupbearer.%h-2", "web-1", "cupbearer.web-1-2");
    expect_name("%h%h", "a", "aa");
    struct err err;
    assert_null(instance_expand("%h", "", &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_null(instance_expand("%h", "../etc", &err));
    assert_null(instance_expand("%h", "two words", &err));
    char host[251];
    memset(host, 'h', sizeof(host) - 1);
    host[250] = 0;
    assert_null(instance_expand("%h", host, &err));
}

static struct config config_of(char *pattern, char *state_dir)
{
    return (struct config){.group_instance_id = pattern, .state_dir = state_dir};
}

static void a_name_is_taken_once_until_it_is_given_back(void **state)
{
    (void)state;
    struct err err;
    struct instance one, two, other;
    struct config config = config_of("worker-%h", "."), second = config_of("other-%h", ".");
    assert_int_equal(instance_take(&one, &config, &err), 0);
    assert_int_equal(instance_take(&two, &config, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_non_null(strstr(err.text, "another worker runs as group_instance_id worker-"));
    assert_int_equal(instance_take(&other, &second, &err), 0);
    instance_done(&two);
    instance_done(&one);
    assert_int_equal(instance_take(&two, &config, &err), 0);
    instance_done(&two);
    instance_done(&other);
}

static struct member taken(char *pattern, char *state_dir)
{
    struct err err;
    struct instance one;
    struct config config = config_of(pattern, state_dir);
    assert_int_equal(instance_take(&one, &config, &err), 0);
    struct member member = one.member;
    instance_done(&one);
    return member;
}

static void the_holder_of_a_name_is_known_again_by_its_directory(void **state)
{
    (void)state;
    assert_int_equal(mkdir("a", 0700), 0);
    assert_int_equal(mkdir("b", 0700), 0);
    struct member first = taken("w", "a"), elsewhere = taken("w", "b"), other = taken("v", "a");
    struct member again = taken("w", "a");
    assert_true(first.name != 0 && first.name == again.name && first.holder == again.holder);
    assert_true(elsewhere.name == first.name && elsewhere.holder != first.holder);
    assert_true(other.name != first.name);
    assert_int_equal(truncate("a/w.lock", 5), 0); /* the disk was full */
    again = taken("w", "a");
    assert_true(again.name == first.name && again.holder != first.holder);
    assert_true(taken("w", "a").holder == again.holder);
}

static void without_a_pattern_there_is_no_name(void **state)
{
    (void)state;
    struct err err;
    struct instance one;
    struct config config = config_of(NULL, NULL);
    assert_int_equal(instance_take(&one, &config, &err), 0);
    assert_null(one.id);
    instance_done(&one);
}

static void a_directory_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct err err;
    struct instance one;
    struct config config = config_of("%h", "missing");
    assert_int_equal(instance_take(&one, &config, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_non_null(strstr(err.text, "missing/"));
    assert_non_null(strstr(err.text, "make the directory"));
    instance_done(&one);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_enter, directory_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_stands_where_the_pattern_says),
        IN_DIRECTORY(a_name_is_taken_once_until_it_is_given_back),
        IN_DIRECTORY(the_holder_of_a_name_is_known_again_by_its_directory),
        IN_DIRECTORY(without_a_pattern_there_is_no_name),
        IN_DIRECTORY(a_directory_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
