#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/log.h"

/* Standard error becomes a pipe, and $JOURNAL_STREAM names its device and inode, each off by so much. */
static int pipe_ends[2], own_stderr;

static void stderr_take(long long off_device, long long off_inode)
{
    struct stat at;
    char text[64];
    assert_int_equal(pipe2(pipe_ends, O_NONBLOCK), 0);
    own_stderr = dup(STDERR_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
    assert_int_equal(fstat(STDERR_FILENO, &at), 0);
    snprintf(text, sizeof(text), "%lld:%lld", (long long)at.st_dev + off_device, (long long)at.st_ino + off_inode);
    setenv("JOURNAL_STREAM", text, 1);
    log_find_journal();
}

/* What was written to it; free() it. */
static char *stderr_give_back(void)
{
    char *text = calloc(1, 65536);
    dup2(own_stderr, STDERR_FILENO);
    close(own_stderr);
    close(pipe_ends[1]);
    ssize_t size = read(pipe_ends[0], text, 65535);
    close(pipe_ends[0]);
    unsetenv("JOURNAL_STREAM");
    log_find_journal();
    assert_true(size >= 0);
    return text;
}

static void log_each_level(void)
{
    for (enum log_level level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
        log_say(level, "tried", "it");
    log_plain("ended");
}

/* What each line begins with. */
static void assert_lines(char *text, const char *const *wanted)
{
    char *rest = text;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest), wanted++) {
        assert_non_null(*wanted);
        assert_int_equal(strncmp(line, *wanted, strlen(*wanted)), 0);
    }
    assert_null(*wanted);
}

static void lines_for_the_journal_begin_with_their_priority(void **state)
{
    static const char *const wanted[] = {"<3>ts=", "<4>ts=", "<6>ts=", "<7>ts=", "<3>ended", NULL};
    (void)state;
    log_set_level("debug");
    stderr_take(0, 0);
    log_each_level();
    char *text = stderr_give_back();
    assert_lines(text, wanted);
    free(text);
}

static void lines_for_a_pipe_or_a_file_do_not(void **state)
{
    static const char *const wanted[] = {"ts=", "ts=", "ts=", "ts=", "ended", NULL};
    static const long long other[][2] = {{1, 0}, {0, 1}}; /* as in a child whose standard error goes elsewhere */
    (void)state;
    log_set_level("debug");
    for (size_t i = 0; i < 2; i++) {
        stderr_take(other[i][0], other[i][1]);
        log_each_level();
        char *text = stderr_give_back();
        assert_lines(text, wanted);
        free(text);
    }
}

static void a_variable_that_names_no_file_is_nothing(void **state)
{
    static const char *const none[] = {"", "9", "a:b", ":"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        setenv("JOURNAL_STREAM", none[i], 1);
        log_find_journal();
        assert_string_equal(log_priority(LOG_LEVEL_ERROR), "");
    }
    unsetenv("JOURNAL_STREAM");
}

static void a_line_that_is_no_log_has_no_priority(void **state)
{
    struct log_line line;
    int ends[2];
    char written[128] = {0};
    (void)state;
    assert_int_equal(pipe(ends), 0);
    stderr_take(0, 0);
    log_begin_always(&line, LOG_LEVEL_INFO, "signed");
    int result = log_end_at(&line, ends[1]); /* the audit log is a file */
    free(stderr_give_back());
    assert_int_equal(result, 0);
    assert_true(read(ends[0], written, sizeof(written) - 1) > 0);
    assert_int_equal(strncmp(written, "ts=", 3), 0);
    assert_non_null(strstr(written, "event=signed\n"));
    close(ends[0]);
    close(ends[1]);
}

static void the_longest_line_keeps_its_priority_and_its_newline(void **state)
{
    static char long_text[LOG_LINE_MAX];
    struct log_line line;
    char out[LOG_LINE_MAX];
    (void)state;
    memset(long_text, 'x', sizeof(long_text));
    stderr_take(0, 0);
    log_begin_always(&line, LOG_LEVEL_WARNING, "long");
    log_text(&line, "text", (struct span){long_text, 7000});
    log_text(&line, "text", (struct span){long_text, sizeof(long_text)});
    size_t size = log_end_into(&line, out);
    free(stderr_give_back());
    assert_true(size <= LOG_LINE_MAX);
    assert_int_equal(strncmp(out, "<4>ts=", 6), 0);
    assert_int_equal(out[size - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_for_the_journal_begin_with_their_priority),
        cmocka_unit_test(lines_for_a_pipe_or_a_file_do_not),
        cmocka_unit_test(a_variable_that_names_no_file_is_nothing),
        cmocka_unit_test(a_line_that_is_no_log_has_no_priority),
        cmocka_unit_test(the_longest_line_keeps_its_priority_and_its_newline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
