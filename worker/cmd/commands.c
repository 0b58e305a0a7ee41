#include "cmd/commands.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/failure.h"

/* Until 0.1.0 these were commands of this program. */
static int moved(int argc, char **argv)
{
    (void)argc;
    return failure_usage(argv[0], "this is `cupbearer-demo %s` now, which ./deploy/demo.sh builds",
                         strcmp(argv[0], "demo") == 0 ? "play" : argv[0]);
}

static const struct command command_demo = {"demo", moved, NULL, .usage = NULL};
static const struct command command_standin = {"standin", moved, NULL, .usage = NULL};

static const struct command *const commands[] = {
    &command_run,  &command_keygen, &command_send, &command_sign,   &command_verify,  &command_audit,
    &command_why,  &command_tail,   &command_dead, &command_gate,   &command_doctor,  &command_health,
    &command_demo, &command_standin, NULL,
};

const struct program cupbearer_program = {
    "cupbearer", "signed events from Kafka become bot messages in Papercups chats", commands};
