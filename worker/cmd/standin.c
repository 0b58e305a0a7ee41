#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "demo/standin.h"

int cmd_standin(int argc, char **argv);

static const char help[] =
    "cupbearer standin: a stand-in Papercups, for demos and tests\n"
    "\n"
    "  cupbearer standin [--port PORT] [--account API_KEY:ACCOUNT_ID:INBOX_ID]...\n"
    "\n"
    "It answers the calls that the worker makes as a real Papercups was recorded to answer, on 127.0.0.1 "
    "only, keeps\n"
    "everything in memory and forgets it when stopped (SIGTERM, SIGINT). Once it listens it prints one "
    "line:\n"
    "  standin url=http://127.0.0.1:PORT\n"
    "\n"
    "  --port PORT     0, the default, takes any free one\n"
    "  --account A     repeatable; ids are UUIDs. A stand-in's keys open nothing: they are no secrets.\n"
    "                  Without it there is one account:\n"
    "                  " STANDIN_API_KEY ":" STANDIN_ACCOUNT_ID ":" STANDIN_INBOX_ID "\n"
    "  --help          this text\n"
    "\n"
    "A customer's chat, live: http://127.0.0.1:PORT/chat?external_id=user_42&host=HOST\n"
    "  HOST: the host of the page, which is the widget_host of the account there\n"
    "Faults on demand and what is stored: /_standin/, described in worker/demo/standin.h\n"
    "\n"
    "Exit codes: 0 stopped, 2 usage, 5 system.\n";

struct options {
    uint16_t port;
    bool help;
    struct standin_account *accounts;
    size_t account_count;
    char (*emails)[40];
};

static int usage_error(const char *what, const char *value)
{
    fprintf(stderr, "cupbearer standin: %s: '%s'; see cupbearer standin --help\n", what, value);
    return ERR_USAGE;
}

static void options_add(struct options *options, const char *key, const char *account_id,
                        const char *inbox_id)
{
    size_t i = options->account_count++;
    snprintf(options->emails[i], sizeof(*options->emails), "bot%zu@standin.test", i + 1);
    options->accounts[i] =
        (struct standin_account){key, account_id, inbox_id, options->emails[i], (int)i + 1};
}

/* Cuts `text` in place at its last two colons: a key may hold some of its own. */
static bool options_add_text(struct options *options, char *text)
{
    char *inbox_id = strrchr(text, ':');
    char *account_id = inbox_id == NULL ? NULL : memrchr(text, ':', (size_t)(inbox_id - text));
    if (account_id == NULL)
        return false;
    *inbox_id++ = 0;
    *account_id++ = 0;
    options_add(options, text, account_id, inbox_id);
    return true;
}

/* 0, or the exit code once the mistake is told. */
static int options_read(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options->help = true;
            return 0;
        }
        if (strcmp(argv[i], "--port") != 0 && strcmp(argv[i], "--account") != 0)
            return usage_error("unknown option", argv[i]);
        if (value == NULL)
            return usage_error("a value must follow", argv[i]);
        if (strcmp(argv[i], "--account") == 0) {
            if (!options_add_text(options, value))
                return usage_error("--account wants API_KEY:ACCOUNT_ID:INBOX_ID", value);
        } else {
            char *end;
            errno = 0;
            unsigned long port = strtoul(value, &end, 10);
            if (value[0] < '0' || value[0] > '9' || *end != 0 || errno != 0 || port > UINT16_MAX)
                return usage_error("--port wants a number from 0 to 65535", value);
            options->port = (uint16_t)port;
        }
    }
    return 0;
}

static int standin_run(const struct options *options)
{
    /* Blocked before the stand-in's threads start, so that they inherit it and only sigwait sees them. */
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, NULL);
    struct err err = {0};
    struct standin *standin = standin_start(options->accounts, options->account_count, options->port, &err);
    if (standin == NULL) {
        fprintf(stderr, "cupbearer standin: %s\n", err.text);
        return (int)err.code;
    }
    printf("standin url=http://127.0.0.1:%u\n", standin_port(standin));
    fflush(stdout);
    int which;
    sigwait(&ending, &which);
    standin_stop(standin);
    return 0;
}

int cmd_standin(int argc, char **argv)
{
    size_t most = (size_t)argc + 1;
    struct options options = {.accounts = mem_new(most, sizeof(*options.accounts)),
                              .emails = mem_new(most, sizeof(*options.emails))};
    int code = options_read(&options, argc, argv);
    if (code == 0 && options.help) {
        fputs(help, stdout);
    } else if (code == 0) {
        if (options.account_count == 0)
            options_add(&options, STANDIN_API_KEY, STANDIN_ACCOUNT_ID, STANDIN_INBOX_ID);
        code = standin_run(&options);
    }
    free(options.accounts);
    free(options.emails);
    return code;
}
