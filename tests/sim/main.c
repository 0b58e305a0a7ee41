#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/sim.h"

static const char help[] =
    "Usage: sim [--seeds N] [--from SEED] [--seed SEED] [--trace] [--steps N] "
    "[--events N] [--reach N]\n"
    "           [--window WINDOW]… [--unique-marks] [--steady-logs]\n"
    "\n"
    "Drives cupbearer's engine through random runs in virtual time, with many faults (tests/README.md lists them), and checks\n"
    "after each that every promise was kept. A seed is one run, always the same. Ends at the first broken promise, and\n"
    "prints the command that repeats it.\n"
    "\n"
    "  --seeds N          how many runs (default 2000)\n"
    "  --from SEED        the first one's seed (default 1)\n"
    "  --seed SEED        only this run\n"
    "  --trace            print everything that happens in it\n"
    "  --steps N          faults and other steps in each run (default 500)\n"
    "  --events N         at most so many event ids in each (default 30, at most 250)\n"
    "  --reach N          how far beyond what was read the engine may start deliveries (default: a small one, by seed)\n"
    "  --window WINDOW    open one of the windows in which a message may be shown twice: slow (a request is under way\n"
    "                     inside Papercups for longer than the settle time), stopped (a worker is stopped between its\n"
    "                     last check of the clock and the write), edited (somebody takes a message's mark away),\n"
    "                     stale (lists of messages lag by more than the settle time); duplicated and misreported\n"
    "                     messages are then counted and no failure\n"
    "  --unique-marks     Papercups has the index of deploy/papercups-once.sql\n"
    "  --steady-logs      no topic is recreated under its owners, and no log loses its tail or its beginning; the mark\n"
    "                     secret and the keyring never change, no two workers have one name, no worker's clock is wrong\n"
    "                     from the start; all events go by external id, accounts are alike\n"
    "\n"
    "Exit codes: 0 every promise was kept, 1 one was broken, 2 wrong use.\n";

static struct sim_options current; /* for the word about an assertion that failed */

static void tell_seed(int number)
{
    char text[64];
    int size = snprintf(text, sizeof(text), "\nsim --seed %llu --trace\n", (unsigned long long)current.seed);
    if (write(STDERR_FILENO, text, (size_t)size) != size)
        _exit(1);
    signal(number, SIG_DFL);
    raise(number);
}

static void print_again(const struct sim_options *options)
{
    printf("again: sim --seed %llu --steps %d --events %d", (unsigned long long)options->seed, options->steps,
           options->events);
    if (options->reach_step > 0)
        printf(" --reach %d", options->reach_step);
    printf(" --trace%s%s%s%s%s%s\n", options->windows.slow ? " --window slow" : "",
           options->windows.stopped ? " --window stopped" : "",
           options->windows.edited ? " --window edited" : "", options->windows.stale ? " --window stale" : "",
           options->unique_marks ? " --unique-marks" : "",
           options->steady_logs ? " --steady-logs" : "");
}

static void add(struct sim_result *sum, const struct sim_result *one)
{
    sum->records += one->records;
    sum->crashes += one->crashes;
    sum->freezes += one->freezes;
    sum->rebalances += one->rebalances;
    sum->ousted += one->ousted;
    sum->duplicated += one->duplicated;
    sum->misreported += one->misreported;
    sum->missed += one->missed;
    if (sum->settled_ms < one->settled_ms)
        sum->settled_ms = one->settled_ms;
    sum->good = sum->good && one->good;
}

static bool run(const struct sim_options *options, uint64_t count)
{
    struct sim_result sum = {.good = true};
    uint64_t done = 0;
    current = *options;
    for (; done < count && sum.good; done++, current.seed++) {
        struct sim_result result;
        struct buf report;
        buf_init(&report, 1 << 26);
        sim_run(&current, &report, &result);
        add(&sum, &result);
        if (current.trace || !result.good)
            fputs(report.data, stdout);
        buf_done(&report);
        if (!result.good)
            print_again(&current);
    }
    printf(
        "sim seeds=%llu failed=%d records=%u crashes=%u freezes=%u rebalances=%u ousted=%u duplicated=%u "
        "misreported=%u missed=%u settled_within=%llds\n",
        (unsigned long long)done, !sum.good, sum.records, sum.crashes, sum.freezes, sum.rebalances,
        sum.ousted, sum.duplicated, sum.misreported, sum.missed, (long long)(sum.settled_ms + 999) / 1000);
    return sum.good;
}

static bool window_open(struct sim_windows *windows, const char *name)
{
    static const char *const names[] = {"slow", "stopped", "edited", "stale"};
    bool *members[] = {&windows->slow, &windows->stopped, &windows->edited, &windows->stale};
    for (size_t i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0)
            return *members[i] = true;
    return false;
}

static bool number_read(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == 0 && end != text && text[0] != '-';
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"seeds", required_argument, NULL, 'n'},
                                          {"from", required_argument, NULL, 'f'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"steps", required_argument, NULL, 'k'},
                                          {"events", required_argument, NULL, 'e'},
                                          {"reach", required_argument, NULL, 'r'},
                                          {"window", required_argument, NULL, 'w'},
                                          {"trace", no_argument, NULL, 't'},
                                          {"unique-marks", no_argument, NULL, 'u'},
                                          {"steady-logs", no_argument, NULL, 'l'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct sim_options options = {.seed = 1, .steps = 500};
    uint64_t seeds = 2000, steps = 500, events = 30, reach = 0;
    bool good = true;
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1 && good) {
        if (option == 'h') {
            fputs(help, stdout);
            return 0;
        }
        if (option == 's')
            seeds = 1;
        if (option == 'n')
            good = number_read(optarg, &seeds);
        else if (option == 'f' || option == 's')
            good = number_read(optarg, &options.seed);
        else if (option == 'k')
            good = number_read(optarg, &steps) && steps <= 1000000;
        else if (option == 'e')
            good = number_read(optarg, &events) && events > 0 && events <= 250;
        else if (option == 'r')
            good = number_read(optarg, &reach) && reach > 0 && reach <= 1000000;
        else if (option == 'w')
            good = window_open(&options.windows, optarg);
        else if (option == '?')
            good = false;
        options.trace = options.trace || option == 't';
        options.unique_marks = options.unique_marks || option == 'u';
        options.steady_logs = options.steady_logs || option == 'l';
    }
    if (!good || optind < argc) {
        fputs("sim: wrong use. Try: sim --help\n", stderr);
        return 2;
    }
    options.steps = (int)steps;
    options.events = (int)events;
    options.reach_step = (int)reach;
    signal(SIGABRT, tell_seed);
    return run(&options, seeds) ? 0 : 1;
}
