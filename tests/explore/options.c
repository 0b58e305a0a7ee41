#include "explore/options.h"

#include <stddef.h>
#include <stdlib.h>

static const char help[] =
    "explore: walks through every order of things around some workers, events and faults, and looks at each "
    "state\n"
    "\n"
    "  --scenario NAME        one of --list; what stands behind it changes it (order)\n"
    "  --list                 the scenarios\n"
    "  --faults N             how many things may go wrong on one path (1)\n"
    "  --workers N            1 to 3 (2)\n"
    "  --events N             1 to 4 (2)\n"
    "  --customers N          1 or 2, the recipients of the events in turn\n"
    "  --repeat N             1: every event is the first once more\n"
    "  --gap N                offsets without a record between two events\n"
    "  --at-once N            requests of an account\n"
    "  --spacing MS           between two messages to a customer\n"
    "  --new-spacing MS       behind the first message of a conversation\n"
    "  --look MS              how often conversations are looked at after posts (0: never)\n"
    "  --closes N             1: an agent may close conversations\n"
    "  --logs N               1: the topic may be made again, or lose its last record\n"
    "  --late N               1: an event may be refused and a partition be lost for nothing, and the receipt may be late\n"
    "  --limit-states N       stop then (0: never)\n"
    "  --check-fingerprint    whether states that are taken for the same go on in the same way\n"
    "  --replay STEPS         tell what happens on that path, as a breach prints it\n"
    "\n"
    "The last line: explore scenario=... states=... Exit codes: 0 nothing is wrong, 1 a promise was broken, "
    "2 wrong\n"
    "use, 4 there are more states than the limit.\n";

static const struct scenario scenarios[] = {
    {.name = "order", .tells = "two events of one customer", .customers = 1, .at_once = 4},
    {.name = "apart", .tells = "two events of two customers", .customers = 2, .at_once = 4},
    {.name = "repeat", .tells = "one event, published twice", .customers = 1, .repeat = 1, .at_once = 4},
    {.name = "reach",
     .tells = "two events of one customer, the second beyond the reach of the first commit",
     .customers = 1,
     .gap = 6000,
     .at_once = 4},
    {.name = "spaced",
     .tells = "two events of one customer, with a second between two messages",
     .customers = 1,
     .at_once = 4,
     .spacing_ms = 1000},
    {.name = "young",
     .tells = "two events of one customer, and four seconds behind a new conversation's first message",
     .customers = 1,
     .at_once = 4,
     .new_spacing_ms = 4000},
    {.name = "closed",
     .tells = "two events of one customer, and an agent who closes conversations",
     .customers = 1,
     .at_once = 4,
     .look_ms = 3000,
     .closes = 1},
    {.name = "logs",
     .tells = "two events of one customer, and a topic that is made again or loses its last record",
     .customers = 1,
     .at_once = 4,
     .logs = 1},
    {.name = "late",
     .tells = "one event that is refused, a partition that is lost, and the receipt of it at any time",
     .events = 1,
     .customers = 1,
     .at_once = 4,
     .late = 1},
    {.name = "narrow",
     .tells = "two events of two customers, and one request at a time",
     .customers = 2,
     .at_once = 1},
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

static const struct number {
    const char *name;
    int least, most;
    size_t place; /* in struct scenario */
} numbers[] = {
    {"--faults", 0, 9, offsetof(struct scenario, faults)},
    {"--workers", 1, WORLD_WORKERS_MAX, offsetof(struct scenario, workers)},
    {"--events", 1, EVENTS_MOST, offsetof(struct scenario, events)},
    {"--customers", 1, 2, offsetof(struct scenario, customers)},
    {"--repeat", 0, 1, offsetof(struct scenario, repeat)},
    {"--gap", 0, 100000, offsetof(struct scenario, gap)},
    {"--at-once", 1, 64, offsetof(struct scenario, at_once)},
    {"--spacing", 0, 60000, offsetof(struct scenario, spacing_ms)},
    {"--new-spacing", 0, 60000, offsetof(struct scenario, new_spacing_ms)},
    {"--look", 0, 60000, offsetof(struct scenario, look_ms)},
    {"--closes", 0, 1, offsetof(struct scenario, closes)},
    {"--logs", 0, 1, offsetof(struct scenario, logs)},
    {"--late", 0, 1, offsetof(struct scenario, late)},
};

#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static int *number_at(struct scenario *scenario, const struct number *number)
{
    return (int *)(void *)((char *)scenario + number->place);
}

static _Noreturn void wrong_use(const char *what, const char *text)
{
    fprintf(stderr, "explore: %s: '%s'; see --help\n", what, text);
    exit(2);
}

static long read_number(const char *name, const char *text, long least, long most)
{
    char *end;
    long value = text == NULL ? -1 : strtol(text, &end, 10);
    if (text == NULL || *text == 0 || *end != 0 || value < least || value > most) {
        fprintf(stderr, "explore: %s needs a number from %ld to %ld\n", name, least, most);
        exit(2);
    }
    return value;
}

static void read_scenario(struct scenario *scenario, const char *name)
{
    size_t i = 0;
    while (i < SCENARIOS && (name == NULL || strcmp(scenarios[i].name, name) != 0))
        i++;
    if (i == SCENARIOS)
        wrong_use("no scenario of --list", name == NULL ? "" : name);
    struct scenario before = *scenario;
    *scenario = scenarios[i];
    scenario->workers = before.workers;
    if (scenario->events == 0)
        scenario->events = before.events;
    scenario->faults = before.faults;
}

static void read_path(struct path *path, const char *text)
{
    while (text != NULL && *text != 0) {
        char *end;
        path_push(path, strtoul(text, &end, 10));
        if (end == text || (*end != '.' && *end != 0))
            wrong_use("--replay needs numbers with dots between them", text);
        text = *end == 0 ? end : end + 1;
    }
}

static _Noreturn void tell_list(void)
{
    for (size_t i = 0; i < SCENARIOS; i++)
        printf("%-8s %s\n", scenarios[i].name, scenarios[i].tells);
    exit(0);
}

static void read_pair(struct exploration *exploration, const char *name, const char *value)
{
    size_t i = 0;
    while (i < NUMBERS && strcmp(numbers[i].name, name) != 0)
        i++;
    if (strcmp(name, "--scenario") == 0)
        read_scenario(&exploration->scenario, value);
    else if (strcmp(name, "--replay") == 0)
        read_path(&exploration->path, value);
    else if (strcmp(name, "--limit-states") == 0)
        exploration->states_most = (size_t)read_number(name, value, 0, 2000000000);
    else if (i == NUMBERS)
        wrong_use("no option", name);
    else
        *number_at(&exploration->scenario, &numbers[i]) =
            (int)read_number(name, value, numbers[i].least, numbers[i].most);
}

bool options_read(struct exploration *exploration, char **arguments)
{
    bool replays = false;
    exploration->scenario = scenarios[0];
    exploration->scenario.workers = exploration->scenario.events = 2;
    exploration->scenario.faults = 1;
    for (char **at = arguments; *at != NULL; at++) {
        replays = replays || strcmp(*at, "--replay") == 0;
        if (strcmp(*at, "--help") == 0) {
            fputs(help, stdout);
            exit(0);
        } else if (strcmp(*at, "--list") == 0) {
            tell_list();
        } else if (strcmp(*at, "--check-fingerprint") == 0) {
            exploration->check_fingerprint = true;
        } else {
            read_pair(exploration, at[0], at[1]);
            at += at[1] != NULL;
        }
    }
    return replays;
}

void options_write(const struct exploration *exploration, FILE *out)
{
    struct scenario scenario = exploration->scenario;
    fprintf(out, "explore --scenario %s", scenario.name);
    struct scenario plain = scenario;
    read_scenario(&plain, scenario.name);
    plain.faults = plain.workers = plain.events = -1; /* always told */
    for (size_t i = 0; i < NUMBERS; i++)
        if (*number_at(&scenario, &numbers[i]) != *number_at(&plain, &numbers[i]))
            fprintf(out, " %s %d", numbers[i].name, *number_at(&scenario, &numbers[i]));
    fprintf(out, " --replay ");
    for (size_t i = 0; i < exploration->path.count; i++)
        fprintf(out, "%s%zu", i == 0 ? "" : ".", exploration->path.steps[i]);
    fprintf(out, "\n");
}
