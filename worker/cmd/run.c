#include <malloc.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "config/secrets.h"
#include "os/log.h"
#include "os/log_writer.h"
#include "run/assemble.h"
#include "run/json_memory.h"

static const char help[] =
    "Usage: cupbearer run [--config FILE] [--log-level LEVEL]\n"
    "\n"
    "Reads signed events from Kafka, verifies them, drops duplicates, and delivers them to Papercups.\n"
    "\n"
    "  -c, --config FILE     the configuration (default: $CUPBEARER_CONFIG, else " OPTIONS_CONFIG ")\n"
    "      --log-level LEVEL error, warning, info (default) or debug; debug tells of every delivered event\n"
    "\n"
    "Every setting can be given by environment too: CUPBEARER_KAFKA_BOOTSTRAP_SERVERS for [kafka] "
    "bootstrap_servers.\n"
    "SIGHUP: reads keyring, API keys and the accounts' configuration again.\n"
    "SIGTERM: finishes what is under way, commits, leaves the group, exits 0. A second one, or 30 s: exits "
    "at once (4).\n"
    "Exit codes: 0 stopped, 2 configuration, 3 Kafka does not answer, 4 stopped with events left, 5 "
    "system.\n";

/* One heap for all threads: librdkafka allocates what it fetches in threads of its own, and each heap keeps the most that
 * it ever held. What is fetched at once is mapped, so that it is given back whole. 3 MB of 30 in the bench. */
static void run_memory(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 65536);
    json_memory_use();
}

static int run_with(struct config *config, struct err *err)
{
    config_secrets_tell(config);
    struct loop *worker = config_secrets_exist(config, false, err) != 0 ? NULL : worker_new(config, err);
    if (worker == NULL || loop_run(worker, err) != 0)
        return (int)err->code; /* nothing is waited for: librdkafka might never let go of what has failed */
    worker_leave(worker);
    return 0;
}

int cmd_run(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"log-level", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == 'c')
            path = optarg;
        else if (option == 'l' && !log_set_level(optarg)) {
            fprintf(stderr,
                    "cupbearer run: --log-level: expected error, warning, info or debug, not \"%s\"\n",
                    optarg);
            return ERR_USAGE;
        } else if (option == 'h') {
            fputs(help, stdout);
            return 0;
        } else if (option == '?') {
            fputs("Try: cupbearer run --help\n", stderr);
            return ERR_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "cupbearer run: \"%s\" is not expected here. Try: cupbearer run --help\n",
                argv[optind]);
        return ERR_USAGE;
    }
    struct err err = {0};
    prctl(PR_SET_DUMPABLE, 0); /* no core dump, whatever the kernel pipes cores to: keys are in this memory */
    run_memory();
    struct config *config = log_writer_start(&err) != 0 ? NULL : options_config(path, &err);
    int code = config == NULL ? (int)err.code : run_with(config, &err);
    if (code != 0 && config == NULL)
        log_plain("cupbearer run: %s", err.text);
    else if (code != 0)
        log_say(LOG_LEVEL_ERROR, "ended", "%s", err.text);
    config_free(config);
    log_writer_stop();
    /* Threads of librdkafka may be left: nothing of a library's may be torn down under them. */
    _exit(code);
}
