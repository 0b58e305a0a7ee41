/* What documents, the description of the gate's interface and the composer's page say of outcomes and receipts, compared with
 * their tables: event/outcome.def and receipt/receipt_member.def. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "event/outcome.h"

#define README   "include/README.md"
#define OPEN_API "worker/gate/openapi.json"
#define PAGE     "worker/composer/page/outcomes.js"

static const char *const members[] = {
#define RECEIPT_WORD(name, part)                        name,
#define RECEIPT_TEXT(name, member)                      name,
#define RECEIPT_NUMBER(name, member, type, least, most) name,
#define RECEIPT_OPTIONAL(name, member, type, least)     name,
#define RECEIPT_WRITTEN_TEXT(name, member)              name,
#define RECEIPT_WRITTEN_NUMBER(name, member, least)     name,
#include "receipt/receipt_member.def"
};
static const size_t member_count = sizeof(members) / sizeof(members[0]);

static char *document(const char *path)
{
    char from[4096], part[4096];
    snprintf(from, sizeof(from), "%s/../%s", TESTS_DIR, path);
    FILE *file = fopen(from, "r");
    assert_non_null(file);
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t got; (got = fread(part, 1, sizeof(part), file)) > 0;)
        buf_add(&text, part, got);
    fclose(file);
    assert_false(text.failed);
    return text.data;
}

/* The part of `text` from behind `begin` to before `end`, whose last byte becomes a 0. */
static char *passage(char *text, const char *begin, const char *end)
{
    char *from = strstr(text, begin);
    assert_non_null(from);
    from += strlen(begin);
    char *to = strstr(from, end);
    assert_non_null(to);
    *to = 0;
    return from;
}

/* The next word between two of `quote` in *text, which is moved behind it; NULL where there is none. */
static char *quoted_next(char **text, char quote)
{
    char *from = strchr(*text, quote), *to = from == NULL ? NULL : strchr(from + 1, quote);
    if (to == NULL)
        return NULL;
    *to = 0;
    *text = to + 1;
    return from + 1;
}

static void the_readme_names_every_member_of_a_receipt(void **state)
{
    (void)state;
    char *text = document(README), *rest = passage(text, "A receipt is JSON, in one line: ", "; what is not known"), *word;
    size_t found = 0;
    while ((word = quoted_next(&rest, '`')) != NULL) {
        if (word[0] == '[')
            continue; /* the setting that asks for some of them */
        assert_true(found < member_count);
        assert_string_equal(word, members[found]);
        found++;
    }
    assert_int_equal(found, member_count);
    free(text);
}

static json_t *schema(json_t *root, const char *name)
{
    json_t *schemas = json_object_get(json_object_get(root, "components"), "schemas");
    json_t *properties = json_object_get(json_object_get(schemas, name), "properties");
    assert_non_null(properties);
    return properties;
}

static void the_gates_description_has_every_member_of_a_receipt(void **state)
{
    (void)state;
    char *text = document(OPEN_API);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    size_t found = 0;
    const char *name;
    json_t *value;
    json_object_foreach(schema(root, "Receipt"), name, value) {
        assert_true(found < member_count);
        assert_string_equal(name, members[found]);
        found++;
    }
    assert_int_equal(found, member_count);
    json_decref(root);
    free(text);
}

/* Whether `words` are those of the outcomes that `is_one` takes, each once, in the order of the table. */
static void expect_enum(const json_t *words, const char *(*word_of)(enum outcome), bool (*is_one)(enum outcome))
{
    size_t found = 0;
    const char *last = "";
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
        const char *word = word_of((enum outcome)i);
        if (!is_one((enum outcome)i) || strcmp(word, last) == 0)
            continue;
        assert_true(found < json_array_size(words));
        assert_string_equal(json_string_value(json_array_get(words, found)), word);
        found++;
        last = word;
    }
    assert_int_equal(json_array_size(words), found);
}

static bool is_any(enum outcome outcome)
{
    return outcome != OUTCOME_NONE;
}

/* The gate publishes into the right partition by itself. */
static bool is_of_the_gate(enum outcome outcome)
{
    return outcome_is_rejected(outcome) && outcome != OUTCOME_WRONG_PARTITION;
}

static void the_gates_description_has_the_words_of_the_outcomes(void **state)
{
    (void)state;
    char *text = document(OPEN_API);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    expect_enum(json_object_get(json_object_get(schema(root, "Receipt"), "outcome"), "enum"), outcome_word, is_any);
    expect_enum(json_object_get(json_object_get(schema(root, "Rejection"), "reason"), "enum"), outcome_reason, is_of_the_gate);
    json_decref(root);
    free(text);
}

/* Counts the outcome of these two words. */
static void outcome_count(int counts[OUTCOME_COUNT], const char *word, const char *reason)
{
    enum outcome outcome = outcome_find(span_of(word), span_of(reason));
    if (outcome == OUTCOME_NONE)
        fail_msg("there is no outcome \"%s\" \"%s\"", word, reason);
    counts[outcome]++;
}

static void the_readmes_table_has_every_outcome_once(void **state)
{
    (void)state;
    int counts[OUTCOME_COUNT] = {1};
    char *text = document(README), *rest = passage(text, "| outcome | reason | when |\n|---|---|---|\n", "\n\n");
    for (char *line = strtok(rest, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char word[16] = "", reasons[128] = "", *at = reasons, *reason;
        assert_int_equal(sscanf(line, "| %15[a-z] |%127[^|]", word, reasons), 2);
        if (strchr(reasons, '`') == NULL)
            outcome_count(counts, word, "");
        while ((reason = quoted_next(&at, '`')) != NULL)
            outcome_count(counts, word, reason);
    }
    for (int i = 0; i < OUTCOME_COUNT; i++)
        if (counts[i] != 1)
            fail_msg("%d rows of %s %s", counts[i], outcome_word((enum outcome)i), outcome_reason((enum outcome)i));
    free(text);
}

static void the_composers_page_has_words_for_every_reason(void **state)
{
    (void)state;
    char *text = document(PAGE), *rest = passage(text, "const REASONS = {\n", "\n};");
    int counts[OUTCOME_COUNT] = {0};
    for (char *line = strtok(rest, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char reason[64] = "";
        assert_int_equal(sscanf(line, " %63[a-z_]: \"", reason), 1);
        bool failed = outcome_find(SPAN("failed"), span_of(reason)) != OUTCOME_NONE;
        outcome_count(counts, failed ? "failed" : "rejected", reason);
    }
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++)
        if (counts[i] != (outcome_reason((enum outcome)i)[0] != 0))
            fail_msg("%d lines of %s", counts[i], outcome_reason((enum outcome)i));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_readme_names_every_member_of_a_receipt),
        cmocka_unit_test(the_gates_description_has_every_member_of_a_receipt),
        cmocka_unit_test(the_gates_description_has_the_words_of_the_outcomes),
        cmocka_unit_test(the_readmes_table_has_every_outcome_once),
        cmocka_unit_test(the_composers_page_has_words_for_every_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
