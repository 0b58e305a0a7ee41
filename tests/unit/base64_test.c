#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int group_setup(void **state)
{
    (void)state;
    return sodium_init() < 0 ? -1 : 0;
}

/* In each place of a digit, so that none is taken for another. */
static void of_all_bytes_the_64_are_read_and_no_other(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        for (size_t place = 0; place < 4; place++) {
            char text[] = "AAAA";
            unsigned char out[3];
            size_t size = 0;
            text[place] = (char)byte;
            const char *digit = byte == 0 ? NULL : strchr(digits, byte);
            bool read = base64_read((struct span){text, 4}, sodium_base64_VARIANT_ORIGINAL, out, 3, &size);
            if (byte == '=' && place == 3) {
                assert_true(read);
                assert_int_equal(size, 2);
                continue;
            }
            assert_int_equal(read, digit != NULL);
            if (!read)
                continue;
            unsigned bits = (unsigned)out[0] << 16 | (unsigned)out[1] << 8 | out[2];
            assert_int_equal(bits >> (18 - 6 * place), digit - digits);
        }
    }
}

static void what_is_not_exactly_base64_is_refused(void **state)
{
    (void)state;
    const struct {
        struct span text;
        bool good;
    } rows[] = {
        {SPAN("AAA="), true},     {SPAN("AA=="), true},     {SPAN("+/+/"), true},
        {SPAN("AAA"), false},     {SPAN("AAB="), false},    {SPAN("AB=="), false},
        {SPAN("A==="), false},    {SPAN("AAA=\n"), false},  {SPAN("AAAA="), false},
        {SPAN(" AAAA"), false},   {SPAN("AAA=A"), false},   {SPAN("-_-_"), false},
        {SPAN("AAAAAAA="), true}, {SPAN("AAAAAAAA"), true}, {SPAN("AAAAAAAAAA=="), false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char out[6];
        size_t size = 0;
        assert_int_equal(base64_read(rows[i].text, sodium_base64_VARIANT_ORIGINAL, out, sizeof(out), &size),
                         rows[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_all_bytes_the_64_are_read_and_no_other),
        cmocka_unit_test(what_is_not_exactly_base64_is_refused),
    };
    return cmocka_run_group_tests(tests, group_setup, NULL);
}
