#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "delivery/cache.h"

static const unsigned char hash_key[16] = "0123456789abcdef";

static struct uuid uuid_number(unsigned number)
{
    struct uuid id;
    snprintf(id.text, sizeof(id.text), "%08x-d9cb-469f-a165-7086772895fe", number);
    return id;
}

static struct cached place(unsigned conversation, int64_t found_at_ms)
{
    return (struct cached){uuid_number(9), uuid_number(conversation), 2, {found_at_ms}};
}

static void put(struct cache *cache, const char *key, unsigned conversation, int64_t found_at_ms)
{
    struct cached what = place(conversation, found_at_ms);
    cache_put(cache, span_of(key), &what, what.found_at);
}

/* Whether that conversation is known under the key; 0: none is. */
static void expect(struct cache *cache, const char *key, int64_t now_ms, unsigned conversation)
{
    struct cached found;
    bool known = cache_find(cache, span_of(key), (struct mono){now_ms}, &found);
    assert_int_equal(known, conversation != 0);
    if (!known)
        return;
    assert_string_equal(found.conversation.text, uuid_number(conversation).text);
    assert_string_equal(found.customer.text, uuid_number(9).text);
    assert_int_equal(found.customer_matches, 2);
}

static void what_was_found_is_known_for_30_seconds(void **state)
{
    (void)state;
    struct cache cache;
    cache_init(&cache, hash_key);
    expect(&cache, "acme/e/1", 0, 0);
    put(&cache, "acme/e/1", 0xf0e1d2c3, 1000);
    expect(&cache, "acme/e/1", 1000, 0xf0e1d2c3);
    expect(&cache, "acme/e/2", 1000, 0);
    expect(&cache, "acme/e/1", 30999, 0xf0e1d2c3);
    expect(&cache, "acme/e/1", 31000, 0);
    assert_int_equal(cache.by_key.count, 0);
    cache_done(&cache);
}

/* A post into a remembered conversation does not show whether an agent has closed it meanwhile. */
static void what_was_learnt_from_here_lives_no_longer_when_it_is_put_again(void **state)
{
    (void)state;
    struct cache cache;
    struct cached found;
    cache_init(&cache, hash_key);
    put(&cache, "a", 1, 1000);
    assert_true(cache_find(&cache, SPAN("a"), (struct mono){20000}, &found));
    assert_int_equal(found.found_at.ms, 1000);
    cache_put(&cache, SPAN("a"), &found, (struct mono){21000});
    expect(&cache, "a", 30999, 1);
    expect(&cache, "a", 31000, 0);
    cache_done(&cache);
}

static void what_is_put_lives_from_when_it_was_found(void **state)
{
    (void)state;
    struct cache cache;
    cache_init(&cache, hash_key);
    struct cached what = place(1, 0);
    cache_put(&cache, SPAN("a"), &what, (struct mono){20000});
    expect(&cache, "a", 29999, 1);
    put(&cache, "a", 1, 29999); /* the same, found again */
    expect(&cache, "a", 59998, 1);
    put(&cache, "a", 2, 59998);
    expect(&cache, "a", 89997, 2);
    put(&cache, "a", 2, 90000); /* nobody has asked since its time was over */
    expect(&cache, "a", 119999, 2);
    cache_done(&cache);
}

static void a_conversation_may_be_known_without_its_customer(void **state)
{
    (void)state;
    struct cache cache;
    struct cached what = place(7, 0), found = place(8, 0);
    cache_init(&cache, hash_key);
    what.customer.text[0] = 0;
    cache_put(&cache, SPAN("a"), &what, (struct mono){0});
    assert_true(cache_find(&cache, SPAN("a"), (struct mono){0}, &found));
    assert_string_equal(found.customer.text, "");
    assert_string_equal(found.conversation.text, uuid_number(7).text);
    cache_done(&cache);
}

static void what_is_forgotten_is_not_known(void **state)
{
    (void)state;
    struct cache cache;
    cache_init(&cache, hash_key);
    for (unsigned i = 1; i < 6; i++)
        put(&cache, (const char[]){(char)('a' + i), 0}, i, i);
    cache_forget(&cache, SPAN("d"));
    cache_forget(&cache, SPAN("d"));
    cache_forget(&cache, SPAN("b"));
    cache_forget(&cache, SPAN("f"));
    expect(&cache, "b", 10, 0);
    expect(&cache, "c", 10, 2);
    expect(&cache, "d", 10, 0);
    expect(&cache, "e", 10, 4);
    expect(&cache, "f", 10, 0);
    cache_done(&cache);
}

static void what_is_over_makes_room_by_itself_and_the_oldest_where_it_is_full(void **state)
{
    (void)state;
    struct cache cache;
    char key[16];
    cache_init(&cache, hash_key);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "%u", i);
        put(&cache, key, i, 0);
    }
    put(&cache, "x", 1, 30000);
    assert_int_equal(cache.by_key.count, 1);
    for (unsigned i = 0; i < CACHE_ENTRIES_MAX; i++) {
        snprintf(key, sizeof(key), "%u", i);
        put(&cache, key, i + 1, 30001);
    }
    assert_int_equal(cache.by_key.count, CACHE_ENTRIES_MAX);
    expect(&cache, "x", 30001, 0);
    expect(&cache, "0", 30001, 1);
    put(&cache, "y", 1, 30001);
    expect(&cache, "0", 30001, 0);
    expect(&cache, "1", 30001, 2);
    assert_int_equal(cache.by_key.count, CACHE_ENTRIES_MAX);
    cache_done(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_found_is_known_for_30_seconds),
        cmocka_unit_test(what_was_learnt_from_here_lives_no_longer_when_it_is_put_again),
        cmocka_unit_test(what_is_put_lives_from_when_it_was_found),
        cmocka_unit_test(a_conversation_may_be_known_without_its_customer),
        cmocka_unit_test(what_is_forgotten_is_not_known),
        cmocka_unit_test(what_is_over_makes_room_by_itself_and_the_oldest_where_it_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
