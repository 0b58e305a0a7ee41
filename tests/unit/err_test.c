#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/err.h"

static void an_error_has_the_place_that_it_was_given_and_not_the_one_before_it(void **state)
{
    struct err err;
    (void)state;
    err_set(&err, ERR_USAGE, "to: is missing");
    assert_string_equal(err.place, "");
    assert_int_equal(err_place(&err, "to.%s", "customer"), -1);
    assert_string_equal(err.place, "to.customer");
    err_set(&err, ERR_USAGE, "the payload is not an object");
    assert_string_equal(err.place, "");
    err_place(&err, "to");
    err_os(&err, ENOENT, "keyring");
    assert_string_equal(err.place, "");
    assert_int_equal(err_place(NULL, "to"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_has_the_place_that_it_was_given_and_not_the_one_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
