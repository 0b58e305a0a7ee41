#include "demo/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"

#define READY_MS 60000
#define POLL_MS  50

extern char **environ;

/* Looks through the log; its last line stays in `last`. */
static bool child_is_ready(const struct child_start *start, char *last, size_t size)
{
    bool ready = false;
    FILE *log = fopen(start->log, "r");
    while (log != NULL && fgets(last, (int)size, log) != NULL)
        ready = ready || strstr(last, start->ready) != NULL;
    if (log != NULL)
        fclose(log);
    return ready;
}

static bool child_open(int fd, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return file >= 0 && dup2(file, fd) == fd;
}

void child_directory(char out[CHILD_PATH_SIZE])
{
    ssize_t size = readlink("/proc/self/exe", out, CHILD_PATH_SIZE - 1);
    out[size < 0 ? 0 : size] = 0;
    char *end = strrchr(out, '/');
    if (end != NULL)
        *end = 0;
}

/* In the new process. It does not outlive this one, whose broker and stand-in it works on, also when this one is killed. */
static _Noreturn void child_become(const struct child_start *start, pid_t parent)
{
    char *words[] = {(char *)(uintptr_t) "cupbearer",         (char *)(uintptr_t)start->command,
                     (char *)(uintptr_t) "--config",          (char *)(uintptr_t)start->config,
                     (char *)(uintptr_t) "--log-level=debug", NULL};
    char directory[CHILD_PATH_SIZE], program[CHILD_PATH_SIZE + 16];
    child_directory(directory);
    snprintf(program, sizeof(program), "%s/cupbearer", directory);
    sigset_t none;
    sigemptyset(&none);
    if (child_open(STDERR_FILENO, start->log) &&
        (start->words == NULL || child_open(STDOUT_FILENO, start->words)) &&
        prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
        sigprocmask(SIG_SETMASK, &none, NULL) == 0)
        execve(program, words, environ);
    _exit(127);
}

static int child_spawn(struct child *child, const struct child_start *start, struct err *err)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        child_become(start, parent);
    if (pid < 0)
        return err_os(err, errno, "cupbearer %s cannot be started", start->command);
    child->pid = pid;
    return 0;
}

int child_start(struct child *child, const struct child_start *start, struct err *err)
{
    char last[1024] = "";
    if (child_spawn(child, start, err) != 0)
        return -1;
    struct mono deadline = mono_after(clock_now().mono, READY_MS);
    while (!child_is_ready(start, last, sizeof(last))) {
        int status;
        if (waitpid(child->pid, &status, WNOHANG) == child->pid) {
            child->pid = 0;
            return err_set(err, ERR_SYSTEM, "cupbearer %s ended: %.400s", start->command, last);
        }
        if (mono_reached(deadline, clock_now().mono))
            return err_set(err, ERR_UNREACHABLE, "cupbearer %s is not ready after %d s: %.400s",
                           start->command, READY_MS / 1000, last);
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    return 0;
}

void child_stop(struct child *child)
{
    if (child->pid <= 0)
        return;
    kill(child->pid, SIGTERM);
    waitpid(child->pid, NULL, 0);
    child->pid = 0;
}
