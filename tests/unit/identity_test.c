#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "event/identity.h"
#include "lib/generate.h"
#include "unit/keys.h"

static struct identity_key key;

static int group_setup(void **state)
{
    if (sodium_setup(state) != 0)
        return -1;
    struct key mark_secret = key_of(MARK_SECRET);
    identity_key_init(&key, &mark_secret);
    key_done(&mark_secret);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    identity_key_done(&key);
    return 0;
}

static bool same(struct identity a, struct identity b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

/* The expected mark was made with Python: HMAC-SHA256 over each part behind its size in 4 bytes, cut to 16 bytes. */
static void a_mark_is_the_identity_in_base64url(void **state)
{
    (void)state;
    char text[MARK_TEXT_SIZE + 1];
    struct identity identity = identity_of(&key, SPAN("acme/e/user_42"), SPAN("backend"), SPAN("evt_1"));
    identity_mark(&identity, text);
    assert_string_equal(text, "v1:FgsQHEpnHvPTISsyFLxiDw");
    memset(identity.bytes, 0xff, sizeof(identity.bytes));
    identity_mark(&identity, text);
    assert_string_equal(text, "v1:_____________________w");
}

static void every_part_counts_and_no_byte_moves_from_one_to_the_next(void **state)
{
    (void)state;
    const struct identity one = identity_of(&key, SPAN("a/e/b"), SPAN("cd"), SPAN("ef"));
    assert_true(same(one, identity_of(&key, SPAN("a/e/b"), SPAN("cd"), SPAN("ef"))));
    assert_false(same(one, identity_of(&key, SPAN("a/e/x"), SPAN("cd"), SPAN("ef"))));
    assert_false(same(one, identity_of(&key, SPAN("a/e/b"), SPAN("cx"), SPAN("ef"))));
    assert_false(same(one, identity_of(&key, SPAN("a/e/b"), SPAN("cd"), SPAN("ex"))));
    assert_false(same(one, identity_of(&key, SPAN("a/e/bc"), SPAN("d"), SPAN("ef"))));
    assert_false(same(one, identity_of(&key, SPAN("a/e/b"), SPAN("cde"), SPAN("f"))));
    assert_false(same(one, identity_of(&key, SPAN("a/e/b"), SPAN("cdef"), SPAN_NONE)));
}

static void another_mark_secret_gives_another_identity(void **state)
{
    (void)state;
    struct key other_secret;
    struct identity_key other;
    struct err err;
    assert_int_equal(key_generate(KEY_MARK, &other_secret, &err), 0);
    identity_key_init(&other, &other_secret);
    assert_false(same(identity_of(&key, SPAN("a"), SPAN("b"), SPAN("c")),
                      identity_of(&other, SPAN("a"), SPAN("b"), SPAN("c"))));
    key_done(&other_secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_is_the_identity_in_base64url),
        cmocka_unit_test(every_part_counts_and_no_byte_moves_from_one_to_the_next),
        cmocka_unit_test(another_mark_secret_gives_another_identity),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
