#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "os/log.h"
#include "os/notify.h"
#include "unit/directory.h"

#define BEAT_MS 5000

/* The service manager's socket, in the directory of the test, or abstract. */
static int manager_open(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    if (name[0] == '@')
        address.sun_path[0] = 0;
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

/* In the order in which they came. */
static void assert_told(int manager, const char *wanted)
{
    char text[512];
    ssize_t size = recv(manager, text, sizeof(text) - 1, 0);
    assert_true(size > 0);
    text[size] = 0;
    assert_string_equal(text, wanted);
}

static void assert_told_nothing_more(int manager)
{
    char text[512];
    assert_int_equal(recv(manager, text, sizeof(text), 0), -1);
    assert_int_equal(errno, EAGAIN);
}

static struct mono at(int64_t ms)
{
    return (struct mono){ms};
}

static int open_there(struct notify *notify)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/notify", directory);
    int manager = manager_open(path);
    notify_init(notify, BEAT_MS);
    return manager;
}

static void what_happens_is_told_in_the_words_of_sd_notify(void **state)
{
    struct notify notify;
    char text[64] = {0};
    int manager = open_there(&notify);
    (void)state;
    notify_ready(&notify, at(0));
    assert_told(manager, "READY=1");
    notify_reloading(&notify);
    assert_true(recv(manager, text, sizeof(text) - 1, 0) > 0);
    assert_int_equal(strncmp(text, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    assert_true(strtoll(text + 27, NULL, 10) > 0);
    notify_reloaded(&notify);
    assert_told(manager, "READY=1");
    notify_stopping(&notify);
    assert_told(manager, "STOPPING=1");
    assert_told_nothing_more(manager);
    notify_done(&notify);
    close(manager);
}

static void an_abstract_socket_is_one_too(void **state)
{
    struct notify notify;
    char name[64];
    (void)state;
    snprintf(name, sizeof(name), "@cupbearer-notify-test-%d", (int)getpid());
    int manager = manager_open(name);
    notify_init(&notify, BEAT_MS);
    notify_stopping(&notify);
    assert_told(manager, "STOPPING=1");
    notify_done(&notify);
    close(manager);
}

static void a_status_is_one_line_and_told_where_it_is_another(void **state)
{
    struct notify notify;
    int manager = open_there(&notify);
    char dots[NOTIFY_STATUS_MAX + 9], wanted[NOTIFY_STATUS_MAX + 9];
    (void)state;
    notify_status(&notify, SPAN("12 partitions\nREADY=1"));
    assert_told(manager, "STATUS=12 partitions");
    notify_status(&notify, SPAN("12 partitions"));
    assert_told_nothing_more(manager);
    notify_status(&notify, SPAN("12 part"));
    assert_told(manager, "STATUS=12 part");
    memset(dots, '.', sizeof(dots));
    snprintf(wanted, sizeof(wanted), "STATUS=%.*s", NOTIFY_STATUS_MAX - 1, dots);
    notify_status(&notify, (struct span){dots, sizeof(dots)});
    assert_told(manager, wanted);
    notify_done(&notify);
    close(manager);
}

static void signs_of_life_come_with_the_beat_and_not_after_half_the_time(void **state)
{
    struct notify notify;
    (void)state;
    setenv("WATCHDOG_USEC", "34000000", 1);
    int manager = open_there(&notify);
    assert_int_equal(notify_deadline(&notify).ms, MONO_NEVER.ms); /* a start may take its time */
    notify_ready(&notify, at(1234));
    assert_told(manager, "READY=1");
    assert_int_equal(notify_deadline(&notify).ms, 15000); /* of 17000 the last multiple of the beat */
    notify_turn(&notify, at(14999));
    assert_told_nothing_more(manager);
    notify_turn(&notify, at(15007));
    assert_told(manager, "WATCHDOG=1");
    assert_int_equal(notify_deadline(&notify).ms, 30000);
    notify_done(&notify);
    assert_int_equal(notify_deadline(&notify).ms, MONO_NEVER.ms);
    close(manager);
}

static void where_half_the_time_is_less_than_the_beat_it_is_half_the_time(void **state)
{
    struct notify notify;
    (void)state;
    setenv("WATCHDOG_USEC", "3000000", 1);
    int manager = open_there(&notify);
    notify_ready(&notify, at(0));
    assert_int_equal(notify_deadline(&notify).ms, 1500);
    notify_done(&notify);
    close(manager);
}

static void a_watchdog_of_another_process_is_not_ours(void **state)
{
    struct notify notify;
    char own[16];
    (void)state;
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    int manager = open_there(&notify);
    notify_ready(&notify, at(0));
    assert_int_equal(notify_deadline(&notify).ms, MONO_NEVER.ms);
    notify_done(&notify);
    snprintf(own, sizeof(own), "%d", (int)getpid());
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", own, 1);
    setenv("NOTIFY_SOCKET", "@nobody", 1);
    notify_init(&notify, BEAT_MS);
    notify_ready(&notify, at(0));
    assert_int_equal(notify_deadline(&notify).ms, 1500);
    notify_done(&notify);
    close(manager);
}

static void children_inherit_none_of_it(void **state)
{
    struct notify notify;
    (void)state;
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    int manager = open_there(&notify);
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
    assert_int_equal(fcntl(notify.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    notify_done(&notify);
    close(manager);
}

static void without_a_manager_nothing_wakes_and_nothing_is_sent(void **state)
{
    static const char *const none[] = {NULL, "vsock:2:1", "relative", "@", ""};
    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
        struct notify notify;
        if (none[i] != NULL)
            setenv("NOTIFY_SOCKET", none[i], 1);
        setenv("WATCHDOG_USEC", "3000000", 1);
        notify_init(&notify, BEAT_MS);
        notify_ready(&notify, at(0));
        notify_status(&notify, SPAN("well"));
        assert_int_equal(notify.fd, -1);
        assert_int_equal(notify_deadline(&notify).ms, MONO_NEVER.ms);
        notify_turn(&notify, at(1000000));
        notify_done(&notify);
    }
}

static void a_manager_that_does_not_read_holds_nobody_up(void **state)
{
    struct notify notify;
    (void)state;
    setenv("WATCHDOG_USEC", "3000000", 1);
    int manager = open_there(&notify);
    log_set_level("error"); /* hundreds of warnings */
    notify_ready(&notify, at(0));
    for (int64_t ms = 0; ms < 2000000; ms += 1500) /* more than a queue holds; each would wait NOTIFY_SEND_MS */
        notify_turn(&notify, at(ms));
    notify_done(&notify);
    close(manager);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_enter, directory_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_happens_is_told_in_the_words_of_sd_notify),
        TEST(an_abstract_socket_is_one_too),
        TEST(a_status_is_one_line_and_told_where_it_is_another),
        TEST(signs_of_life_come_with_the_beat_and_not_after_half_the_time),
        TEST(where_half_the_time_is_less_than_the_beat_it_is_half_the_time),
        TEST(a_watchdog_of_another_process_is_not_ours),
        TEST(children_inherit_none_of_it),
        TEST(without_a_manager_nothing_wakes_and_nothing_is_sent),
        TEST(a_manager_that_does_not_read_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
