/* Keys for tests of what signs and marks. */
#ifndef UNIT_KEYS_H
#define UNIT_KEYS_H

#include <sodium.h>

#include "event/key.h"

#define MARK_SECRET "whmk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

/* For cmocka_run_group_tests. */
static inline int sodium_setup(void **state)
{
    (void)state;
    return sodium_init() < 0 ? -1 : 0;
}

/* key_done it. */
static inline struct key key_of(const char *text)
{
    struct key key;
    struct err err;
    assert_int_equal(key_read(span_of(text), &key, &err), 0);
    return key;
}

#endif
