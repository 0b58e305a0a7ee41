/* explore: whether the engine keeps its promises whatever the order of things, for a few events and a few faults. See
 * explore.h, and choice.h for what can happen. */
#include <signal.h>
#include <time.h>

#include "explore/options.h"

static struct exploration exploration;

/* An assertion has failed: the path is in order, whatever else is not. */
static void tell_path(int number)
{
    arena_close();
    options_write(&exploration, stderr);
    signal(number, SIG_DFL);
    raise(number);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void tell_state(void)
{
    explore_tell(&exploration, true, stdout);
    explore_tell_next(&exploration, stdout);
    options_write(&exploration, stdout);
}

/* Two ways to what is taken for one state, and where each can go. */
static void tell_difference(void)
{
    char breach[sizeof(exploration.breach)];
    memcpy(breach, exploration.breach, sizeof(breach));
    tell_state();
    printf("\nand\n\n");
    exploration.check_fingerprint = false;
    exploration.breach[0] = 0;
    exploration.path.count = 0;
    explore_run(&exploration);
    tell_state();
    printf("\nBREACH: %s\n", breach);
}

static void tell_breach(void)
{
    printf("found at a depth of %zu; looking for the shortest way there\n", exploration.path.count);
    fflush(stdout);
    if (!explore_shorten(&exploration))
        printf("the shortest way takes too much memory: this is the first that was found\n");
    explore_tell(&exploration, false, stdout);
    printf("\nBREACH: %s\n", exploration.breach);
    options_write(&exploration, stdout);
}

static void tell_figures(double took)
{
    const struct scenario *s = &exploration.scenario;
    printf("explore scenario=%s workers=%d events=%d faults=%d%s states=%zu transitions=%zu rests=%zu "
           "circles=%zu "
           "depth=%zu%s time=%.1fs\n",
           s->name, s->workers, s->events, s->faults, exploration.is_complete ? "" : " incomplete",
           exploration.states, exploration.transitions, exploration.rests, exploration.circles,
           exploration.depth, exploration.check_fingerprint ? " fingerprints=checked" : "", took);
}

int main(int argc, char **argv)
{
    (void)argc;
    bool replays = options_read(&exploration, argv + 1);
    signal(SIGABRT, tell_path);
    explore_init(&exploration);
    int code = 0;
    double began = seconds();
    if (replays) {
        explore_tell(&exploration, true, stdout);
        printf("%s\n", exploration.breach);
        code = exploration.breach[0] != 0;
    } else {
        explore_run(&exploration);
        code = exploration.breach[0] != 0 ? 1 : exploration.is_complete ? 0 : 4;
        if (code == 1 && exploration.check_fingerprint)
            tell_difference();
        else if (code == 1)
            tell_breach();
        else
            tell_figures(seconds() - began);
    }
    explore_done(&exploration);
    return code;
}
