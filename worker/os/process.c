#include "os/process.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "os/log.h"

static int64_t timeval_ms(struct timeval at)
{
    return (int64_t)at.tv_sec * 1000 + at.tv_usec / 1000;
}

/* The second number of /proc/self/statm, in pages (proc(5)). */
static int64_t resident_pages(void)
{
    long long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (statm == NULL)
        return 0;
    if (fscanf(statm, "%*s %lld", &pages) != 1)
        pages = 0;
    fclose(statm);
    return pages;
}

void process_usage_read(struct process_usage *out)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    *out = (struct process_usage){.resident_bytes = resident_pages() * sysconf(_SC_PAGESIZE),
                                  .cpu_ms = timeval_ms(usage.ru_utime) + timeval_ms(usage.ru_stime)};
}

/* Only what a signal handler may do. */
static void process_end(int number)
{
    static const char word[] =
        "<3>cupbearer: a thread stands still and does not let the process end: ended all the same\n";
    size_t skipped = log_priority(LOG_LEVEL_ERROR)[0] == 0 ? strlen("<3>") : 0;
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};
    (void)number;
    /* Only where it does not wait: a log that nobody reads must not keep what stands still. */
    if (poll(&log, 1, 0) == 1 && (log.revents & POLLOUT) && write(STDERR_FILENO, word + skipped, sizeof(word) - 1 - skipped) < 0)
        _exit(ERR_SYSTEM);
    _exit(ERR_LIMIT);
}

void process_end_in(unsigned seconds)
{
    struct sigaction action = {.sa_handler = process_end};
    sigaction(SIGALRM, &action, NULL);
    alarm(seconds);
}
