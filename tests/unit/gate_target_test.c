#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/http/target.h"

static struct target target;

static bool reads(const char *raw)
{
    return target_read(&target, span_of(raw));
}

static void a_path_is_its_parts(void **state)
{
    (void)state;
    assert_true(reads("/v1/events/a%3ab~c/receipt?wait=5"));
    assert_int_equal(target.part_count, 4);
    assert_true(span_equal(target.parts[2], SPAN("a:b~c")));
    assert_true(target_is(&target, "v1/events/*/receipt"));
    assert_false(target_is(&target, "v1/events/*"));
    assert_false(target_is(&target, "v1/events/*/receipt/"));
    assert_false(target_is(&target, "v1/events/*/receipt/*"));
}

static void a_slash_at_the_end_is_another_path(void **state)
{
    (void)state;
    assert_true(reads("/composer/"));
    assert_true(target_is(&target, "composer/"));
    assert_false(target_is(&target, "composer"));
    assert_true(reads("/composer"));
    assert_true(target_is(&target, "composer"));
    assert_false(target_is(&target, "composer/"));
    assert_true(reads("/"));
    assert_false(target_is(&target, "composer"));
    assert_true(target_is(&target, ""));
}

static void what_could_be_read_in_two_ways_is_no_path(void **state)
{
    static const char *const bad[] = {
        "",
        "a",
        "//",
        "/a//b",
        "/a/./b",
        "/a/../b",
        "/%2e",
        "/a/%2E%2e/b",
        "/a%2fb",
        "/a%5cb",
        "/a\\b",
        "/a%00",
        "/a%0d",
        "/a%7f",
        "/a%",
        "/a%2",
        "/a%2g",
        "/a%g2",
        "/a\tb",
        "/a#b",
        "*",
        "/a?b=%0",
        "/a?b=%00",
        "/a?%0a",
        "http://a",
        "/a\x01",
        "/1/2/3/4/5/6/7/8/9",
        "/a?1&2&3&4&5&6&7&8&9",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (reads(bad[i]))
            fail_msg("%s", bad[i]);
    char longest[TARGET_SIZE_MAX + 1];
    memset(longest, 'a', sizeof(longest));
    longest[0] = '/';
    assert_true(target_read(&target, (struct span){longest, TARGET_SIZE_MAX}));
    assert_false(target_read(&target, (struct span){longest, TARGET_SIZE_MAX + 1}));
}

static void a_parameter_counts_where_it_stands_once(void **state)
{
    (void)state;
    assert_true(reads("/a?x=1&y=a%20b+c&&z&x=2&w="));
    assert_true(span_equal(target_param(&target, "y"), SPAN("a b c")));
    assert_null(target_param(&target, "x").data);
    assert_null(target_param(&target, "nothing").data);
    assert_non_null(target_param(&target, "w").data);
    assert_int_equal(target_param(&target, "w").size, 0);
    assert_int_equal(target_param(&target, "z").size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_its_parts),
        cmocka_unit_test(a_slash_at_the_end_is_another_path),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_no_path),
        cmocka_unit_test(a_parameter_counts_where_it_stands_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
