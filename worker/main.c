#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "base/nearest.h"
#include "cmd/cmd.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *purpose;
};

static const struct command commands[] = {
    {"run", cmd_run, "read signed events from Kafka and post them into Papercups"},
    {"keygen", cmd_keygen, "make a key to sign with, or the workers' mark secret"},
    {"send", cmd_send, "sign an event and publish it, and wait for what becomes of it"},
    {"sign", cmd_sign, "sign an event and print the record"},
    {"verify", cmd_verify, "say what a worker would make of a record, and why"},
    {"audit", cmd_audit, "show that every event has exactly one outcome, or name those that do not"},
    {"dead", cmd_dead, "send events again that failed: dead resend"},
    {"gate", cmd_gate, "take events over HTTP, for backends and pages without Kafka"},
    {"health", cmd_health, "ask a running worker whether it is well"},
    {"demo", cmd_demo, "all of it on this machine, with a broker and a Papercups of its own"},
    {"standin", cmd_standin, "a stand-in Papercups, for demos and tests"},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static int help_print(void)
{
    printf("cupbearer %s: signed events from Kafka become bot messages in Papercups chats\n\n",
           CUPBEARER_VERSION);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  cupbearer %-8s %s\n", commands[i].name, commands[i].purpose);
    printf("\n"
           "`cupbearer COMMAND --help` says more; `cupbearer --version` the version.\n"
           "Exit codes: 0 done, 1 no, 2 usage or configuration, 3 unreachable, 4 a limit, 5 system.\n");
    return ERR_NONE;
}

/* The command of that name; NULL, told on stderr, where there is none. */
static const struct command *command_find(const char *name)
{
    struct nearest nearest;
    nearest_init(&nearest, span_of(name));
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
        nearest_offer(&nearest, span_of(commands[i].name), &commands[i]);
    }
    const struct command *meant = nearest_thing(&nearest);
    if (meant != NULL)
        fprintf(stderr, "cupbearer: there is no command '%.60s'; did you mean '%s'?\n", name, meant->name);
    else
        fprintf(stderr, "cupbearer: there is no command '%.60s'; `cupbearer help` lists them\n", name);
    return NULL;
}

static int command_help(const char *name)
{
    const struct command *command = command_find(name);
    if (command == NULL)
        return ERR_USAGE;
    char own_name[16], help[] = "--help";
    snprintf(own_name, sizeof(own_name), "%s", command->name);
    char *words[] = {own_name, help, NULL};
    return command->run(2, words);
}

static int command_run(int argc, char **argv)
{
    const char *name = argc < 2 ? "help" : argv[1];
    if (strcmp(name, "--version") == 0) {
        printf("cupbearer %s\n", CUPBEARER_VERSION);
        return ERR_NONE;
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return argc > 2 ? command_help(argv[2]) : help_print();
    const struct command *command = command_find(name);
    return command == NULL ? ERR_USAGE : command->run(argc - 1, argv + 1);
}

static void end_by_signal(int number)
{
    _exit(128 + number); /* as a shell tells it */
}

/* A broken pipe is an error of the write. What some tools send to look whether somebody lives must not kill. The kernel
 * keeps signals from the first process of a container that does not say what they do; commands that wait for signals say
 * it themselves. */
static void signals_set(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    if (getpid() == 1) {
        signal(SIGTERM, end_by_signal);
        signal(SIGINT, end_by_signal);
    }
}

/* Whether nobody reads stdout any more, as behind `| head`. */
static bool stdout_is_closed(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/* What was printed must have arrived, or it was for nothing. */
static int stdout_end(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (stdout_is_closed()) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE); /* the end that shells expect there, without a word */
    }
    if (code == ERR_NONE) {
        perror("cupbearer: cannot write to stdout");
        return ERR_SYSTEM;
    }
    return code;
}

int main(int argc, char **argv)
{
    /* No core file: it would hold what was decoded from secrets. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signals_set();
    if (sodium_init() < 0) {
        fputs("cupbearer: libsodium finds no random numbers on this system\n", stderr);
        return ERR_SYSTEM;
    }
    json_object_seed(randombytes_random());
    return stdout_end(command_run(argc, argv));
}
