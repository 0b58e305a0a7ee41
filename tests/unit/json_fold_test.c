#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_fold.h"

/* Of each object, its size. */
static bool size_of(struct span object, struct buf *out)
{
    if (object.size > 1 && object.data[1] == '!')
        return false;
    buf_printf(out, "%zu", object.size);
    return true;
}

static const struct json_fold_rule third = {3, size_of};

/* In pieces of that many bytes. */
static void fold(struct json_fold *fold, const struct json_fold_rule *rule, const char *text, size_t piece)
{
    json_fold_begin(fold, rule);
    for (size_t at = 0, size = strlen(text); at < size; at += piece)
        json_fold_add(fold, text + at, piece < size - at ? piece : size - at);
}

static void objects_at_the_depth_are_folded_and_all_else_is_kept(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{\"data\":[{\"a\":1}, {\"b\":{\"c\":[]}} ,{}]}", "{\"data\":[7, 14 ,2]}"},
        {"{\"data\":[{\"a\":\"}]{\\\"\\\\\"},\"{\"]}", "{\"data\":[15,\"{\"]}"},
        {"{\"data\":[[{\"deeper\":1}],3]}", "{\"data\":[[{\"deeper\":1}],3]}"},
        {"{\"data\":[{!not json},{\"a\":1}]}", "{\"data\":[{!not json},7]}"},
        {"{\"data\":[{\"cut\":[1,2", "{\"data\":[{\"cut\":[1,2"},
        {"]]}}[[{\"a\":1}]]", "]]}}[[7]]"},
        {"{\"data\":[[1,2}", "{\"data\":[[1,2}"},
        {"", ""},
    };
    struct json_fold f;
    json_fold_init(&f, 4096);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t piece = 1; piece < 50; piece++) {
            fold(&f, &third, rows[i][0], piece);
            assert_string_equal(f.text.size == 0 ? "" : f.text.data, rows[i][1]);
            fold(&f, NULL, rows[i][0], piece);
            assert_string_equal(f.text.size == 0 ? "" : f.text.data, rows[i][0]);
        }
    json_fold_done(&f);
}

/* Only the thing that is coming in, and what is left of those before it, need room. */
static void a_list_may_be_longer_than_its_limit_and_a_thing_may_not(void **state)
{
    (void)state;
    struct json_fold f;
    json_fold_init(&f, 4000);
    json_fold_begin(&f, &third);
    json_fold_add(&f, "{\"data\":[", 9);
    for (int i = 0; i < 500; i++)
        json_fold_add(
            &f, "{\"body\":\"a hundred bytes or so, a hundred bytes or so, a hundred bytes or so\"},", 79);
    assert_false(f.text.failed);
    assert_in_range(f.text.size, 1500, 1600);
    json_fold_add(&f, "{\"body\":\"", 9);
    for (int i = 0; i < 300; i++)
        json_fold_add(&f, "ten bytes.", 10);
    assert_true(f.text.failed);
    json_fold_add(&f, "\"}]}", 4);
    assert_true(f.text.failed);
    json_fold_begin(&f, &third);
    assert_false(f.text.failed);
    json_fold_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_at_the_depth_are_folded_and_all_else_is_kept),
        cmocka_unit_test(a_list_may_be_longer_than_its_limit_and_a_thing_may_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
