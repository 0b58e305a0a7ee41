#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdlib.h>

#include "event/keyring.h"
#include "unit/tables/table.h"

static const unsigned char hash_key[16] = "0123456789abcdef";

static int group_setup(void **state)
{
    (void)state;
    return sodium_init() < 0 ? -1 : 0;
}

static void every_mistake_is_told_with_its_entry_and_never_with_a_key(void **state)
{
    (void)state;
    struct table table;
    struct buf template, json;
    buf_init(&template, 10000);
    buf_init(&json, 10000);
    table_init(&table, TESTS_DIR "/unit/tables/keyring.txt");
    while (table_next(&table)) {
        struct span cell = table.cells[0];
        if (span_starts(cell, SPAN("= "))) {
            buf_clear(&template);
            buf_add_span(&template, span_skip(cell, 2));
            continue;
        }
        struct span rest = buf_span(&template);
        struct err err = {.text = "ok"};
        buf_clear(&json);
        buf_add_span(&json, span_cut(&rest, '$'));
        buf_add_span(&json, cell);
        buf_add_span(&json, rest);
        char *copy = table_exact(buf_span(&json));
        struct keyring *keyring = keyring_read((struct span){copy, json.size}, hash_key, &err);
        free(copy);
        if (!span_equal(table.cells[1], span_of(err.text)) || (keyring != NULL) != (err.code == ERR_NONE))
            table_wrong(&table, "it is: %s", err.text);
        if (keyring == NULL && strstr(err.text, "AAEC") != NULL)
            table_wrong(&table, "it tells the key");
        keyring_free(keyring);
    }
    table_done(&table);
    buf_done(&template);
    buf_done(&json);
}

static void entries_are_found_by_id_with_all_that_was_said_of_them(void **state)
{
    (void)state;
    struct err err;
    struct keyring *keyring = keyring_read(
        SPAN("{\"keys\":[{\"id\":\"backend-1\",\"sender\":\"backend\","
             "\"key\":\"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\",\"accounts\":[\"acme\",\"globex\"]},"
             "{\"id\":\"old\",\"sender\":\"shop\",\"key\":\"whpk_11qYAYKxCrfVS/"
             "7TyWQHOg7hcvPapiMlrwIaaPcHURo=\","
             "\"accounts\":[\"acme\"],\"not_before\":\"2026-01-01T00:00:00Z\","
             "\"not_after\":\"2026-01-01T00:00:01Z\",\"revoked\":true}]}"),
        hash_key, &err);
    assert_non_null(keyring);
    assert_int_equal(keyring_size(keyring), 2);
    const struct keyring_entry *one = keyring_next(keyring, NULL), *other = keyring_next(keyring, one);
    assert_true(one != other && keyring_find(keyring, span_of(one->id)) == one);
    assert_true(keyring_find(keyring, span_of(other->id)) == other);
    assert_null(keyring_next(keyring, other));
    const struct keyring_entry *entry = keyring_find(keyring, SPAN("backend-1"));
    assert_string_equal(entry->id, "backend-1");
    assert_string_equal(entry->sender, "backend");
    assert_int_equal(entry->key.kind, KEY_HMAC);
    assert_int_equal(entry->key.size, 24);
    assert_true(keyring_entry_grants(entry, SPAN("acme")));
    assert_true(keyring_entry_grants(entry, SPAN("globex")));
    assert_false(keyring_entry_grants(entry, SPAN("acm")));
    assert_false(keyring_entry_grants(entry, SPAN("acmes")));
    assert_false(keyring_entry_grants(entry, SPAN("")));
    assert_true(entry->not_before_ms == INT64_MIN && entry->not_after_ms == INT64_MAX && !entry->revoked);
    entry = keyring_find(keyring, SPAN("old"));
    assert_int_equal(entry->key.kind, KEY_ED25519_PUBLIC);
    assert_int_equal(entry->not_before_ms, 1767225600000);
    assert_int_equal(entry->not_after_ms, 1767225601000);
    assert_true(entry->revoked);
    assert_null(keyring_find(keyring, SPAN("backend")));
    assert_null(keyring_find(keyring, SPAN("backend-10")));
    keyring_free(keyring);
    keyring_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_is_told_with_its_entry_and_never_with_a_key),
        cmocka_unit_test(entries_are_found_by_id_with_all_that_was_said_of_them),
    };
    return cmocka_run_group_tests(tests, group_setup, NULL);
}
