#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/access/waiting.h"

static const unsigned char names[4][WAITING_NAME_SIZE] = {{1}, {2}, {3}, {4}};

static void one_name_has_a_part_of_the_places_and_all_have_no_more_than_there_are(void **state)
{
    struct waiting waiting;
    (void)state;
    waiting_init(&waiting, 5, 2);
    assert_true(waiting_begin(&waiting, names[0]));
    assert_true(waiting_begin(&waiting, names[0]));
    assert_false(waiting_begin(&waiting, names[0]));
    assert_true(waiting_begin(&waiting, names[1]));
    assert_true(waiting_begin(&waiting, names[1]));
    assert_true(waiting_begin(&waiting, names[2]));
    assert_false(waiting_begin(&waiting, names[3]));
    assert_int_equal(waiting_count(&waiting), 5);
    waiting_end(&waiting, names[0]);
    assert_true(waiting_begin(&waiting, names[3]));
    assert_false(waiting_begin(&waiting, names[0]));
    waiting_end(&waiting, names[1]);
    assert_true(waiting_begin(&waiting, names[0]));
    waiting_done(&waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_name_has_a_part_of_the_places_and_all_have_no_more_than_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
