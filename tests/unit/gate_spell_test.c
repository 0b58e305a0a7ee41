#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/spell.h"

static void a_spell_is_told_when_it_begins(void **state)
{
    struct spell spell = {0};
    (void)state;
    assert_false(spell_begins(&spell, 0, (struct mono){1}));
    assert_true(spell_begins(&spell, 3, (struct mono){2}));
    assert_false(spell_begins(&spell, 3, (struct mono){3}));
    assert_false(spell_begins(&spell, 4, (struct mono){SPELL_QUIET_MS}));
    assert_false(spell_begins(&spell, 5, (struct mono){2 * SPELL_QUIET_MS - 1}));
    assert_false(spell_begins(&spell, 5, (struct mono){4 * SPELL_QUIET_MS}));
    assert_true(spell_begins(&spell, 6, (struct mono){4 * SPELL_QUIET_MS}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spell_is_told_when_it_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
