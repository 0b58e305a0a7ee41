#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/shared_options.h"
#include "composer/composer.h"
#include "config/secrets.h"
#include "gate/service.h"
#include "os/log.h"
#include "os/log_writer.h"

/* On standard output and not in the log: whoever has this address may sign. */
static void gate_say_composer(const struct gate *gate)
{
    const char *public_url = gate->config->gate.public_url;
    printf("composer: %s/composer/#token=%s\n", public_url == NULL ? http_server_url(gate->http) : public_url,
           gate->start_token);
    fflush(stdout);
}

static int gate_serve(const char *path, struct err *err)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread is started: they inherit it */
    prctl(PR_SET_DUMPABLE, 0);                  /* no core dump: keys are in this memory */
    struct config *config = log_writer_start(err) != 0 ? NULL : options_config(path, err);
    if (config != NULL)
        config_secrets_tell(config);
    struct gate *gate =
        config == NULL || config_secrets_exist(config, true, err) != 0 ? NULL : service_new(config, composer_routes, err);
    if (gate != NULL)
        gate_say_composer(gate);
    int result = gate == NULL ? -1 : service_run(gate, err);
    service_free(gate);
    config_free(config);
    if (result != 0)
        log_plain("cupbearer gate: %s", err->text);
    log_writer_stop();
    return result;
}

static int cmd_gate(int argc, char **argv)
{
    struct err err = {0};
    const char *const *operands, *path = NULL;
    int code;
    if (!command_read(&command_gate, argc, argv, service_take, &path, &operands, &code))
        return code;
    return gate_serve(path, &err) == 0 ? 0 : (int)err.code;
}

const struct command command_gate = {
    "gate",
    cmd_gate,
    "take events over HTTP, for backends and pages without Kafka",
    .usage = "[--config FILE] [--log-level LEVEL]",
    .about = "POST /v1/events takes a record that somebody signed, POST /v1/send signs one for whoever has a "
             "token; both answer 202 once Kafka has it. GET /openapi.json describes the rest. The section [gate] "
             "says where it listens; default: 127.0.0.1:8787.\n\n"
             "What it prints at its start is the address of the composer, the page on which people write "
             "messages, sign and send them. Whoever has this address may sign; each start makes a new one.",
    .groups = (const struct option_group *const[]){&option_group_config, &option_group_log, NULL},
    .end = "SIGTERM: answers what is under way and exits 0. SIGHUP: reads configuration (for its accounts), keyring and tokens again.\n"
           "Exit codes: 0 stopped, 2 usage or configuration, 3 Kafka does not answer, 5 system.",
};
