#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/signature.h"
#include "unit/keys.h"
#include "unit/tables/table.h"

#define HMAC   "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
#define SECRET "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
#define PUBLIC "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static struct span string_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_string(value));
    return (struct span){json_string_value(value), json_string_length(value)};
}

/* Checks value in memory that ends where it does. */
static bool check_exact(const struct key *key, const struct envelope *envelope, struct span value)
{
    char *signatures = table_exact(envelope->signatures), *copy = table_exact(value);
    struct envelope exact = *envelope;
    exact.signatures.data = signatures;
    bool valid = signature_check(key, &exact, (struct span){copy, value.size});
    free(signatures);
    free(copy);
    return valid;
}

static bool vector_check(const json_t *vector)
{
    const json_t *names = json_object_get(vector, "headers");
    const struct header headers[] = {{SPAN(HEADER_ID), string_of(names, HEADER_ID)},
                                     {SPAN(HEADER_TIMESTAMP), string_of(names, HEADER_TIMESTAMP)},
                                     {SPAN(HEADER_SIGNATURE), string_of(names, HEADER_SIGNATURE)},
                                     {SPAN(HEADER_KEY), string_of(names, HEADER_KEY)}};
    const struct record record = {.value = string_of(vector, "value"), .headers = headers, .header_count = 4};
    struct envelope envelope;
    struct detail detail;
    if (envelope_open(&record, &envelope, &detail) != OUTCOME_NONE)
        return false;
    struct key key = key_of(string_of(vector, "key").data);
    bool valid = check_exact(&key, &envelope, record.value);
    key_done(&key);
    return valid;
}

/* Whether signature_make writes the same bytes: of a valid vector with one signature. */
static bool vector_make(const json_t *vector)
{
    const json_t *headers = json_object_get(vector, "headers");
    struct key secret = key_of(string_of(vector, "secret").data);
    char made[SIGNATURE_TEXT_MAX];
    assert_int_equal(signature_make(&secret, string_of(headers, HEADER_ID),
                                    string_of(headers, HEADER_TIMESTAMP), string_of(vector, "value"), made),
                     0);
    key_done(&secret);
    return span_equal(span_of(made), string_of(headers, HEADER_SIGNATURE));
}

static void the_vectors_of_other_implementations_are_judged_as_they_say(void **state)
{
    (void)state;
    struct table table; /* for its lines; the cells are not looked at */
    size_t valid = 0, made = 0;
    table_init(&table, TESTS_DIR "/vectors/signed.jsonl");
    while (getline(&table.raw, &table.raw_size, table.file) > 0) {
        json_t *vector = json_loads(table.raw, 0, NULL);
        const char *name = string_of(vector, "name").data;
        bool should = json_is_true(json_object_get(vector, "valid"));
        struct span list = string_of(json_object_get(vector, "headers"), HEADER_SIGNATURE);
        table.line++;
        valid += should ? 1 : 0;
        if (vector_check(vector) != should)
            table_wrong(&table, "%s: is not %s", name, should ? "valid" : "refused");
        if (should && strchr(list.data, ' ') == NULL) {
            made++;
            if (!vector_make(vector))
                table_wrong(&table, "%s: is signed in other bytes", name);
        }
        json_decref(vector);
    }
    assert_true(table.line >= 300 && valid >= 40 && made >= 25);
    table_done(&table);
}

/* The text with $ for the signature by `secret` of evt_1 at 1767225600 over {}, & for all of it but its last character, % for
 * what is behind its comma, and ~ for a space. */
static void list_fill(const char *secret_text, const char *text, struct buf *list)
{
    struct key secret = key_of(secret_text);
    char made[SIGNATURE_TEXT_MAX];
    buf_init(list, 8192);
    signature_make(&secret, SPAN("evt_1"), SPAN("1767225600"), SPAN("{}"), made);
    for (const char *at = text; *at != 0; at++) {
        if (*at == '$')
            buf_add_text(list, made);
        else if (*at == '&')
            buf_add(list, made, strlen(made) - 1);
        else if (*at == '%')
            buf_add_text(list, strchr(made, ',') + 1);
        else
            buf_add(list, *at == '~' ? " " : at, 1);
    }
    key_done(&secret);
}

/* Whether that list is valid under `key`. */
static bool checks_as(const char *secret_text, const char *key_text, const char *text)
{
    struct key key = key_of(key_text);
    struct buf list;
    struct envelope envelope = {.event_id = SPAN("evt_1"), .timestamp_text = SPAN("1767225600")};
    list_fill(secret_text, text, &list);
    envelope.signatures = buf_span(&list);
    bool valid = check_exact(&key, &envelope, SPAN("{}"));
    key_done(&key);
    buf_done(&list);
    return valid;
}

static void one_good_signature_of_the_keys_kind_is_enough(void **state)
{
    (void)state;
    const struct {
        const char *secret, *key;
    } pairs[] = {{HMAC, HMAC}, {SECRET, PUBLIC}};
    for (size_t i = 0; i < 2; i++) {
        assert_true(checks_as(pairs[i].secret, pairs[i].key, "$"));
        assert_true(checks_as(pairs[i].secret, pairs[i].key, "v1,AAAA v1a,AAAA v1,!! $"));
        assert_true(checks_as(pairs[i].secret, pairs[i].key, "$ v1,AAAA v1a,"));
        assert_true(checks_as(pairs[i].secret, pairs[i].key, "& $"));
        assert_false(checks_as(pairs[i].secret, pairs[i].key, "&"));
        assert_false(checks_as(pairs[i].secret, pairs[i].key, "$="));
        assert_false(checks_as(pairs[i].secret, pairs[i].key, "$A"));
        assert_false(checks_as(pairs[i].secret, pairs[i].key, "x$"));
        assert_false(checks_as(pairs[i].secret, pairs[i].key, "$\n"));
        assert_false(checks_as(pairs[i].secret, pairs[i].key, "v1, v1a,"));
    }
    assert_true(checks_as(HMAC, HMAC, "v1,%"));
    assert_true(checks_as(SECRET, PUBLIC, "v1a,%"));
    assert_false(checks_as(HMAC, HMAC, "v2,% V1,% v1a,% %"));
    assert_false(checks_as(SECRET, PUBLIC, "v1,% v1,x% v1b,% %"));
    assert_false(checks_as(HMAC, PUBLIC, "$"));
    assert_false(checks_as(SECRET, HMAC, "$"));
}

/* The verdict on a record whose list is that text. */
static const char *list_becomes(const char *text)
{
    struct buf list;
    struct envelope envelope;
    struct detail detail;
    list_fill(HMAC, text, &list);
    const struct header headers[] = {{SPAN(HEADER_ID), SPAN("evt_1")},
                                     {SPAN(HEADER_TIMESTAMP), SPAN("1767225600")},
                                     {SPAN(HEADER_SIGNATURE), buf_span(&list)},
                                     {SPAN(HEADER_KEY), SPAN("k")}};
    const struct record record = {.value = SPAN("{}"), .headers = headers, .header_count = 4};
    struct key key = key_of(HMAC);
    const char *becomes = envelope_open(&record, &envelope, &detail) != OUTCOME_NONE ? "malformed"
                          : check_exact(&key, &envelope, record.value)               ? "valid"
                                                                                     : "invalid";
    key_done(&key);
    buf_done(&list);
    return becomes;
}

static void lists_are_read_as_the_standards_libraries_read_them(void **state)
{
    (void)state;
    struct table table;
    size_t rows = 0;
    table_init(&table, TESTS_DIR "/unit/tables/signature_lists.txt");
    for (; table_next(&table); rows++) {
        char text[200];
        snprintf(text, sizeof(text), "%.*s", SPAN_ARGS(table.cells[0]));
        const char *becomes = list_becomes(text);
        if (!span_equal(table.cells[1], span_of(becomes)))
            table_wrong(&table, "%s is %s", text, becomes);
    }
    assert_true(rows >= 40);
    table_done(&table);
}

/* A record may hold eighty of them, and each costs 50 us. */
static void of_ed25519_signatures_the_first_sixteen_are_tried(void **state)
{
    (void)state;
    for (int before = 15; before <= 16; before++) {
        struct key other = key_of(SECRET);
        char wrong[SIGNATURE_TEXT_MAX];
        struct buf list;
        buf_init(&list, 8192);
        signature_make(&other, SPAN("another"), SPAN("1"), SPAN("{}"), wrong);
        for (int i = 0; i < before; i++)
            buf_printf(&list, "%s v1,AAAA v1a,AAAA ", wrong);
        buf_add_text(&list, "$");
        assert_int_equal(checks_as(SECRET, PUBLIC, list.data), before < 16);
        buf_done(&list);
        key_done(&other);
    }
}

static void no_value_and_an_empty_one_are_signed_alike(void **state)
{
    (void)state;
    const char *const pairs[][2] = {{HMAC, HMAC}, {SECRET, PUBLIC}};
    for (size_t i = 0; i < 2; i++) {
        struct key secret = key_of(pairs[i][0]), key = key_of(pairs[i][1]);
        char made[SIGNATURE_TEXT_MAX];
        struct envelope envelope = {.event_id = SPAN("a"), .timestamp_text = SPAN("1")};
        assert_int_equal(signature_make(&secret, envelope.event_id, envelope.timestamp_text, SPAN_NONE, made),
                         0);
        envelope.signatures = span_of(made);
        assert_true(signature_check(&key, &envelope, SPAN_NONE));
        assert_true(check_exact(&key, &envelope, SPAN("")));
        assert_false(check_exact(&key, &envelope, SPAN(" ")));
        key_done(&secret);
        key_done(&key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_other_implementations_are_judged_as_they_say),
        cmocka_unit_test(one_good_signature_of_the_keys_kind_is_enough),
        cmocka_unit_test(lists_are_read_as_the_standards_libraries_read_them),
        cmocka_unit_test(of_ed25519_signatures_the_first_sixteen_are_tried),
        cmocka_unit_test(no_value_and_an_empty_one_are_signed_alike),
    };
    return cmocka_run_group_tests(tests, sodium_setup, NULL);
}
