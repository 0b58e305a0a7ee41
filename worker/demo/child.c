#include "demo/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/clock.h"

#define READY_MS 60000
#define LOOK_MS  50

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

static int child_spawn(struct child *child, const struct child_start *start, struct err *err)
{
    char *words[] = {(char *)(uintptr_t) "cupbearer",         (char *)(uintptr_t)start->command,
                     (char *)(uintptr_t) "--config",          (char *)(uintptr_t)start->config,
                     (char *)(uintptr_t) "--log-level=debug", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, start->log, O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
    if (start->words != NULL)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, start->words, O_WRONLY | O_CREAT | O_APPEND,
                                         0600);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int os = posix_spawn(&child->pid, "/proc/self/exe", &actions, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (os == 0)
        return 0;
    child->pid = 0;
    return err_os(err, os, "cupbearer %s cannot be started", start->command);
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
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
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
