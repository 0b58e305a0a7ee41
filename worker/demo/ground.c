#include "demo/ground.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "demo/ground_gate.h"
#include "demo/standin.h"
#include "event/key.h"
#include "lib/generate.h"
#include "os/secret.h"

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

static int ground_write_key(const struct ground *ground, const char *name, const struct key *key, struct err *err)
{
    struct buf text;
    buf_init(&text, 4096);
    key_write(&text, key);
    int result = ground_write(ground, name, &text, err);
    sodium_memzero(text.data, text.capacity);
    buf_done(&text);
    return result;
}

static int ground_keys(const struct ground *ground, struct err *err)
{
    struct key backend = {0}, mark = {0};
    struct buf keyring;
    buf_init(&keyring, 4096);
    int result = key_generate(KEY_HMAC, &backend, err);
    if (result == 0 && (result = ground_write_key(ground, GROUND_KEY_FILE, &backend, err)) == 0) {
        buf_add_text(&keyring, "{\"keys\": [{\"id\": \"" GROUND_KEY_ID "\", \"sender\": \"backend\", \"key\": \"");
        key_write(&keyring, &backend);
        buf_add_text(&keyring, "\", \"accounts\": [\"acme\"]}, ");
        result = ground_gate_key(ground, &keyring, err);
        buf_add_text(&keyring, "]}\n");
    }
    if (result == 0)
        result = ground_write(ground, "keyring.json", &keyring, err);
    if (result == 0 && (result = key_generate(KEY_MARK, &mark, err)) == 0)
        result = ground_write_key(ground, "mark.key", &mark, err);
    sodium_memzero(keyring.data, keyring.capacity);
    buf_done(&keyring);
    key_done(&backend);
    key_done(&mark);
    return result;
}

static int ground_configuration(const struct ground *ground, const struct broker *broker,
                                const char *papercups_url, uint16_t gate_port, struct err *err)
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
               ground->directory, ground->directory, papercups_url, ground->directory, papercups_url);
    if (result == 0)
        result = ground_gate_settings(ground, gate_port, &text, err);
    if (result == 0)
        result = ground_write(ground, "cupbearer.conf", &text, err);
    buf_done(&text);
    return result;
}

int ground_init(struct ground *ground, const struct broker *broker, const char *papercups_url,
                uint16_t gate_port, struct err *err)
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
    return ground_configuration(ground, broker, papercups_url, gate_port, err);
}

int ground_start_worker(struct ground *ground, struct err *err)
{
    char config[128], log[128];
    ground_path(ground, "cupbearer.conf", config);
    ground_path(ground, "worker.log", log);
    const struct child_start start = {
        .command = "run", .config = config, .log = log, .ready = " event=started "};
    return child_start(&ground->worker, &start, err);
}

/* Deletes the directory with what is in it: files only. */
static void ground_clear(const char *directory)
{
    DIR *open_one = opendir(directory);
    struct dirent *entry;
    while (open_one != NULL && (entry = readdir(open_one)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(open_one), entry->d_name, 0);
    if (open_one != NULL)
        closedir(open_one);
    rmdir(directory);
}

void ground_done(struct ground *ground)
{
    char messages[128];
    child_stop(&ground->gate);
    child_stop(&ground->worker);
    if (ground->directory[0] == 0)
        return;
    ground_path(ground, GROUND_MESSAGES, messages);
    ground_clear(messages);
    ground_clear(ground->directory);
}
