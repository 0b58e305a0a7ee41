#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "demo/demo.h"
#include "demo/standin/standin.h"

#define STANDIN "standin"

struct choice {
    uint16_t port;
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

/* Cuts the words of argv. */
static int choice_take(void *context, int option, const char *value, struct err *err)
{
    struct choice *choice = context;
    int64_t port = 0;
    if (option == 'a' && !choice_add_text(choice, (char *)(uintptr_t)value))
        return err_set(err, ERR_USAGE, "--account needs API_KEY:ACCOUNT_ID:INBOX_ID, not '%.60s'", value);
    if (option == 'p' && options_number("--port", value, 0, UINT16_MAX, &port, err) != 0)
        return -1;
    choice->port = option == 'p' ? (uint16_t)port : choice->port;
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

static int demo_standin(int argc, char **argv)
{
    size_t most = (size_t)argc + 1;
    struct choice choice = {.accounts = mem_new(most, sizeof(*choice.accounts)),
                            .emails = mem_new(most, sizeof(*choice.emails))};
    const char *const *operands;
    int code;
    if (command_read(&command_standin, argc, argv, choice_take, &choice, &operands, &code)) {
        if (choice.account_count == 0)
            choice_add(&choice, STANDIN_API_KEY, STANDIN_ACCOUNT_ID, STANDIN_INBOX_ID);
        code = standin_run(&choice);
    }
    free(choice.accounts);
    free(choice.emails);
    return code;
}

static const struct option_row rows[] = {
    OPTION('p', "port", "PORT", "where it listens; default: 0, any free one"),
    OPTION('a', "account", "API_KEY:ACCOUNT_ID:INBOX_ID",
           "an account, instead of the one above; ids are UUIDs. A stand-in's keys open nothing: they are no "
           "secrets",
           .repeatable = true),
};
static const struct option_group own = OPTION_GROUP(STANDIN, NULL, rows);

const struct command command_standin = {
    STANDIN,
    demo_standin,
    "a stand-in Papercups, for demos and tests",
    .usage = "[--port PORT]\n [--account API_KEY:ACCOUNT_ID:INBOX_ID]...",
    .about = "It answers the calls that the worker makes as a real Papercups was recorded to answer, on 127.0.0.1 "
             "only, keeps everything in memory and forgets it when stopped (SIGTERM, SIGINT). Once it listens it "
             "prints one line:\n"
             "  standin url=http://127.0.0.1:PORT\n\n"
             "Without --account there is one account:\n"
             "  " STANDIN_API_KEY ":\n"
             "  " STANDIN_ACCOUNT_ID ":" STANDIN_INBOX_ID,
    .groups = (const struct option_group *const[]){&own, NULL},
    .end = "A customer's chat, live:\n"
           "  http://127.0.0.1:PORT/chat?external_id=user_42&host=HOST\n"
           "  HOST: the host of the page, which is the widget_host of the account there\n"
           "Faults on demand and what is stored: /_standin/, described in worker/demo/standin.h\n\n"
           "Exit codes: 0 stopped, 2 usage, 5 system.",
};
