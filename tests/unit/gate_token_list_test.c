#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "gate/access/tokens.h"

static struct token_list *read_list(const char *json, const char *expected)
{
    struct err err = {0};
    struct token_list *list = token_list_read(span_of(json), &err);
    if (expected == NULL && list == NULL)
        fail_msg("%s", err.text);
    if (expected != NULL) {
        assert_null(list);
        if (strstr(err.text, expected) == NULL)
            fail_msg("'%s' is not in '%s'", expected, err.text);
    }
    return list;
}

static void a_fresh_token_is_known_by_the_entry_that_goes_with_it(void **state)
{
    static const char *const accounts[] = {"acme", "globex"}, *const messages[] = {"need-help"};
    char one[TOKEN_SIZE], other[TOKEN_SIZE];
    struct buf json;
    (void)state;
    token_generate(one);
    token_generate(other);
    assert_string_not_equal(one, other);
    assert_int_equal(strlen(one), TOKEN_SIZE - 1);
    buf_init(&json, 10000);
    buf_add_text(&json, "{\"tokens\": [");
    token_entry_write(&json, one, "one", accounts, 2, messages, 1, false);
    buf_add_text(&json, ",");
    token_entry_write(&json, other, "other", accounts, 1, NULL, 0, false);
    buf_add_text(&json, "]}");
    assert_null(strstr(json.data, one));
    struct token_list *list = read_list(json.data, NULL);
    const struct token *token = token_list_find(list, span_of(one));
    assert_string_equal(token->name, "one");
    assert_int_equal(token->per_minute, TOKEN_PER_MINUTE);
    assert_true(token_grants_account(token, SPAN("globex")));
    assert_false(token_grants_account(token, SPAN("initech")));
    assert_false(token_grants_account(token, SPAN_NONE));
    assert_true(token_grants_message(token, SPAN("need-help")));
    assert_false(token_grants_message(token, SPAN("other")));
    token = token_list_find(list, span_of(other));
    assert_true(token_grants_message(token, SPAN("whatever")));
    assert_false(token_grants_account(token, SPAN("globex")));
    assert_null(token_list_find(list, SPAN("")));
    assert_null(token_list_find(list, (struct span){one, TOKEN_SIZE - 2}));
    token_list_free(list);
    buf_done(&json);
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ENTRY(more)                                                                                          \
    "{\"tokens\": [{\"name\": \"a\", \"hash\": \"" HASH "\", \"accounts\": [\"acme\"]" more "}]}"

static void a_file_that_is_no_good_says_which_entry_and_why(void **state)
{
    static const char *const bad[][2] = {
        {"", ""},
        {"[]", "expected {\"tokens\""},
        {"{\"tokens\": [], \"x\": 1}", "expected {\"tokens\""},
        {"{\"tokens\": [1]}", "entry 1 of \"tokens\": it is no object"},
        {"{\"tokens\": [{}]}", "\"name\""},
        {"{\"tokens\": [{\"name\": \"A\", \"hash\": \"" HASH "\", \"accounts\": [\"acme\"]}]}", "\"name\""},
        {"{\"tokens\": [{\"name\": \"a\"}]}", "\"hash\""},
        {"{\"tokens\": [{\"name\": \"a\", \"hash\": \"" HASH "\"}]}", "\"accounts\""},
        {"{\"tokens\": [{\"name\": \"a\", \"hash\": \"" HASH "00\", \"accounts\": [\"acme\"]}]}", "\"hash\""},
        {"{\"tokens\": [{\"name\": \"a\", \"hash\": \"x" HASH "\", \"accounts\": [\"acme\"]}]}", "\"hash\""},
        {"{\"tokens\": [{\"name\": \"a\", \"hash\": \"" HASH "\", \"accounts\": [1]}]}", "\"accounts\""},
        {"{\"tokens\": [{\"name\": \"a\", \"hash\": \"" HASH "\", \"accounts\": []}]}", "\"accounts\""},
        {ENTRY(", \"messages\": [\"A\"]"), "\"messages\""},
        {ENTRY(", \"messages\": \"x\""), "\"messages\""},
        {ENTRY(", \"messages\": null"), "\"messages\""},
        {ENTRY(", \"per_minute\": 0"), "\"per_minute\""},
        {ENTRY(", \"per_minute\": 1.5"), "\"per_minute\""},
        {ENTRY(", \"per_minut\": 1"), "there are only"},
        {ENTRY(", \"metrics\": 1"), "\"metrics\""},
        {"{\"tokens\": [{\"name\": \"a\", \"hash\": \"" HASH
         "\", \"accounts\": [\"acme\"]}, {\"name\": \"b\", \"hash\": "
         "\"" HASH "\", \"accounts\": [\"acme\"]}]}",
         "entry 2 of \"tokens\": another entry has the same token"},
        {"{\"tokens\": [{\"name\": \"a\", \"hash\": \"" HASH
         "\", \"accounts\": [\"acme\"]}, {\"name\": \"a\", \"hash\": "
         "\"f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\", \"accounts\": [\"acme\"]}]}",
         "entry 2 of \"tokens\": another entry has the same name"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        read_list(bad[i][0], bad[i][1]);
    struct token_list *list = read_list(ENTRY(", \"messages\": [], \"per_minute\": 5"), NULL);
    assert_false(token_grants_message(&list->tokens[0], SPAN("need-help")));
    token_list_free(list);
    token_list_free(read_list("{\"tokens\": []}", NULL));
}

static void metrics_are_for_whose_entry_says_so(void **state)
{
    char token[TOKEN_SIZE];
    struct buf json;
    (void)state;
    token_generate(token);
    buf_init(&json, 10000);
    buf_add_text(&json, "{\"tokens\": [");
    token_entry_write(&json, token, "prometheus", NULL, 0, NULL, 0, true);
    buf_add_text(&json, "]}");
    struct token_list *list = read_list(json.data, NULL);
    assert_true(list->tokens[0].may_read_metrics);
    assert_int_equal(list->tokens[0].account_count, 0);
    token_list_free(list);
    list = read_list(ENTRY(""), NULL);
    assert_false(list->tokens[0].may_read_metrics);
    token_list_free(list);
    list = read_list(ENTRY(", \"metrics\": false"), NULL);
    assert_false(list->tokens[0].may_read_metrics);
    token_list_free(list);
    buf_done(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_token_is_known_by_the_entry_that_goes_with_it),
        cmocka_unit_test(a_file_that_is_no_good_says_which_entry_and_why),
        cmocka_unit_test(metrics_are_for_whose_entry_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
