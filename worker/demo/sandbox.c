#include "demo/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "demo/sandbox_files.h"
#include "demo/sandbox_gate.h"
#include "demo/standin/standin.h"
#include "event/key.h"
#include "lib/generate.h"
#include "os/secret.h"

static int sandbox_write_key(const struct sandbox *sandbox, const char *name, const struct key *key, struct err *err)
{
    struct buf text;
    buf_init(&text, 4096);
    key_write(&text, key);
    int result = sandbox_write(sandbox, name, buf_span(&text), err);
    sodium_memzero(text.data, text.capacity);
    buf_done(&text);
    return result;
}

static int sandbox_keys(const struct sandbox *sandbox, struct err *err)
{
    struct key backend = {0}, mark = {0};
    struct buf keyring;
    buf_init(&keyring, 4096);
    int result = key_generate(KEY_HMAC, &backend, err);
    if (result == 0 && (result = sandbox_write_key(sandbox, SANDBOX_KEY_FILE, &backend, err)) == 0) {
        buf_add_text(&keyring, "{\"keys\": [{\"id\": \"" SANDBOX_KEY_ID "\", \"sender\": \"backend\", \"key\": \"");
        key_write(&keyring, &backend);
        buf_add_text(&keyring, "\", \"accounts\": [\"acme\"]}, ");
        result = sandbox_gate_key(sandbox, &keyring, err);
        buf_add_text(&keyring, "]}\n");
    }
    if (result == 0)
        result = sandbox_write(sandbox, "keyring.json", buf_span(&keyring), err);
    if (result == 0 && (result = key_generate(KEY_MARK, &mark, err)) == 0)
        result = sandbox_write_key(sandbox, "mark.key", &mark, err);
    sodium_memzero(keyring.data, keyring.capacity);
    buf_done(&keyring);
    key_done(&backend);
    key_done(&mark);
    return result;
}

static int sandbox_configuration(const struct sandbox *sandbox, const struct broker *broker,
                                const char *papercups_url, uint16_t gate_port, struct err *err)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_add_text(&text, STANDIN_API_KEY "\n");
    int result = sandbox_write(sandbox, "api.key", buf_span(&text), err);
    buf_clear(&text);
    buf_printf(&text,
               "[kafka]\n"
               "bootstrap_servers = %s\n"
               "\n[topics]\n"
               "%s"
               "\n[admin]\n"
               "listen = off\n"
               "\n[worker]\n"
               "keyring_file = %s/keyring.json\n"
               "mark_secret_file = %s/mark.key\n"
               "\n[account acme]\n"
               "url = %s\n"
               "api_key_file = %s/api.key\n"
               "papercups_account = " STANDIN_ACCOUNT_ID "\n"
               "widget_host = localhost\n"
               "origins = %s http://localhost:3000\n",
               broker_bootstrap(broker), broker_is_embedded(broker) ? "allow_create_time = true\naccept = unread_settings\n" : "",
               sandbox->directory, sandbox->directory, papercups_url, sandbox->directory, papercups_url);
    if (result == 0)
        result = sandbox_gate_settings(sandbox, gate_port, &text, err);
    if (result == 0)
        result = sandbox_write(sandbox, SANDBOX_CONFIG, buf_span(&text), err);
    buf_done(&text);
    return result;
}

int sandbox_init(struct sandbox *sandbox, const struct broker *broker, const char *papercups_url,
                uint16_t gate_port, struct err *err)
{
    const char *parent = getenv("TMPDIR");
    *sandbox = (struct sandbox){0};
    if (parent == NULL || strlen(parent) > 30)
        parent = "/tmp";
    snprintf(sandbox->directory, sizeof(sandbox->directory), "%s/cupbearer-demo.XXXXXX", parent);
    if (mkdtemp(sandbox->directory) == NULL) {
        int os = errno;
        sandbox->directory[0] = 0;
        return err_os(err, os, "a directory in %s cannot be made", parent);
    }
    if (sandbox_keys(sandbox, err) != 0)
        return -1;
    return sandbox_configuration(sandbox, broker, papercups_url, gate_port, err);
}

int sandbox_start_worker(struct sandbox *sandbox, struct err *err)
{
    char config[128], log[128];
    sandbox_path(sandbox, SANDBOX_CONFIG, config);
    sandbox_path(sandbox, "worker.log", log);
    const struct child_start start = {
        .command = "run", .config = config, .log = log, .ready = " event=started "};
    return child_start(&sandbox->worker, &start, err);
}

/* Deletes the directory with what is in it: files only. False where it is left. */
static bool sandbox_clear(const char *directory)
{
    DIR *open_one = opendir(directory);
    struct dirent *entry;
    while (open_one != NULL && (entry = readdir(open_one)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(open_one), entry->d_name, 0);
    if (open_one != NULL)
        closedir(open_one);
    return rmdir(directory) == 0;
}

bool sandbox_done(struct sandbox *sandbox)
{
    char messages[128];
    child_stop(&sandbox->gate);
    child_stop(&sandbox->worker);
    if (sandbox->directory[0] == 0)
        return false;
    sandbox_path(sandbox, SANDBOX_MESSAGES, messages);
    sandbox_clear(messages);
    return sandbox_clear(sandbox->directory);
}
