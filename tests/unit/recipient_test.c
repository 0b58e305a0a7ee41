#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "event/recipient.h"

#define UUID "0b4a7c1e-52d1-4c5c-9a3e-6f1d2a7b8c90"

static void a_routing_key_names_its_recipient(void **state)
{
    static const struct {
        const char *key, *to; /* NULL: it is none */
    } rows[] = {
        {"acme/e/a/e/\xc3\xa4", "{\"customer\": {\"external_id\": \"a/e/\xc3\xa4\"}}"},
        {"acme/c/" UUID, "{\"customer_id\": \"" UUID "\"}"},
        {"acme/v/" UUID, "{\"conversation_id\": \"" UUID "\"}"},
        {"", NULL},
        {"acme", NULL},
        {"acme/e", NULL},
        {"acme/e/", NULL},
        {"acme/x/1", NULL},
        {"acme/ee/1", NULL},
        {"acme/e/\xc3", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *to = recipient_of(span_of(rows[i].key));
        char *text = to == NULL ? NULL : json_dumps(to, 0);
        if (rows[i].to == NULL)
            assert_null(text);
        else
            assert_string_equal(text, rows[i].to);
        free(text);
        json_decref(to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_routing_key_names_its_recipient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
