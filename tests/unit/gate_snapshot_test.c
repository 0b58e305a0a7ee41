#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/access/snapshot.h"

static int alive; /* texts that were read and not freed */

/* A file is good where it begins with "+". */
static void *text_read(struct span text, struct err *err)
{
    if (!span_starts(text, SPAN("+"))) {
        err_set(err, ERR_USAGE, "it has no +");
        return NULL;
    }
    alive++;
    char *copy = calloc(1, text.size + 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.size);
    return copy;
}

static void text_free(void *text)
{
    alive--;
    free(text);
}

static const struct snapshot_kind kind = {64, text_read, text_free};
static char path[] = "/tmp/gate-held-XXXXXX";

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 || fchmod(fd, 0600) != 0 || close(fd) != 0;
}

static int delete_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void what_is_held_stays_while_the_file_is_replaced(void **state)
{
    (void)state;
    struct err err;
    write_file("+one");
    struct snapshot *snapshot = snapshot_new(path, &kind, &err);
    const char *one = snapshot_take(snapshot), *again = snapshot_take(snapshot);
    write_file("+two");
    snapshot_reload(snapshot);
    const char *two = snapshot_take(snapshot);
    write_file("+three");
    snapshot_reload(snapshot);
    assert_string_equal(one, "+one");
    assert_string_equal(two, "+two");
    assert_int_equal(alive, 3);
    snapshot_give(snapshot, one);
    assert_string_equal(again, "+one");
    assert_int_equal(alive, 3);
    snapshot_give(snapshot, again); /* behind one that is still held */
    assert_int_equal(alive, 2);
    snapshot_give(snapshot, two);
    assert_int_equal(alive, 1);
    const char *three = snapshot_take(snapshot);
    assert_string_equal(three, "+three");
    snapshot_give(snapshot, three);
    snapshot_free(snapshot);
    assert_int_equal(alive, 0);
}

static void a_file_that_is_no_good_changes_nothing(void **state)
{
    (void)state;
    struct err err;
    write_file("+good");
    struct snapshot *snapshot = snapshot_new(path, &kind, &err);
    assert_false(snapshot_is_stale(snapshot));
    static const char *const files[] = {"bad", "",
                                        "+++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        write_file(files[i]);
        snapshot_reload(snapshot);
        assert_true(snapshot_is_stale(snapshot));
        const char *good = snapshot_take(snapshot);
        assert_string_equal(good, "+good");
        snapshot_give(snapshot, good);
    }
    write_file("+better");
    snapshot_reload(snapshot);
    assert_false(snapshot_is_stale(snapshot));
    snapshot_free(snapshot);
    write_file("bad");
    assert_null(snapshot_new(path, &kind, &err));
    assert_non_null(strstr(err.text, ": it has no +"));
    assert_int_equal(alive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_held_stays_while_the_file_is_replaced),
        cmocka_unit_test(a_file_that_is_no_good_changes_nothing),
    };
    return cmocka_run_group_tests(tests, make_file, delete_file);
}
