#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/shared_options.h"
#include "config/secrets.h"
#include "os/log.h"
#include "os/log_writer.h"
#include "run/assemble.h"
#include "run/json_memory.h"

enum { CHECK = 0x100 };

/* One heap for all threads: librdkafka allocates what it fetches in threads of its own, and each heap keeps the most that
 * it ever held. What is fetched at once is mapped, so that it is given back whole. 3 MB of 30 in the bench. */
static void run_memory(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 65536);
}

static int run_with(struct config *config, bool only_check, struct err *err)
{
    config_secrets_tell(config);
    if (only_check) {
        int result = config_secrets_exist(config, false, err) != 0 ? -1 : worker_check(config, err);
        return result == 0 ? 0 : (int)err->code;
    }
    struct loop *worker = config_secrets_exist(config, false, err) != 0 ? NULL : worker_new(config, err);
    if (worker == NULL)
        return (int)err->code; /* nothing is waited for: librdkafka might never let go of what has failed */
    json_memory_use(); /* from here on only the loop reads any */
    if (loop_run(worker, err) != 0)
        return (int)err->code;
    worker_leave(worker);
    return 0;
}

struct run_options {
    const char *config_file;
    bool only_check;
};

static int run_take(void *context, int option, const char *value, struct err *err)
{
    struct run_options *run = context;
    if (option != CHECK)
        return service_take(&run->config_file, option, value, err);
    run->only_check = true;
    return 0;
}

static int cmd_run(int argc, char **argv)
{
    struct run_options run = {.config_file = NULL};
    const char *const *operands;
    int code;
    if (!command_read(&command_run, argc, argv, run_take, &run, &operands, &code))
        return code;
    struct err err = {0};
    prctl(PR_SET_DUMPABLE, 0); /* no core dump, whatever the kernel pipes cores to: keys are in this memory */
    run_memory();
    struct config *config = log_writer_start(&err) != 0 ? NULL : options_config(run.config_file, &err);
    code = config == NULL ? (int)err.code : run_with(config, run.only_check, &err);
    if (code != 0 && config == NULL)
        log_plain("cupbearer run: %s", err.text);
    else if (code != 0)
        log_say(LOG_LEVEL_ERROR, "ended", "%s", err.text);
    config_free(config);
    log_writer_stop();
    /* Threads of librdkafka may be left: nothing of a library's may be torn down under them. */
    _exit(code);
}

static const struct option_row rows[] = {
    OPTION(CHECK, "check", NULL, "only make the checks of a start: 0 where a worker starts with this, else what the start would end with",
           .more = "What is wrong with single accounts, or unwise, is logged, as at a start. Nothing is written and no group "
                   "joined; it may be made beside a worker that runs, whose group_instance_id and port are not looked at"),
};
static const struct option_group own = OPTION_GROUP("run", NULL, rows);

const struct command command_run = {
    "run",
    cmd_run,
    "read signed events from Kafka and post them into Papercups",
    .usage = "[--config FILE] [--log-level LEVEL] [--check]",
    .about = "Verifies the events, drops duplicates, and posts each as a bot message. --log-level debug logs "
             "every delivered event.\n\n"
             "Every setting can be given by environment too: CUPBEARER_KAFKA_BOOTSTRAP_SERVERS for [kafka] "
             "bootstrap_servers.",
    .groups = (const struct option_group *const[]){&option_group_config, &option_group_log, &own, NULL},
    .end = "SIGHUP: reads keyring, API keys and the accounts' configuration again.\n"
           "SIGTERM: finishes what is under way, commits, leaves the group, exits 0; during the checks of the start at once. "
           "A second one, or 30 s: exits at once (4).\n"
           "Exit codes: 0 stopped, 2 configuration, 3 Kafka does not answer, 4 stopped with events left, 5 system.",
};
