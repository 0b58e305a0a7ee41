#include "demo/ground.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "demo/standin.h"
#include "event/key.h"
#include "io/clock.h"
#include "io/secret.h"
#include "lib/generate.h"

#define READY_MS 60000
#define LOOK_MS  50

extern char **environ;

static const char *const files[] = {"demo.key",     "mark.key",       "api.key",
                                    "keyring.json", "cupbearer.conf", "worker.log"};

void ground_path(const struct ground *ground, const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", ground->directory, name);
}

static int ground_write(const struct ground *ground, const char *name, const struct buf *content,
                        struct err *err)
{
    char path[128];
    ground_path(ground, name, path);
    return secret_write_new(path, buf_span(content), err);
}

static int ground_keys(const struct ground *ground, struct err *err)
{
    struct key secret = {0}, public_key = {0}, mark = {0};
    struct buf text, entry;
    buf_init(&text, 4096);
    buf_init(&entry, 4096);
    int result = key_generate(KEY_ED25519_SECRET, &secret, err);
    if (result == 0 && (result = key_public(&secret, &public_key, err)) == 0) {
        key_write(&text, &secret);
        result = ground_write(ground, "demo.key", &text, err);
        buf_add_text(&entry, "{\"keys\": [{\"id\": \"" GROUND_KEY_ID "\", \"sender\": \"demo\", \"key\": \"");
        key_write(&entry, &public_key);
        buf_add_text(&entry, "\", \"accounts\": [\"acme\"]}]}\n");
    }
    if (result == 0)
        result = ground_write(ground, "keyring.json", &entry, err);
    if (result == 0 && (result = key_generate(KEY_MARK, &mark, err)) == 0) {
        buf_clear(&text);
        key_write(&text, &mark);
        result = ground_write(ground, "mark.key", &text, err);
    }
    buf_done(&text);
    buf_done(&entry);
    key_done(&secret);
    key_done(&public_key);
    key_done(&mark);
    return result;
}

static int ground_configuration(const struct ground *ground, const struct broker *broker,
                                const char *papercups_url, struct err *err)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_add_text(&text, STANDIN_API_KEY "\n");
    int result = ground_write(ground, "api.key", &text, err);
    buf_clear(&text);
    buf_printf(&text,
               "[kafka]\n"
               "bootstrap_servers = %s\n"
               "\n[topics]\n"
               "allow_create_time = %s\n"
               "\n[admin]\n"
               "listen = off\n"
               "\n[worker]\n"
               "keyring_file = %s/keyring.json\n"
               "mark_secret_file = %s/mark.key\n"
               "\n[account acme]\n"
               "url = %s\n"
               "api_key_file = %s/api.key\n"
               "papercups_account = " STANDIN_ACCOUNT_ID "\n"
               "widget_host = localhost\n",
               broker_bootstrap(broker), broker_keeps_create_time(broker) ? "true" : "false",
               ground->directory, ground->directory, papercups_url, ground->directory);
    if (result == 0)
        result = ground_write(ground, "cupbearer.conf", &text, err);
    buf_done(&text);
    return result;
}

int ground_init(struct ground *ground, const struct broker *broker, const char *papercups_url,
                struct err *err)
{
    const char *parent = getenv("TMPDIR");
    *ground = (struct ground){0};
    if (parent == NULL || strlen(parent) > 30)
        parent = "/tmp";
    snprintf(ground->directory, sizeof(ground->directory), "%s/cupbearer-demo.XXXXXX", parent);
    if (mkdtemp(ground->directory) == NULL) {
        int os = errno;
        ground->directory[0] = 0;
        return err_os(err, os, "a directory in %s cannot be made", parent);
    }
    if (ground_keys(ground, err) != 0)
        return -1;
    return ground_configuration(ground, broker, papercups_url, err);
}

/* Looks through the worker's log; its last line stays in `last`. */
static bool ground_is_ready(const char *path, char *last, size_t size)
{
    bool ready = false;
    FILE *log = fopen(path, "r");
    while (log != NULL && fgets(last, (int)size, log) != NULL)
        ready = ready || strstr(last, " event=started ") != NULL;
    if (log != NULL)
        fclose(log);
    return ready;
}

static int ground_spawn(struct ground *ground, const char *config, const char *log, struct err *err)
{
    char *words[] = {(char *)(uintptr_t) "cupbearer",         (char *)(uintptr_t) "run",
                     (char *)(uintptr_t) "--config",          (char *)(uintptr_t)config,
                     (char *)(uintptr_t) "--log-level=debug", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int os = posix_spawn(&ground->worker, "/proc/self/exe", &actions, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (os == 0)
        return 0;
    ground->worker = 0;
    return err_os(err, os, "the worker cannot be started");
}

int ground_start_worker(struct ground *ground, struct err *err)
{
    char config[128], log[128], last[1024] = "";
    ground_path(ground, "cupbearer.conf", config);
    ground_path(ground, "worker.log", log);
    if (ground_spawn(ground, config, log, err) != 0)
        return -1;
    struct mono deadline = mono_after(clock_now().mono, READY_MS);
    while (!ground_is_ready(log, last, sizeof(last))) {
        int status;
        if (waitpid(ground->worker, &status, WNOHANG) == ground->worker) {
            ground->worker = 0;
            return err_set(err, ERR_SYSTEM, "the worker ended: %.400s", last);
        }
        if (mono_reached(deadline, clock_now().mono))
            return err_set(err, ERR_UNREACHABLE, "the worker is not ready after %d s: %.400s",
                           READY_MS / 1000, last);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
    return 0;
}

void ground_done(struct ground *ground)
{
    if (ground->worker > 0) {
        kill(ground->worker, SIGTERM);
        waitpid(ground->worker, NULL, 0);
    }
    if (ground->directory[0] == 0)
        return;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[128];
        ground_path(ground, files[i], path);
        unlink(path);
    }
    rmdir(ground->directory);
}
