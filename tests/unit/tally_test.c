#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cmd/dead/tally.h"

#define HOUR_MS 3600000LL

static void the_table_counts_by_reason_account_and_age(void **state)
{
    (void)state;
    struct config_account accounts[] = {{.name = (char[]){"acme"}}, {.name = (char[]){"a-name-longer-than-the-column"}}};
    const struct config config = {.accounts = accounts, .account_count = 2};
    struct tally tally;
    char *text;
    size_t size;
    tally_init(&tally, &config);
    for (int i = 0; i < 30; i++)
        tally_add(&tally, OUTCOME_GAVE_UP, SPAN("acme"), HOUR_MS - 1, RESEND_STATE_DELIVERED);
    tally_add(&tally, OUTCOME_GAVE_UP, SPAN("acme"), HOUR_MS, RESEND_STATE_OPEN);
    tally_add(&tally, OUTCOME_GAVE_UP, SPAN("acme"), 24 * HOUR_MS - 1, RESEND_STATE_WAITING);
    tally_add(&tally, OUTCOME_CONVERSATION_NOT_FOUND, SPAN("a-name-longer-than-the-column"), 168 * HOUR_MS - 1,
              RESEND_STATE_KEPT);
    tally_add(&tally, OUTCOME_BAD_SIGNATURE, SPAN("\033[2J"), 168 * HOUR_MS, RESEND_STATE_KEPT);
    tally_add(&tally, OUTCOME_BAD_SIGNATURE, SPAN_NONE, -5, RESEND_STATE_KEPT); /* of a broker whose clock is ahead */
    FILE *out = open_memstream(&text, &size);
    tally_print(&tally, out);
    fclose(out);
    assert_string_equal(text,
                        "REASON                 ACCOUNT          AGE     LETTERS TO SEND DELIVERED OTHER\n"
                        "bad_signature          -                < 1 h         1       0         0     1\n"
                        "bad_signature          -                >= 7 d        1       0         0     1\n"
                        "conversation_not_found a-name-longer-.. < 7 d         1       0         0     1\n"
                        "gave_up                acme             < 1 h        30       0        30     0\n"
                        "gave_up                acme             < 24 h        2       1         0     1\n");
    free(text);
    tally_done(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_counts_by_reason_account_and_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
