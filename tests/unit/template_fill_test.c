#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/json.h"
#include "template/template.h"
#include "unit/tables/table.h"

static const struct span hosts[] = {
    {"good.example", 12}, {".sub.example", 12}, {"port.example:8443", 17}, {"UPPER.example", 13}, {"", 0}};
static const struct template_rules rules = {hosts, 5};

static struct template *read_good(const char *json)
{
    struct template *template;
    struct err err = {0};
    if (template_read(span_of(json), &template, &err) != 0)
        fail_msg("%s", err.text);
    return template;
}

/* What becomes of one placeholder, x, of that type and value: the body, or the error. */
static void fill_one(struct span type, struct span value, struct buf *out)
{
    char json[200];
    struct err err;
    json_t *members;
    snprintf(json, sizeof(json), "{\"body\":\"{{x}}\",\"blanks\":{\"x\":{\"type\":\"%.*s\"}}}",
             SPAN_ARGS(type));
    struct template *template = read_good(json);
    char *copy = table_exact(value);
    const struct template_value given = {SPAN("x"), {copy, value.size}};
    int result = template_fill(template, &given, 1, &rules, &members, &err);
    free(copy);
    buf_clear(out);
    if (result == 0) {
        buf_add_span(out, json_member_span(json_object_get(members, "message"), "body"));
        assert_int_equal(json_object_size(members), 1);
    } else {
        assert_int_equal(err.code, ERR_USAGE);
        assert_null(members);
        assert_true(span_starts(span_of(err.text), SPAN("placeholder 'x': ")));
        assert_string_equal(err.place, "blanks.x");
        buf_add_text(out, err.text + strlen("placeholder 'x': "));
    }
    json_decref(members);
    template_free(template);
}

static void a_value_shows_as_it_is_or_is_refused(void **state)
{
    (void)state;
    struct table table;
    struct buf said;
    buf_init(&said, 20000);
    table_init(&table, TESTS_DIR "/unit/tables/template_values.txt");
    while (table_next(&table)) {
        fill_one(table.cells[0], table.cells[1], &said);
        if (!span_equal(table.cells[2], buf_span(&said)))
            table_wrong(&table, "it is: %.*s", SPAN_ARGS(said));
    }
    table_done(&table);
    buf_done(&said);
}

static void expect_filled(const char *json, const struct template_value *values, size_t count,
                          const char *expected)
{
    struct template *template = read_good(json);
    struct err err = {0};
    struct buf said;
    json_t *members;
    buf_init(&said, 100000);
    if (template_fill(template, values, count, &rules, &members, &err) == 0)
        json_write(&said, members);
    else
        buf_add_text(&said, err.text);
    assert_string_equal(said.data, expected);
    buf_done(&said);
    json_decref(members);
    template_free(template);
}

#define WHOLE                                                                                                \
    "{\"body\":\"Hello {{name}}, see [your order]({{link}}) or {{link}}.\","                                 \
    "\"quick_replies\":[\"Order {{order}}?\",{\"text\":\"I am {{name}}\",\"action\":\"{{link}}\"}],"         \
    "\"metadata\":{\"order\":\"{{order}}\",\"n\":[1.5,\"{{name}}\",null]},\"ttl\":30,\"deliver_within\":"    \
    "600,"                                                                                                   \
    "\"blanks\":{\"name\":{\"type\":\"text\",\"default\":\"there\"},\"order\":{\"type\":\"number\"},"        \
    "\"link\":{\"type\":\"url\",\"default\":\"https://good.example/?a=1&b=2\"}}}"

static void values_go_into_body_quick_replies_and_metadata(void **state)
{
    (void)state;
    const struct template_value values[] = {{SPAN("order"), SPAN("99")},
                                            {SPAN("name"), SPAN("A*a")},
                                            {SPAN("link"), SPAN("https://x.sub.example/(_)")}};
    expect_filled(
        WHOLE, values, 3,
        "{\"message\":{\"body\":\"Hello A\\\\*a, see [your order](https://x.sub.example/%28%5F%29) or "
        "<https://x.sub.example/%28%5F%29>.\",\"quick_replies\":[\"Order 99?\",{\"text\":\"I am A*a\","
        "\"action\":\"https://x.sub.example/%28_%29\"}],\"metadata\":{\"order\":\"99\",\"n\":[1.5,"
        "\"A*a\",null]}},\"ttl\":30,\"deliver_within\":600}");
}

static void what_is_not_given_takes_its_default(void **state)
{
    (void)state;
    const struct template_value order = {SPAN("order"), SPAN("7")};
    expect_filled(
        WHOLE, &order, 1,
        "{\"message\":{\"body\":\"Hello there, see [your order](https://good.example/?a=1&amp;b=2) or "
        "<https://good.example/?a=1&amp;b=2>.\",\"quick_replies\":[\"Order 7?\",{\"text\":\"I am "
        "there\",\"action\":\"https://good.example/?a=1&b=2\"}],\"metadata\":{\"order\":\"7\",\"n\":[1.5,"
        "\"there\",null]}},\"ttl\":30,\"deliver_within\":600}");
    expect_filled(WHOLE, NULL, 0, "placeholder 'order': has no value and no default: say what it is");
}

static void a_default_is_held_to_the_link_hosts_too(void **state)
{
    (void)state;
    expect_filled(
        "{\"body\":\"{{x}}\",\"blanks\":{\"x\":{\"type\":\"url\",\"default\":\"https://evil.example/"
        "\"}}}",
        NULL, 0,
        "placeholder 'x': leads to evil.example, which is not among the allowed link hosts (--link-host, "
        "link_hosts): link to one of them, or let it be added");
}

static void braces_that_are_meant_as_such_stay(void **state)
{
    (void)state;
    expect_filled("{\"body\":\"\\\\{{x}} \\\\{{{ }} {a} {\",\"quick_replies\":[\"\\\\{{\"]}", NULL, 0,
                  "{\"message\":{\"body\":\"{{x}} {{{ }} {a} {\",\"quick_replies\":[\"{{\"]}}");
}

static void a_value_is_never_filled_itself(void **state)
{
    (void)state;
    const struct template_value values[] = {{SPAN("a"), SPAN("{{b}}")}, {SPAN("b"), SPAN("{{a}}")}};
    expect_filled("{\"body\":\"x\",\"metadata\":{\"a\":\"{{a}}{{b}}\"},\"blanks\":{\"a\":{\"type\":\"text\"},"
                  "\"b\":{\"type\":\"text\"}}}",
                  values, 2, "{\"message\":{\"body\":\"x\",\"metadata\":{\"a\":\"{{b}}{{a}}\"}}}");
}

static void unknown_repeated_and_misnamed_values_are_told(void **state)
{
    (void)state;
    const struct template_value unknown = {SPAN("nmae"), SPAN("Ada")}, misnamed = {SPAN("A\n"), SPAN("Ada")};
    const struct template_value twice[] = {{SPAN("order"), SPAN("1")}, {SPAN("order"), SPAN("2")}};
    expect_filled(WHOLE, &unknown, 1,
                  "placeholder 'nmae': the message has no such placeholder; is its name misspelt?");
    expect_filled(WHOLE, twice, 2, "placeholder 'order': is given twice; which one is meant?");
    expect_filled(WHOLE, &misnamed, 1, "blanks: a name must be of the form [a-z0-9][a-z0-9_-]{0,62}");
}

static void limits_hold_for_what_is_filled(void **state)
{
    (void)state;
    struct buf json;
    char value[201];
    memset(value, 'a', 200);
    const struct template_value given = {SPAN("x"), {value, 200}}, shorter = {SPAN("x"), {value, 199}};
    buf_init(&json, 20000);
    buf_add_text(&json, "{\"body\":\"{{x}}");
    for (int i = 0; i < 9800; i++)
        buf_add_text(&json, "b");
    buf_add_text(&json, "!\",\"blanks\":{\"x\":{\"type\":\"text\"}}}");
    expect_filled(json.data, &given, 1, "body: has 10001 characters; allowed are 1 to 10000");
    struct template *template = read_good(json.data);
    json_t *members;
    assert_int_equal(template_fill(template, &shorter, 1, &rules, &members, NULL), 0);
    json_decref(members);
    template_free(template);
    buf_clear(&json);
    buf_add_text(&json, "{\"body\":\"");
    for (int i = 0; i < 400; i++)
        buf_add_text(&json, "{{x}}");
    buf_add_text(&json, "\",\"blanks\":{\"x\":{\"type\":\"text\"}}}");
    expect_filled(json.data, &given, 1, "body: is too long once its placeholders are filled");
    buf_done(&json);
    const char *const reply =
        "{\"body\":\"x\",\"quick_replies\":[\"{{x}}\"],\"blanks\":{\"x\":{\"type\":\"text\"}}}";
    expect_filled(reply, &given, 1, "quick_replies[0]: has 200 characters; allowed are 1 to 80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_shows_as_it_is_or_is_refused),
        cmocka_unit_test(values_go_into_body_quick_replies_and_metadata),
        cmocka_unit_test(what_is_not_given_takes_its_default),
        cmocka_unit_test(a_default_is_held_to_the_link_hosts_too),
        cmocka_unit_test(braces_that_are_meant_as_such_stay),
        cmocka_unit_test(a_value_is_never_filled_itself),
        cmocka_unit_test(unknown_repeated_and_misnamed_values_are_told),
        cmocka_unit_test(limits_hold_for_what_is_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
