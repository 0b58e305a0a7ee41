#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdlib.h>

#include "event/key.h"
#include "unit/keys.h"
#include "unit/tables/table.h"
#include "lib/generate.h"

#define SEED   "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
#define BOTH   "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg=="
#define PUBLIC "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" /* RFC 8032, 7.1, test 1 */

static void expect_written(const struct key *key, const char *text)
{
    struct buf out;
    buf_init(&out, 200);
    key_write(&out, key);
    assert_string_equal(out.data, text);
    buf_done(&out);
}

static void a_key_is_read_in_its_form_and_in_no_other(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, TESTS_DIR "/unit/tables/keys.txt");
    while (table_next(&table)) {
        struct err err = {.text = "ok"};
        struct key key;
        char *copy = table_exact(table.cells[0]);
        int result = key_read((struct span){copy, table.cells[0].size}, &key, &err);
        free(copy);
        if (!span_equal(table.cells[1], span_of(err.text)) || (result == 0) != (err.code == ERR_NONE) ||
            (result == 0) != (key.bytes != NULL))
            table_wrong(&table, "it is: %s", err.text);
        key_done(&key);
    }
    table_done(&table);
    struct key key;
    assert_int_equal(key_read(SPAN_NONE, &key, NULL), -1);
    key_done(&key);
}

static void a_key_is_written_as_it_was_read(void **state)
{
    (void)state;
    const char *const texts[] = {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA==",
                                 "whmk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", BOTH, PUBLIC};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct key key = key_of(texts[i]);
        expect_written(&key, texts[i]);
        key_done(&key);
        assert_null(key.bytes);
    }
}

static void a_seed_gives_both_halves(void **state)
{
    (void)state;
    struct key seed = key_of(SEED), both = key_of(BOTH), public, read = key_of(PUBLIC);
    expect_written(&seed, BOTH);
    assert_true(key_equal(&seed, &both));
    assert_int_equal(key_public(&seed, &public, NULL), 0);
    expect_written(&public, PUBLIC);
    assert_true(key_equal(&public, &read));
    key_done(&seed);
    key_done(&both);
    key_done(&public);
    key_done(&read);
}

static void keys_of_other_kind_size_or_bytes_are_not_equal(void **state)
{
    (void)state;
    struct key keys[] = {
        key_of("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        key_of("whmk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        key_of("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"),
        key_of("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHhg="),
    };
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            assert_int_equal(key_equal(&keys[i], &keys[j]), i == j);
    for (size_t i = 0; i < 4; i++)
        key_done(&keys[i]);
}

static void generated_keys_are_of_their_kind_and_never_the_same(void **state)
{
    (void)state;
    const enum key_kind kinds[] = {KEY_ED25519_SECRET, KEY_HMAC, KEY_MARK};
    for (size_t i = 0; i < 3; i++) {
        struct key one, other;
        struct buf text;
        assert_int_equal(key_generate(kinds[i], &one, NULL), 0);
        assert_int_equal(key_generate(kinds[i], &other, NULL), 0);
        assert_int_equal(one.kind, kinds[i]);
        assert_false(key_equal(&one, &other));
        key_done(&other);
        buf_init(&text, 200);
        key_write(&text, &one);
        other = key_of(text.data);
        assert_true(key_equal(&one, &other));
        key_done(&one);
        key_done(&other);
        buf_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_read_in_its_form_and_in_no_other),
        cmocka_unit_test(a_key_is_written_as_it_was_read),
        cmocka_unit_test(a_seed_gives_both_halves),
        cmocka_unit_test(keys_of_other_kind_size_or_bytes_are_not_equal),
        cmocka_unit_test(generated_keys_are_of_their_kind_and_never_the_same),
    };
    return cmocka_run_group_tests(tests, sodium_setup, NULL);
}
