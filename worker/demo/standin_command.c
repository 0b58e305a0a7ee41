#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "demo/demo.h"
#include "demo/standin.h"

#define STANDIN "standin"

static const char help[] =
    "cupbearer-demo standin: a stand-in Papercups, for demos and tests\n"
    "\n"
    "  cupbearer-demo standin [--port PORT] [--account API_KEY:ACCOUNT_ID:INBOX_ID]...\n"
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

struct choice {
    uint16_t port;
    bool help;
    struct standin_account *accounts;
    size_t account_count;
    char (*emails)[40];
};

static void choice_add(struct choice *choice, const char *key, const char *account_id, const char *inbox_id)
{
    size_t i = choice->account_count++;
    snprintf(choice->emails[i], sizeof(*choice->emails), "bot%zu@standin.test", i + 1);
    choice->accounts[i] =
        (struct standin_account){key, account_id, inbox_id, choice->emails[i], (int)i + 1};
}

/* Cuts `text` in place at its last two colons: a key may hold some of its own. */
static bool choice_add_text(struct choice *choice, char *text)
{
    char *inbox_id = strrchr(text, ':');
    char *account_id = inbox_id == NULL ? NULL : memrchr(text, ':', (size_t)(inbox_id - text));
    if (account_id == NULL)
        return false;
    *inbox_id++ = 0;
    *account_id++ = 0;
    choice_add(choice, text, account_id, inbox_id);
    return true;
}

/* 0, or the exit code once the mistake is told. Cuts the words of argv. */
static int choice_read(struct choice *choice, int argc, char **argv)
{
    static const struct option table[] = {{"port", required_argument, NULL, 'p'},
                                          {"account", required_argument, NULL, 'a'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct options options;
    struct err err;
    const char *value;
    int option;
    int64_t port = 0;
    options_init(&options, STANDIN, table, argc, argv);
    while ((option = options_next(&options, &value)) != OPTIONS_END) {
        if (option == OPTIONS_MISTAKE)
            return ERR_USAGE;
        if (option == 'p' && options_number("--port", value, 0, UINT16_MAX, &port, &err) != 0)
            return failure_err(STANDIN, &err);
        if (option == 'a' && !choice_add_text(choice, optarg))
            return failure_usage(STANDIN, "--account needs API_KEY:ACCOUNT_ID:INBOX_ID, not '%.60s'", value);
        choice->help |= option == 'h';
    }
    if (options.operands[0] != NULL)
        return failure_usage(STANDIN, "'%.60s' is not expected here; see cupbearer-demo standin --help",
                             options.operands[0]);
    choice->port = (uint16_t)port;
    return 0;
}

static int standin_run(const struct choice *choice)
{
    /* Blocked before the stand-in's threads start, so that they inherit it and only sigwait sees them. */
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, NULL);
    struct err err = {0};
    struct standin *standin = standin_start(choice->accounts, choice->account_count, choice->port, &err);
    if (standin == NULL)
        return failure_err(STANDIN, &err);
    printf("standin url=http://127.0.0.1:%u\n", standin_port(standin));
    fflush(stdout);
    int which;
    sigwait(&ending, &which);
    standin_stop(standin);
    return 0;
}

int demo_standin(int argc, char **argv)
{
    size_t most = (size_t)argc + 1;
    struct choice choice = {.accounts = mem_new(most, sizeof(*choice.accounts)),
                            .emails = mem_new(most, sizeof(*choice.emails))};
    int code = choice_read(&choice, argc, argv);
    if (code == 0 && choice.help) {
        fputs(help, stdout);
    } else if (code == 0) {
        if (choice.account_count == 0)
            choice_add(&choice, STANDIN_API_KEY, STANDIN_ACCOUNT_ID, STANDIN_INBOX_ID);
        code = standin_run(&choice);
    }
    free(choice.accounts);
    free(choice.emails);
    return code;
}
