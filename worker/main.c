#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/failure.h"
#include "cmd/program.h"

/* Until 0.1.0 these were commands of this program. */
static int moved(int argc, char **argv)
{
    (void)argc;
    return failure_usage(argv[0], "this is `cupbearer-demo %s` now, which ./deploy/demo.sh builds",
                         strcmp(argv[0], "demo") == 0 ? "play" : argv[0]);
}

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
    {"demo", moved, NULL},
    {"standin", moved, NULL},
    {0},
};

int main(int argc, char **argv)
{
    static const struct program program = {
        "cupbearer", "signed events from Kafka become bot messages in Papercups chats", commands};
    return program_main(&program, argc, argv);
}
