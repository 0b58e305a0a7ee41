#include "cmd/program.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/nearest.h"
#include "cmd/failure.h"
#include "cmd/help.h"
#include "cmd/output.h"
#include "cmd/version.h"
#include "os/log.h"

static int commands_print(const struct program *program)
{
    char head[40];
    printf("%s %s: %s\n\n", program->name, CUPBEARER_VERSION, program->purpose);
    for (const struct command *const *one = program->commands; *one != NULL; one++)
        if ((*one)->purpose != NULL) {
            int size = snprintf(head, sizeof(head), "  %s %-8s ", program->name, (*one)->name);
            help_item_print(head, (size_t)size, (*one)->purpose);
        }
    printf("\n"
           "`%s COMMAND --help` says more;\n"
           "`%s version` which one this is.\n"
           "Exit codes: 0 done, 1 no, 2 usage or configuration, 3 unreachable, 4 a limit,\n"
           "5 system.\n",
           program->name, program->name);
    return ERR_NONE;
}

/* What somebody typed in a command's place, and means `meant`; NULL: nobody knows what. */
static void command_unknown(const struct program *program, const char *name, const char *meant)
{
    const char *what = name[0] == '-' ? "option" : "command";
    bool is_option = meant != NULL && name[0] == '-' && (strcmp(meant, "help") == 0 || strcmp(meant, "version") == 0);
    if (meant != NULL)
        fprintf(stderr, "%s: there is no %s '%.60s'; did you mean '%s%s'?\n", program->name, what, name, is_option ? "--" : "",
                meant);
    else
        fprintf(stderr, "%s: there is no %s '%.60s'; `%s help` lists what there is\n", program->name, what, name, program->name);
}

/* The command of that name; NULL, told on stderr, where there is none. */
static const struct command *command_find(const struct program *program, const char *name)
{
    struct nearest nearest;
    nearest_init(&nearest, span_of(name + strspn(name, "-")));
    nearest_offer(&nearest, SPAN("help"), "help");
    nearest_offer(&nearest, SPAN("version"), "version");
    for (const struct command *const *one = program->commands; *one != NULL; one++) {
        if (strcmp((*one)->name, name) == 0)
            return *one;
        if ((*one)->purpose != NULL)
            nearest_offer(&nearest, span_of((*one)->name), (*one)->name);
    }
    command_unknown(program, name, nearest_thing(&nearest));
    return NULL;
}

static int command_help(const struct program *program, const char *name)
{
    const struct command *command = command_find(program, name);
    if (command == NULL)
        return ERR_USAGE;
    char own_name[16], help[] = "--help";
    snprintf(own_name, sizeof(own_name), "%s", command->name);
    char *words[] = {own_name, help, NULL};
    return command->run(2, words);
}

static int command_run(const struct program *program, int argc, char **argv)
{
    const char *name = argc < 2 ? "help" : argv[1];
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        version_print(program->name);
        return ERR_NONE;
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return argc > 2 ? command_help(program, argv[2]) : commands_print(program);
    const struct command *command = command_find(program, name);
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

/* What was printed must have arrived, or it was for nothing. */
static int stdout_end(const struct program *program, int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (output_is_closed()) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE); /* the end that shells expect there, without a word */
    }
    if (code == ERR_NONE) {
        fprintf(stderr, "%s: cannot write to stdout: %s\n", program->name, strerror(errno));
        return ERR_SYSTEM;
    }
    return code;
}

int program_main(const struct program *program, int argc, char **argv)
{
    /* No core file: it would hold what was decoded from secrets. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signals_set();
    log_find_journal();
    if (sodium_init() < 0) {
        fprintf(stderr, "%s: libsodium finds no random numbers on this system\n", program->name);
        return ERR_SYSTEM;
    }
    json_object_seed(randombytes_random());
    failure_set_program(program->name);
    return stdout_end(program, command_run(program, argc, argv));
}
