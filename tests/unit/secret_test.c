#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/secret.h"
#include "unit/directory.h"

static void expect_refused(size_t max_size, const char *text)
{
    struct secret secret;
    struct err err = {0};
    assert_int_equal(secret_read("key", max_size, &secret, &err), -1);
    assert_string_equal(err.text, text);
    assert_int_equal(err.code, ERR_USAGE);
    assert_null(secret.data);
}

static void a_secret_is_read_without_the_white_space_at_its_end(void **state)
{
    (void)state;
    struct secret secret;
    file_write("key", (struct span){" whsec_abc def \t\r\n\n", 19});
    assert_int_equal(secret_read("key", 100, &secret, NULL), 0);
    assert_int_equal(secret.size, 14);
    assert_string_equal((const char *)secret.data, " whsec_abc def");
    secret_done(&secret);
    assert_null(secret.data);
    assert_int_equal(secret.size, 0);
    secret_done(&secret);
}

static void a_secret_may_hold_any_bytes(void **state)
{
    (void)state;
    struct secret secret;
    file_write("key", (struct span){"a\0b", 3});
    assert_int_equal(secret_read("key", 3, &secret, NULL), 0);
    assert_int_equal(secret.size, 3);
    assert_memory_equal(secret.data, "a\0b", 4);
    secret_done(&secret);
}

static void a_command_s_secret_may_come_through_a_pipe(void **state)
{
    (void)state;
    int ends[2];
    char path[32];
    struct secret secret;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "one", 3), 3);
    assert_int_equal(write(ends[1], "two\n", 4), 4);
    close(ends[1]);
    snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
    assert_int_equal(secret_read_stream(path, 100, &secret, NULL), 0);
    assert_string_equal((const char *)secret.data, "onetwo");
    secret_done(&secret);
    close(ends[0]);
}

/* Nobody writes to the first: opening it would wait for ever. */
static void what_may_keep_a_reader_waiting_is_refused(void **state)
{
    (void)state;
    struct secret secret;
    struct err err;
    assert_int_equal(mkfifo("key", 0600), 0);
    expect_refused(10, "key is not a regular file: reading a pipe or a device may never end");
    assert_int_equal(secret_read("/dev/zero", 10, &secret, &err), -1);
    assert_string_equal(err.text, "/dev/zero is not a regular file: reading a pipe or a device may never end");
}

static void a_file_that_is_no_secret_is_refused_and_the_text_says_why(void **state)
{
    (void)state;
    expect_refused(10, "cannot open key: No such file or directory");
    file_write("key", (struct span){"", 0});
    expect_refused(10, "key is empty; a secret belongs in it");
    file_write("key", (struct span){" \n", 2});
    expect_refused(10, "key is empty; a secret belongs in it");
    file_write("key", (struct span){"12345678901", 11});
    expect_refused(10, "key has more than 10 bytes; is it the right file?");
    unlink("key");
    assert_int_equal(mkdir("key", 0700), 0);
    expect_refused(10, "key is a directory; name the file in it");
    rmdir("key");
}

static void a_new_secret_can_be_read_by_its_owner_only(void **state)
{
    (void)state;
    struct stat status;
    struct secret secret;
    mode_t before = umask(0);
    assert_int_equal(secret_write_new("key", SPAN("whsec_abc\n"), NULL), 0);
    umask(before);
    assert_int_equal(stat("key", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(secret_read("key", 100, &secret, NULL), 0);
    assert_string_equal((const char *)secret.data, "whsec_abc");
    secret_done(&secret);
}

static void a_secret_is_never_written_over_another_file(void **state)
{
    (void)state;
    struct err err;
    struct secret secret;
    file_write("key", (struct span){"old", 3});
    assert_int_equal(secret_write_new("key", SPAN("new"), &err), -1);
    assert_string_equal(err.text, "key exists; choose another name or delete it yourself");
    assert_int_equal(err.code, ERR_USAGE);
    assert_int_equal(secret_read("key", 100, &secret, NULL), 0);
    assert_string_equal((const char *)secret.data, "old");
    secret_done(&secret);
    unlink("key");
    assert_int_equal(symlink("elsewhere", "key"), 0);
    assert_int_equal(secret_write_new("key", SPAN("new"), &err), -1);
    assert_int_not_equal(access("elsewhere", F_OK), 0);
}

static void a_secret_that_cannot_be_written_wholly_leaves_no_file(void **state)
{
    (void)state;
    struct err err;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 4;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int result = secret_write_new("key", SPAN("0123456789"), &err);
    limit.rlim_cur = before;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(result, -1);
    assert_string_equal(err.text, "cannot write key: File too large");
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_int_not_equal(access("key", F_OK), 0);
    assert_int_equal(secret_write_new("none/key", SPAN("new"), &err), -1);
    assert_string_equal(err.text, "cannot create none/key: No such file or directory");
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_enter, directory_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(a_secret_is_read_without_the_white_space_at_its_end),
        IN_DIRECTORY(a_secret_may_hold_any_bytes),
        IN_DIRECTORY(a_command_s_secret_may_come_through_a_pipe),
        IN_DIRECTORY(what_may_keep_a_reader_waiting_is_refused),
        IN_DIRECTORY(a_file_that_is_no_secret_is_refused_and_the_text_says_why),
        IN_DIRECTORY(a_new_secret_can_be_read_by_its_owner_only),
        IN_DIRECTORY(a_secret_is_never_written_over_another_file),
        IN_DIRECTORY(a_secret_that_cannot_be_written_wholly_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
