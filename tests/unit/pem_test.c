#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "http/client/pem.h"

#define BEGIN  "-----BEGIN CERTIFICATE-----\n"
#define END    "-----END CERTIFICATE-----\n"
#define KEY    "-----BEGIN EC PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\n\r\nTUlJ\r\n-----END EC PRIVATE KEY-----\r\n"
#define BLOCK  BEGIN "TUlJQ2\nYw==\n" END

static void whole_files_are_taken(void **state)
{
    static const char *const good[] = {
        BLOCK, KEY, "# of the office\n" BLOCK "\nsubject: CN = x\n" BLOCK KEY, "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----",
    };
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(pem_check(span_of(good[i]), &err), 0);
}

/* As one that is being overwritten is met. */
static void each_beginning_of_one_is_refused(void **state)
{
    struct span whole = SPAN(BLOCK);
    struct err err;
    (void)state;
    for (size_t size = 0; size < whole.size - 1; size++)
        assert_int_equal(pem_check((struct span){whole.data, size}, &err), -1);
}

static void what_is_none_is_refused_and_not_repeated(void **state)
{
    static const struct {
        const char *text, *said;
    } bad[] = {
        {"", "no PEM file"},
        {"secret", "no PEM file"},
        {BEGIN "secret", "cut off"},
        {BLOCK BEGIN, "cut off"},
        {BLOCK BEGIN BLOCK, "line 6"},
        {END BLOCK, "line 1"},
        {BEGIN "-----END PUBLIC KEY-----\n", "line 2"},
        {BEGIN "TUlJ secret\n" END, "line 2"},
        {BEGIN "TU\x80lJ\n" END, "line 2"},
    };
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(pem_check(span_of(bad[i].text), &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_non_null(strstr(err.text, bad[i].said));
        assert_null(strstr(err.text, "secret"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files_are_taken),
        cmocka_unit_test(each_beginning_of_one_is_refused),
        cmocka_unit_test(what_is_none_is_refused_and_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
