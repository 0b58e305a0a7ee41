#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/template_store.h"
#include "unit/directory.h"

static void expect_file(const char *path, const char *text)
{
    char held[1000] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    held[fread(held, 1, sizeof(held) - 1, file)] = 0;
    fclose(file);
    assert_string_equal(held, text);
}

/* Saves {"body": body}; the version that is there afterwards goes to `version`, which was the seen one. */
static enum template_store_result save(const char *name, char *version, const char *body, struct err *err)
{
    struct template_file now;
    json_t *message = json_pack("{s:s}", "body", body);
    enum template_store_result result = template_store_write(".", span_of(name), version, message, &now, err);
    strcpy(version, now.version);
    template_file_done(&now);
    json_decref(message);
    return result;
}

static void a_message_is_saved_read_renamed_and_deleted(void **state)
{
    (void)state;
    char version[TEMPLATE_VERSION_SIZE + 1] = "";
    struct template_file file;
    struct err err;
    assert_int_equal(save("need-help", version, "Käse", &err), TEMPLATE_STORE_OK);
    expect_file("need-help.json", "{\n  \"body\": \"Käse\"\n}\n");
    assert_int_equal(strlen(version), TEMPLATE_VERSION_SIZE);
    assert_int_equal(save("need-help", version, "Need a hand?", &err), TEMPLATE_STORE_OK);
    assert_int_equal(template_store_read(".", SPAN("need-help"), &file, &err), TEMPLATE_STORE_OK);
    assert_string_equal(file.name, "need-help");
    assert_string_equal(file.version, version);
    assert_string_equal(json_string_value(json_object_get(file.message, "body")), "Need a hand?");
    assert_non_null(file.template);
    assert_null(file.broken);
    template_file_done(&file);
    assert_int_equal(template_store_rename(".", SPAN("need-help"), SPAN("help"), version, &err),
                     TEMPLATE_STORE_OK);
    assert_int_equal(template_store_read(".", SPAN("need-help"), &file, &err), TEMPLATE_STORE_MISSING);
    assert_string_equal(err.text, "there is no message 'need-help'");
    assert_int_equal(template_store_delete(".", SPAN("help"), version, &err), TEMPLATE_STORE_OK);
    assert_int_equal(access("help.json", F_OK), -1);
    assert_int_equal(access(TEMPLATE_STORE_TEMP, F_OK), -1);
}

static void the_version_is_the_hash_of_the_bytes(void **state)
{
    (void)state;
    struct template_file file;
    struct err err;
    file_write("a.json", span_of("{\"body\":\"x\"}"));
    assert_int_equal(template_store_read(".", SPAN("a"), &file, &err), TEMPLATE_STORE_OK);
    assert_string_equal(file.version,
                        "95d1504ea9e70f474b35a354180f4a4c"); /* printf '{"body":"x"}' | sha256sum */
    template_file_done(&file);
}

static void all_are_listed_by_name_and_what_is_none_is_left_alone(void **state)
{
    (void)state;
    struct template_file *list;
    size_t count;
    struct err err;
    assert_int_equal(template_store_list(".", &list, &count, &err), 0);
    assert_int_equal(count, 0);
    free(list);
    file_write("b.json", span_of("{\"body\":\"b\"}"));
    file_write("a.json", span_of("{\"body\":\"a\"}"));
    file_write("c.json", span_of("{\"body\":"));
    const char *const others[] = {"README.md", "A.json",     "a_b.json", ".json",
                                  ".a.json",   "a.json.bak", "json"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        file_write(others[i], span_of("{\"body\":\"x\"}"));
    assert_int_equal(template_store_list(".", &list, &count, &err), 0);
    assert_int_equal(count, 3);
    assert_string_equal(list[0].name, "a");
    assert_string_equal(list[1].name, "b");
    assert_string_equal(list[2].name, "c");
    assert_null(list[1].broken);
    assert_string_equal(list[2].broken, "not JSON: unexpected token at byte 8");
    assert_null(list[2].message);
    assert_int_equal(strlen(list[2].version), TEMPLATE_VERSION_SIZE);
    for (size_t i = 0; i < count; i++)
        template_file_done(&list[i]);
    free(list);
    assert_int_equal(template_store_list("none", &list, &count, &err), -1);
    assert_string_equal(err.text, "cannot open the messages' directory none: No such file or directory; make "
                                  "it, or name another one");
    assert_int_equal(template_store_list("a.json", &list, &count, &err), -1);
}

static void a_broken_file_is_never_overwritten(void **state)
{
    (void)state;
    char version[TEMPLATE_VERSION_SIZE + 1] = "", seen[TEMPLATE_VERSION_SIZE + 1];
    struct template_file file;
    struct err err;
    file_write("a.json", span_of("{\"body\":\"x\",}"));
    assert_int_equal(save("a", version, "mine", &err), TEMPLATE_STORE_CHANGED);
    strcpy(seen, version);
    assert_int_equal(save("a", version, "mine", &err), TEMPLATE_STORE_BROKEN);
    assert_non_null(strstr(err.text, "'a' is broken on disk (not JSON: "));
    expect_file("a.json", "{\"body\":\"x\",}");
    char large[TEMPLATE_SIZE_MAX + 2];
    memset(large, ' ', sizeof(large));
    memcpy(large, "{\"body\":\"x\"}", 12);
    large[sizeof(large) - 1] = 0;
    file_write("large.json", span_of(large));
    assert_int_equal(template_store_read(".", SPAN("large"), &file, &err), TEMPLATE_STORE_OK);
    assert_string_equal(file.broken, "is larger than 256 KiB");
    template_file_done(&file);
    assert_int_equal(template_store_delete(".", SPAN("large"), "", &err), TEMPLATE_STORE_BROKEN);
    assert_int_equal(template_store_delete(".", SPAN("a"), seen, &err), TEMPLATE_STORE_OK);
}

/* A link, a directory, a pipe (which must not make anybody wait) and a link to nowhere in place of a file. */
static void what_is_no_regular_file_is_not_followed(void **state)
{
    (void)state;
    const char *const names[] = {"link", "directory", "pipe", "dangling"};
    file_write("secret", span_of("{\"body\":\"secret\"}"));
    assert_int_equal(symlink("secret", "link.json"), 0);
    assert_int_equal(mkdir("directory.json", 0700), 0);
    assert_int_equal(mkfifo("pipe.json", 0600), 0);
    assert_int_equal(symlink("victim", "dangling.json"), 0);
    file_write("good.json", span_of("{\"body\":\"x\"}"));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char version[TEMPLATE_VERSION_SIZE + 1] = "";
        struct template_file file;
        struct err err;
        struct span name = span_of(names[i]);
        assert_int_equal(template_store_read(".", name, &file, &err), TEMPLATE_STORE_OK);
        assert_non_null(file.broken);
        assert_null(file.message);
        assert_string_equal(file.version, "");
        char good[TEMPLATE_VERSION_SIZE + 1];
        template_file_done(&file);
        assert_int_equal(save(names[i], version, "mine", &err), TEMPLATE_STORE_BROKEN);
        assert_int_equal(template_store_rename(".", name, SPAN("new"), "", &err), TEMPLATE_STORE_BROKEN);
        assert_int_equal(template_store_delete(".", name, "", &err), TEMPLATE_STORE_BROKEN);
        assert_int_equal(template_store_read(".", SPAN("good"), &file, &err), TEMPLATE_STORE_OK);
        strcpy(good, file.version);
        template_file_done(&file);
        assert_int_equal(template_store_rename(".", SPAN("good"), name, good, &err), TEMPLATE_STORE_CHANGED);
    }
    struct stat status;
    expect_file("secret", "{\"body\":\"secret\"}");
    assert_int_equal(access("victim", F_OK), -1);
    assert_true(lstat("link.json", &status) == 0 && S_ISLNK(status.st_mode));
    assert_true(lstat("pipe.json", &status) == 0 && S_ISFIFO(status.st_mode));
}

static void what_a_crash_has_left_is_replaced_and_not_followed(void **state)
{
    (void)state;
    char version[TEMPLATE_VERSION_SIZE + 1] = "";
    struct err err;
    file_write("victim", span_of("untouched"));
    assert_int_equal(symlink("victim", TEMPLATE_STORE_TEMP), 0);
    assert_int_equal(save("a", version, "x", &err), TEMPLATE_STORE_OK);
    file_write(TEMPLATE_STORE_TEMP, span_of("{\"bo"));
    assert_int_equal(save("a", version, "y", &err), TEMPLATE_STORE_OK);
    expect_file("a.json", "{\n  \"body\": \"y\"\n}\n");
    expect_file("victim", "untouched");
    assert_int_equal(access(TEMPLATE_STORE_TEMP, F_OK), -1);
    assert_int_equal(mkdir(TEMPLATE_STORE_TEMP, 0700), 0);
    assert_int_equal(save("a", version, "z", &err), TEMPLATE_STORE_FAILED);
    assert_int_equal(err.code, ERR_SYSTEM);
    expect_file("a.json", "{\n  \"body\": \"y\"\n}\n");
}

static void who_comes_second_is_told_and_gets_what_is_there(void **state)
{
    (void)state;
    char mine[TEMPLATE_VERSION_SIZE + 1] = "", theirs[TEMPLATE_VERSION_SIZE + 1] = "", other[33] = "";
    struct template_file now;
    struct err err;
    json_t *message = json_pack("{s:s}", "body", "mine");
    assert_int_equal(save("a", mine, "first", &err), TEMPLATE_STORE_OK);
    assert_int_equal(save("a", theirs, "new", &err), TEMPLATE_STORE_CHANGED);
    assert_string_equal(err.text, "there is a message 'a' already: choose another name");
    assert_string_equal(theirs, mine);
    assert_int_equal(save("a", theirs, "theirs", &err), TEMPLATE_STORE_OK);
    assert_int_equal(template_store_write(".", SPAN("a"), mine, message, &now, &err), TEMPLATE_STORE_CHANGED);
    assert_string_equal(err.text, "'a' was changed by somebody else: look at what they wrote, then save");
    assert_string_equal(now.version, theirs);
    assert_string_equal(json_string_value(json_object_get(now.message, "body")), "theirs");
    template_file_done(&now);
    assert_int_equal(template_store_rename(".", SPAN("a"), SPAN("b"), mine, &err), TEMPLATE_STORE_CHANGED);
    assert_int_equal(template_store_delete(".", SPAN("a"), mine, &err), TEMPLATE_STORE_CHANGED);
    assert_int_equal(save("b", other, "b", &err), TEMPLATE_STORE_OK);
    assert_int_equal(template_store_rename(".", SPAN("a"), SPAN("b"), theirs, &err), TEMPLATE_STORE_CHANGED);
    assert_string_equal(err.text, "there is a message 'b' already: choose another name");
    assert_int_equal(template_store_delete(".", SPAN("a"), theirs, &err), TEMPLATE_STORE_OK);
    assert_int_equal(template_store_write(".", SPAN("a"), theirs, message, &now, &err),
                     TEMPLATE_STORE_CHANGED);
    assert_string_equal(err.text, "'a' was deleted or renamed by somebody else: save it as a new message");
    assert_string_equal(now.version, "");
    template_file_done(&now);
    assert_int_equal(template_store_delete(".", SPAN("a"), "", &err), TEMPLATE_STORE_MISSING);
    expect_file("b.json", "{\n  \"body\": \"b\"\n}\n");
    json_decref(message);
}

static void a_message_or_a_name_that_is_no_good_is_not_written(void **state)
{
    (void)state;
    char version[TEMPLATE_VERSION_SIZE + 1] = "";
    struct err err;
    assert_int_equal(save("a", version, "{{", &err), TEMPLATE_STORE_REFUSED);
    assert_true(strncmp(err.text, "body: ", 6) == 0);
    assert_int_equal(save("../a", version, "x", &err), TEMPLATE_STORE_REFUSED);
    assert_string_equal(err.text, "name: a message is called by 1 to 64 of the characters a-z, 0-9 and -");
    struct template_file file;
    assert_int_equal(template_store_read(".", SPAN("a/b"), &file, &err), TEMPLATE_STORE_REFUSED);
    assert_int_equal(template_store_delete(".", SPAN(""), "", &err), TEMPLATE_STORE_REFUSED);
    assert_int_equal(save("a", version, "x", &err), TEMPLATE_STORE_OK);
    assert_int_equal(template_store_rename(".", SPAN("a"), SPAN("A"), version, &err), TEMPLATE_STORE_REFUSED);
    assert_int_equal(template_store_read("none", SPAN("a"), &file, &err), TEMPLATE_STORE_FAILED);
    assert_int_equal(template_store_delete("none", SPAN("a"), version, &err), TEMPLATE_STORE_FAILED);
}

/* Adds to the number in a.json, `times` times, again whenever somebody was faster; the exit code of a child. */
static int count_up(int times)
{
    char version[TEMPLATE_VERSION_SIZE + 1] = "", body[32];
    while (times > 0) {
        struct template_file file;
        struct err err;
        if (template_store_read(".", SPAN("a"), &file, &err) != TEMPLATE_STORE_OK || file.broken != NULL)
            return 1; /* half-written, or away for a moment */
        snprintf(body, sizeof(body), "%d",
                 1 + atoi(json_string_value(json_object_get(file.message, "body"))));
        strcpy(version, file.version);
        template_file_done(&file);
        enum template_store_result result = save("a", version, body, &err);
        if (result != TEMPLATE_STORE_OK && result != TEMPLATE_STORE_CHANGED)
            return 2;
        times -= result == TEMPLATE_STORE_OK;
    }
    return 0;
}

static void many_who_save_at_once_lose_nothing_and_see_nothing_half_written(void **state)
{
    (void)state;
    enum { WRITERS = 4, TIMES = 25 };
    char version[TEMPLATE_VERSION_SIZE + 1] = "";
    struct err err;
    pid_t writers[WRITERS];
    assert_int_equal(save("a", version, "0", &err), TEMPLATE_STORE_OK);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        if (writers[i] == 0)
            _exit(count_up(TIMES));
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_int_equal(status, 0);
    }
    expect_file("a.json", "{\n  \"body\": \"100\"\n}\n");
}

static void there_is_a_bound_to_how_many_are_listed(void **state)
{
    (void)state;
    struct template_file *list;
    size_t count;
    struct err err;
    for (int i = 0; i <= TEMPLATE_STORE_MAX; i++) {
        char path[32];
        snprintf(path, sizeof(path), "m-%d.json", i);
        file_write(path, span_of("{}"));
    }
    assert_int_equal(template_store_list(".", &list, &count, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_null(list);
    assert_int_equal(unlink("m-7.json"), 0);
    assert_int_equal(template_store_list(".", &list, &count, &err), 0);
    assert_int_equal(count, TEMPLATE_STORE_MAX);
    for (size_t i = 0; i < count; i++)
        template_file_done(&list[i]);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_is_saved_read_renamed_and_deleted, directory_enter,
                                        directory_leave),
        cmocka_unit_test_setup_teardown(the_version_is_the_hash_of_the_bytes, directory_enter,
                                        directory_leave),
        cmocka_unit_test_setup_teardown(all_are_listed_by_name_and_what_is_none_is_left_alone,
                                        directory_enter, directory_leave),
        cmocka_unit_test_setup_teardown(a_broken_file_is_never_overwritten, directory_enter, directory_leave),
        cmocka_unit_test_setup_teardown(what_is_no_regular_file_is_not_followed, directory_enter,
                                        directory_leave),
        cmocka_unit_test_setup_teardown(what_a_crash_has_left_is_replaced_and_not_followed, directory_enter,
                                        directory_leave),
        cmocka_unit_test_setup_teardown(who_comes_second_is_told_and_gets_what_is_there, directory_enter,
                                        directory_leave),
        cmocka_unit_test_setup_teardown(a_message_or_a_name_that_is_no_good_is_not_written, directory_enter,
                                        directory_leave),
        cmocka_unit_test_setup_teardown(many_who_save_at_once_lose_nothing_and_see_nothing_half_written,
                                        directory_enter, directory_leave),
        cmocka_unit_test_setup_teardown(there_is_a_bound_to_how_many_are_listed, directory_enter,
                                        directory_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
