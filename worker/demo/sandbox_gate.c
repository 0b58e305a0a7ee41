#include "demo/sandbox_gate.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

#include "demo/sandbox_files.h"
#include "event/key.h"
#include "gate/access/tokens.h"
#include "lib/generate.h"
#include "os/secret.h"

#define MESSAGE                                                                                              \
    "{\n"                                                                                                    \
    "  \"body\": \"Hello {{name}}, what is wrong? Pick one, or just write.\",\n"                             \
    "  \"quick_replies\": [\"Reset my password\", \"Where is my order?\", \"Talk to a person\"],\n"          \
    "  \"blanks\": {\"name\": {\"type\": \"text\", \"default\": \"there\"}}\n"                               \
    "}\n"

int sandbox_gate_key(const struct sandbox *sandbox, struct buf *keyring, struct err *err)
{
    struct key secret, shown;
    struct buf text;
    if (key_generate(KEY_ED25519_SECRET, &secret, err) != 0)
        return -1;
    buf_init(&text, 256);
    key_write(&text, &secret);
    int result = sandbox_write(sandbox, "gate.key", buf_span(&text), err);
    if (result == 0 && (result = key_public(&secret, &shown, err)) == 0) {
        buf_add_text(keyring, "{\"id\": \"" SANDBOX_GATE_KEY_ID "\", \"sender\": \"gate\", \"key\": \"");
        key_write(keyring, &shown);
        buf_add_text(keyring, "\", \"accounts\": [\"acme\"]}");
        key_done(&shown);
    }
    sodium_memzero(text.data, text.capacity);
    buf_done(&text);
    key_done(&secret);
    return result;
}

static int gate_token(const struct sandbox *sandbox, struct err *err)
{
    static const char *const accounts[] = {"acme"};
    char token[TOKEN_SIZE];
    struct buf text;
    token_generate(token);
    buf_init(&text, 4096);
    buf_add_text(&text, "{\"tokens\": [");
    token_entry_write(&text, token, "demo", accounts, 1, NULL, 0, false);
    buf_add_text(&text, "]}\n");
    int result = sandbox_write(sandbox, "tokens.json", buf_span(&text), err);
    if (result == 0)
        result = sandbox_write(sandbox, "demo.token", span_of(token), err);
    sodium_memzero(token, sizeof(token));
    buf_done(&text);
    return result;
}

int sandbox_gate_settings(const struct sandbox *sandbox, uint16_t port, struct buf *config, struct err *err)
{
    char messages[128];
    sandbox_path(sandbox, SANDBOX_MESSAGES, messages);
    if (mkdir(messages, 0700) != 0)
        return err_os(err, errno, "%s cannot be made", messages);
    buf_printf(config,
               "\n[gate]\n"
               "listen = 127.0.0.1:%u\n"
               "tokens_file = %s/tokens.json\n"
               "key_file = %s/gate.key\n"
               "key_id = " SANDBOX_GATE_KEY_ID "\n"
               "messages_dir = %s\n"
               "link_hosts = shop.example\n",
               (unsigned)port, sandbox->directory, sandbox->directory, messages);
    if (gate_token(sandbox, err) != 0)
        return -1;
    return sandbox_write(sandbox, SANDBOX_MESSAGES "/need-help.json", SPAN(MESSAGE), err);
}

/* What stands behind `before` on the last line of the file that has it, to its end or the next space; "" where none has. */
static void gate_find(const char *path, const char *before, char *out, size_t size)
{
    char line[1024];
    FILE *file = fopen(path, "r");
    out[0] = 0;
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *at = strstr(line, before);
        if (at == NULL)
            continue;
        at += strlen(before);
        snprintf(out, size, "%.*s", (int)strcspn(at, " \n"), at);
    }
    if (file != NULL)
        fclose(file);
}

int sandbox_start_gate(struct sandbox *sandbox, struct sandbox_gate *told, struct err *err)
{
    char config[128], log[128], words[128];
    sandbox_path(sandbox, SANDBOX_CONFIG, config);
    sandbox_path(sandbox, "gate.log", log);
    sandbox_path(sandbox, "gate.out", words);
    const struct child_start start = {
        .command = "gate", .config = config, .log = log, .words = words, .ready = " event=serving "};
    if (child_start(&sandbox->gate, &start, err) != 0)
        return -1;
    gate_find(log, " event=serving url=", told->url, sizeof(told->url));
    gate_find(words, "composer: ", told->composer, sizeof(told->composer));
    return 0;
}
