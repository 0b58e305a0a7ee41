#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/failure.h"
#include "cmd/options.h"
#include "demo/broker.h"
#include "demo/demo.h"
#include "demo/sandbox_files.h"
#include "demo/sandbox_gate.h"
#include "demo/script.h"
#include "demo/standin/standin.h"
#include "http/server/listen.h"

#define PLAY "play"

enum { ONCE = 'o', BOOTSTRAP = 'b', PORT = 'p', GATE_PORT = 'g' };

struct demo {
    bool once;
    const char *bootstrap_servers;
    uint16_t port, gate_port;
};

static int demo_take(void *context, int option, const char *value, struct err *err)
{
    struct demo *demo = context;
    int64_t port = 0;
    if ((option == PORT || option == GATE_PORT) &&
        options_number(option == PORT ? "--port" : "--gate-port", value, 0, 65535, &port, err) != 0)
        return -1;
    demo->port = option == PORT ? (uint16_t)port : demo->port;
    demo->gate_port = option == GATE_PORT ? (uint16_t)port : demo->gate_port;
    demo->once = demo->once || option == ONCE;
    demo->bootstrap_servers = option == BOOTSTRAP ? value : demo->bootstrap_servers;
    return 0;
}

static void demo_tell_addresses(const struct broker *broker, const struct sandbox *sandbox,
                                const struct sandbox_gate *gate, const char *url)
{
    printf("Kafka      %s%s\n", broker_bootstrap(broker),
           broker_is_embedded(broker) ? " (embedded: Go and Java clients get no answer from it;\n"
                                        "           for those: ./deploy/demo.sh --kafka real)"
                                      : "");
    printf("Chat page  %s/chat?external_id=user_42&host=localhost\n"
           "Gate       %s\n",
           url, gate->url);
    if (gate->composer[0] != 0)
        printf("Composer   %s\n", gate->composer);
    printf("Logs       %s/worker.log, gate.log\n", sandbox->directory);
}

/* What another terminal needs for all that follows and for the README's programs, as one line. */
static void demo_tell_environment(const struct broker *broker, const struct sandbox *sandbox,
                                  const struct sandbox_gate *gate)
{
    char directory[CHILD_PATH_SIZE];
    child_directory(directory);
    printf("  export PATH=\"%s:$PATH\" BOOTSTRAP_SERVERS=%s KEY_FILE=%s/" SANDBOX_KEY_FILE
           " CUPBEARER_CONFIG=%s/" SANDBOX_CONFIG " GATE=%s TOKEN=\"$(cat %s/demo.token)\"\n",
           directory, broker_bootstrap(broker), sandbox->directory, sandbox->directory, gate->url, sandbox->directory);
}

static void demo_tell(const struct broker *broker, const struct sandbox *sandbox,
                      const struct sandbox_gate *gate, const char *url)
{
    demo_tell_addresses(broker, sandbox, gate, url);
    puts("\nOpen the chat page. For the composer press \"Identify the customer\" there, as your own\n"
         "page would do by itself; an event to a customer who was never there is delivered, too.\n"
         "To send one, paste this line into another terminal first (after each start the new\n"
         "one, for ports and paths differ):\n");
    demo_tell_environment(broker, sandbox, gate);
    puts("\nThen send by Kafka, with this or with the programs in include/README.md:\n\n"
         "  cupbearer send -b \"$BOOTSTRAP_SERVERS\" --key-file \"$KEY_FILE\" \\\n"
         "    --key-id " SANDBOX_KEY_ID " --account acme --to-external-id user_42 \\\n"
         "    --body 'Need a hand? Pick one, or write what is wrong.' \\\n"
         "    --quick-reply 'Reset my password' --quick-reply 'Talk to a person' --wait\n"
         "\nor by the gate, a text of your own:\n\n"
         "  curl -sS \"$GATE/v1/send\" -H \"Authorization: Bearer $TOKEN\" \\\n"
         "    -H 'Content-Type: application/json' -d '{\"payload\": {\"account\": \"acme\",\n"
         "      \"to\": {\"customer\": {\"external_id\": \"user_42\"}},\n"
         "      \"message\": {\"body\": \"Hello by the gate\"}}}'\n"
         "\nor by the gate, a message from a template:\n\n"
         "  curl -sS \"$GATE/v1/send\" -H \"Authorization: Bearer $TOKEN\" \\\n"
         "    -H 'Content-Type: application/json' -d '{\"account\": \"acme\",\n"
         "      \"to\": {\"customer\": {\"external_id\": \"user_42\"}},\n"
         "      \"message\": \"need-help\", \"blanks\": {\"name\": \"Ada\"}}'\n"
         "\nWhat became of one, and what to do about it, by the id that was printed:\n\n"
         "  cupbearer why EVENT_ID\n"
         "\nThe outcomes of all, a receipt for each event:\n\n"
         "  kcat -C -q -b \"$BOOTSTRAP_SERVERS\" -t cupbearer.receipts -e -f '%s\\n'\n");
    printf("Ctrl-C ends it and deletes %s\n"
           "(from another terminal: kill %ld)\n",
           sandbox->directory, (long)getpid());
    fflush(stdout);
}

/* Asked before anything is started, so that the mistake is told at once and by the option that was given. */
static int demo_port_is_free(const char *option, uint16_t port, struct err *err)
{
    char address[32];
    struct err why;
    if (port == 0)
        return 0;
    snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)port);
    int fd = listen_open(address, &why);
    if (fd < 0)
        return err_set(err, ERR_USAGE, "%s: %s; name another port, or leave %s out to have any free one", option, why.text,
                       option);
    close(fd);
    return 0;
}

static int demo_show(const struct demo *demo, const struct broker *broker, struct sandbox *sandbox,
                     const char *url, const sigset_t *signals, struct err *err)
{
    char key[128];
    int signal;
    if (sandbox_init(sandbox, broker, url, demo->gate_port, err) != 0 || sandbox_start_worker(sandbox, err) != 0)
        return -1;
    if (!demo->once) {
        struct sandbox_gate gate;
        if (sandbox_start_gate(sandbox, &gate, err) != 0)
            return -1;
        demo_tell(broker, sandbox, &gate, url);
        sigwait(signals, &signal);
        return 0;
    }
    sandbox_path(sandbox, SANDBOX_KEY_FILE, key);
    const struct script script = {broker_bootstrap(broker), url, key};
    return script_play(&script, err);
}

static int demo_run(const struct demo *demo, struct err *err)
{
    const struct standin_account account = {STANDIN_API_KEY, STANDIN_ACCOUNT_ID, STANDIN_INBOX_ID,
                                            "bot@demo.test", 1};
    struct sandbox sandbox = {0};
    char url[64];
    sigset_t signals;
    if (demo_port_is_free("--port", demo->port, err) != 0 ||
        demo_port_is_free("--gate-port", demo->gate_port, err) != 0)
        return -1;
    puts("starting broker, Papercups stand-in, worker and gate: up to half a minute");
    fflush(stdout);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* for the threads of broker and stand-in too */
    struct broker *broker = broker_start(demo->bootstrap_servers, err);
    struct standin *standin = broker == NULL ? NULL : standin_start(&account, 1, demo->port, err);
    int result = -1;
    if (standin != NULL) {
        snprintf(url, sizeof(url), "http://127.0.0.1:%u", (unsigned)standin_port(standin));
        result = demo_show(demo, broker, &sandbox, url, &signals, err);
    }
    bool deleted = sandbox_done(&sandbox);
    standin_stop(standin);
    broker_stop(broker);
    if (deleted)
        printf("\nstopped; deleted %s\n", sandbox.directory);
    return result;
}

static int demo_play(int argc, char **argv)
{
    struct demo demo = {0};
    const char *const *operands;
    struct err err;
    int code;
    if (!command_read(&command_play, argc, argv, demo_take, &demo, &operands, &code))
        return code;
    if (demo.port != 0 && demo.port == demo.gate_port)
        return failure_usage(PLAY, "--port and --gate-port: stand-in and gate need a port each");
    return demo_run(&demo, &err) == 0 ? 0 : failure_err(PLAY, &err);
}

static const struct option_row rows[] = {
    OPTION(ONCE, "once", NULL,
           "send four events, print their receipts and exit: 0 where they end as they must"),
    OPTION(BOOTSTRAP, "bootstrap-servers", "SERVERS",
           "a Kafka that runs already, instead of the one embedded, to which Go and Java cannot speak; the topics "
           "cupbearer.events, .receipts and .dead are created there"),
    OPTION(PORT, "port", "PORT", "of the stand-in; default: any free one"),
    OPTION(GATE_PORT, "gate-port", "PORT", "of the gate; default: any free one"),
};
static const struct option_group own = OPTION_GROUP(PLAY, NULL, rows);

const struct command command_play = {
    PLAY,
    demo_play,
    "all of it on this machine, with a broker and a Papercups of its own",
    .usage = "[--once] [--bootstrap-servers SERVERS] [--port PORT]\n"
             " [--gate-port PORT]",
    .about = "Starts a broker (librdkafka's embedded one), a stand-in Papercups with a chat page, a worker, a "
             "gate, and keys made on the spot. Prints where they are, the line that lets another terminal know "
             "it, and commands that send there; Ctrl-C ends it.",
    .groups = (const struct option_group *const[]){&own, NULL},
    .end = "Exit codes: 0 stopped, with --once all as it must be; 1 with --once: not so; 2 usage, 3 unreachable, "
           "5 system.",
};
