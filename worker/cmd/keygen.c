#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "event/envelope.h"
#include "event/key.h"
#include "event/keyring.h"
#include "gate/access/tokens.h"
#include "lib/generate.h"
#include "os/list_file.h"
#include "os/secret.h"

#define KEYGEN "keygen"

enum { HMAC = 0x100, DIR_, SENDER, ACCOUNT, MARK, TOKEN, MESSAGE, KEYRING, TOKENS, METRICS };

struct keygen {
    const char *name, *dir, *sender, *mark, *token, *keyring, *tokens;
    bool hmac, metrics;
    const char **accounts;
    size_t account_count;
    const char **messages;
    size_t message_count;
};

static int name_check(const char *option, const char *name)
{
    if (name_is_valid(span_of(name)))
        return 0;
    return failure_usage(KEYGEN, "%s: '%.70s' is not of the form [a-z0-9][a-z0-9_-]{0,62}", option, name);
}

static int keygen_take(void *context, int option, const char *value, struct err *err)
{
    struct keygen *keygen = context;
    (void)err; /* what they hold is checked when all are known */
    switch (option) {
    case HMAC:
        keygen->hmac = true;
        return 0;
    case DIR_:
        keygen->dir = value;
        return 0;
    case SENDER:
        keygen->sender = value;
        return 0;
    case ACCOUNT:
        keygen->accounts[keygen->account_count++] = value;
        return 0;
    case MARK:
        keygen->mark = value;
        return 0;
    case TOKEN:
        keygen->token = value;
        return 0;
    case KEYRING:
        keygen->keyring = value;
        return 0;
    case TOKENS:
        keygen->tokens = value;
        return 0;
    case METRICS:
        keygen->metrics = true;
        return 0;
    default:
        keygen->messages[keygen->message_count++] = value;
        return 0;
    }
}

static int message_check(const char *name)
{
    struct span text = span_of(name);
    if (text.size >= 1 && text.size <= 64 && span_only(text, "abcdefghijklmnopqrstuvwxyz0123456789-"))
        return 0;
    return failure_usage(KEYGEN, "--message: '%.70s' is not of the form [a-z0-9-]{1,64}", name);
}

static int keygen_check_token(const struct keygen *keygen)
{
    if (keygen->name != NULL || keygen->hmac || keygen->dir != NULL || keygen->sender != NULL ||
        keygen->mark != NULL || keygen->keyring != NULL)
        return failure_usage(KEYGEN, "--token NAME goes with --account, --message, --metrics and --tokens only");
    if (keygen->account_count == 0 && !keygen->metrics)
        return failure_usage(KEYGEN, "which accounts may the token write to? Add --account ACCOUNT");
    int code = name_check("--token", keygen->token);
    for (size_t i = 0; i < keygen->account_count && code == 0; i++)
        code = name_check("--account", keygen->accounts[i]);
    for (size_t i = 0; i < keygen->message_count && code == 0; i++)
        code = message_check(keygen->messages[i]);
    return code;
}

static int keygen_check(struct keygen *keygen)
{
    if (keygen->token != NULL)
        return keygen_check_token(keygen);
    if (keygen->message_count > 0)
        return failure_usage(KEYGEN, "--message belongs to --token NAME");
    if (keygen->tokens != NULL)
        return failure_usage(KEYGEN, "--tokens belongs to --token NAME");
    if (keygen->metrics)
        return failure_usage(KEYGEN, "--metrics belongs to --token NAME");
    bool more = keygen->name != NULL || keygen->hmac || keygen->dir != NULL || keygen->sender != NULL ||
                keygen->account_count > 0 || keygen->keyring != NULL;
    if (keygen->mark != NULL)
        return more ? failure_usage(KEYGEN,
                                    "--mark FILE stands alone: a mark secret has no name, sender or account")
                    : 0;
    if (keygen->name == NULL)
        return failure_usage(KEYGEN,
                             "what shall the key be called? cupbearer keygen NAME, or keygen --mark FILE");
    if (keygen->keyring != NULL && keygen->account_count == 0)
        return failure_usage(KEYGEN, "which accounts may the key write to? Add --account ACCOUNT");
    if (keygen->dir == NULL)
        keygen->dir = ".";
    if (keygen->sender == NULL)
        keygen->sender = keygen->name;
    int code = name_check("NAME", keygen->name);
    if (code == 0)
        code = name_check("--sender", keygen->sender);
    for (size_t i = 0; i < keygen->account_count && code == 0; i++)
        code = name_check("--account", keygen->accounts[i]);
    return code;
}

static int key_save(const struct key *key, const char *path, struct err *err)
{
    static const char room[200] = {
        0}; /* more than any key: no half-written copy stays behind when it grows */
    struct buf text;
    buf_init(&text, sizeof(room));
    buf_add(&text, room, sizeof(room));
    buf_clear(&text);
    key_write(&text, key);
    buf_add_text(&text, "\n");
    int result =
        text.failed ? err_set(err, ERR_SYSTEM, "no memory") : secret_write_new(path, buf_span(&text), err);
    if (text.data != NULL)
        sodium_memzero(text.data, text.capacity);
    buf_done(&text);
    return result;
}

static int entry_write(const struct keygen *keygen, const struct key *key, struct buf *out, struct err *err)
{
    struct key shown = *key;
    if (!keygen->hmac && key_public(key, &shown, err) != 0)
        return -1;
    buf_printf(out, "{\n  \"id\": \"%s\",\n  \"sender\": \"%s\",\n  \"key\": \"", keygen->name, keygen->sender);
    key_write(out, &shown);
    buf_add_text(out, "\",\n  \"accounts\": [");
    for (size_t i = 0; i < keygen->account_count; i++)
        buf_printf(out, "%s\"%s\"", i == 0 ? "" : ", ", keygen->accounts[i]);
    buf_add_text(out, "]\n}\n");
    if (!keygen->hmac)
        key_done(&shown);
    return out->failed ? err_set(err, ERR_SYSTEM, "no memory") : 0;
}

static int keyring_check(struct span text, struct err *err)
{
    unsigned char hash_key[16];
    randombytes_buf(hash_key, sizeof(hash_key));
    struct keyring *keyring = keyring_read(text, hash_key, err);
    keyring_free(keyring);
    return keyring == NULL ? -1 : 0;
}

static int tokens_check(struct span text, struct err *err)
{
    struct token_list *list = token_list_read(text, err);
    token_list_free(list);
    return list == NULL ? -1 : 0;
}

/* Into the keyring, or to standard output. */
static int entry_put(const struct keygen *keygen, const struct key *key, struct err *err)
{
    const struct list_file keyring = {keygen->keyring, "keys", KEYRING_SIZE_MAX, keyring_check};
    struct buf entry;
    buf_init(&entry, 1 << 20);
    int result = entry_write(keygen, key, &entry, err);
    if (result == 0 && keygen->keyring != NULL)
        result = list_file_add(&keyring, buf_span(&entry), err);
    else if (result == 0)
        fputs(entry.data, stdout);
    sodium_memzero(entry.data, entry.capacity);
    buf_done(&entry);
    return result;
}

static int keygen_mark(const struct keygen *keygen, struct err *err)
{
    struct key key;
    if (key_generate(KEY_MARK, &key, err) != 0)
        return -1;
    int result = key_save(&key, keygen->mark, err);
    key_done(&key);
    if (result == 0)
        fprintf(stderr,
                "the mark secret is in %s: the same file for all workers, named by mark_secret_file\n",
                keygen->mark);
    return result;
}

static void keygen_tell(const struct keygen *keygen, const char *path)
{
    fprintf(stderr, "the secret is in %s: keep it where events are signed%s%s\n", path,
            keygen->hmac ? "; the entry holds it too: keep the keyring as secret as the key" : "",
            keygen->account_count == 0 ? "; name accounts in the entry before a worker reads it" : "");
    if (keygen->keyring != NULL)
        fprintf(stderr, "its entry is in %s\n", keygen->keyring);
}

static int keygen_key(const struct keygen *keygen, struct err *err)
{
    struct buf path;
    buf_init(&path, 4096);
    buf_printf(&path, "%s/%s.key", keygen->dir, keygen->name);
    struct key key;
    if (path.failed || key_generate(keygen->hmac ? KEY_HMAC : KEY_ED25519_SECRET, &key, err) != 0) {
        bool too_long = path.failed;
        buf_done(&path);
        return too_long ? err_set(err, ERR_USAGE, "--dir: longer than a path can be") : -1;
    }
    int result = key_save(&key, path.data, err);
    if (result == 0 && (result = entry_put(keygen, &key, err)) != 0)
        unlink(path.data); /* nobody knows it */
    key_done(&key);
    if (result == 0)
        keygen_tell(keygen, path.data);
    buf_done(&path);
    return result;
}

static int keygen_token(const struct keygen *keygen, struct err *err)
{
    char token[TOKEN_SIZE];
    struct buf entry;
    buf_init(&entry, 1 << 20);
    token_generate(token);
    token_entry_write(&entry, token, keygen->token, keygen->accounts, keygen->account_count, keygen->messages,
                      keygen->message_count, keygen->metrics);
    const struct list_file tokens = {keygen->tokens, "tokens", TOKENS_SIZE_MAX, tokens_check};
    int result = entry.failed ? err_set(err, ERR_SYSTEM, "no memory") : 0;
    if (result == 0 && keygen->tokens != NULL)
        result = list_file_add(&tokens, buf_span(&entry), err);
    if (result == 0 && keygen->tokens != NULL) {
        printf("%s\n", token);
        fprintf(stderr, "that is the token, which is kept nowhere; its entry is in %s\n", keygen->tokens);
    } else if (result == 0) {
        printf("%s\n%s", token, entry.data);
        fprintf(stderr,
                "the first line is the token, which is kept nowhere; the rest is for [gate] tokens_file\n");
    }
    sodium_memzero(token, sizeof(token));
    buf_done(&entry);
    return result;
}

static int keygen_make(const struct keygen *keygen, struct err *err)
{
    if (keygen->token != NULL)
        return keygen_token(keygen, err);
    return keygen->mark != NULL ? keygen_mark(keygen, err) : keygen_key(keygen, err);
}

static int cmd_keygen(int argc, char **argv)
{
    struct keygen keygen = {.accounts = mem_new((size_t)argc, sizeof(char *)),
                            .messages = mem_new((size_t)argc, sizeof(char *))};
    const char *const *operands;
    struct err err;
    int code;
    if (command_read(&command_keygen, argc, argv, keygen_take, &keygen, &operands, &code)) {
        keygen.name = operands[0];
        code = keygen_check(&keygen);
        if (code == 0 && keygen_make(&keygen, &err) != 0)
            code = failure_err(KEYGEN, &err);
    }
    free(keygen.accounts);
    free(keygen.messages);
    return code;
}

static const struct option_row rows[] = {
    OPTION(HMAC, "hmac", NULL,
           "a shared HMAC secret (whsec_, v1) instead of an ed25519 pair (whsk_, v1a). Whoever reads the keyring "
           "can then sign"),
    OPTION(DIR_, "dir", "DIR", "where the secret goes, as NAME.key; default: the current directory",
           .completion = COMPLETE_DIRECTORY),
    OPTION(SENDER, "sender", "SENDER",
           "who signs, which stays when keys change; default: the key's name. Give it, if keys will rotate"),
    OPTION(ACCOUNT, "account", "ACCOUNT",
           "an account of the workers' configuration that the key or token may write to",
           .repeatable = true),
    OPTION(KEYRING, "keyring", "FILE",
           "add the entry to this keyring, which is created if missing; default: print it, for {\"keys\": [ENTRY, "
           "...]}",
           .more = "Whoever reads the keyring meanwhile sees the old one or the new one",
           .completion = COMPLETE_FILE),
    OPTION(MARK, "mark", "FILE",
           "instead of a key, write a mark secret (mark_secret_file; the same for all workers) to FILE",
           .more = "By it workers know their own messages in Papercups again", .completion = COMPLETE_FILE),
    OPTION(TOKEN, "token", "NAME",
           "instead of a key, print a token for the gate, this once, and its entry, which holds only its hash"),
    OPTION(TOKENS, "tokens", "FILE",
           "add the entry to this file ([gate] tokens_file), which is created if missing; default: print it "
           "behind the token, for {\"tokens\": [ENTRY, ...]}",
           .completion = COMPLETE_FILE),
    OPTION(MESSAGE, "message", "NAME",
           "a template that the token may send; default: any", .repeatable = true),
    OPTION(METRICS, "metrics", NULL, "the token may read the gate's /metrics; it then needs no --account"),
};
static const struct option_group own = OPTION_GROUP(KEYGEN, NULL, rows);

const struct command command_keygen = {
    KEYGEN,
    cmd_keygen,
    "make a key to sign with, the workers' mark secret, or a token of the gate",
    .usage = "NAME [--hmac] [--dir DIR] [--sender SENDER]\n"
             " [--account ACCOUNT]... [--keyring FILE]\n"
             "--mark FILE\n"
             "--token NAME --account ACCOUNT... [--message NAME]...\n"
             " [--metrics] [--tokens FILE]",
    .about = "Writes the secret to DIR/NAME.key (mode 0600, never over a file that is there) and adds its entry "
             "to the workers' keyring, or prints it. NAME is the key's id, [a-z0-9][a-z0-9_-]{0,62}; what "
             "`cupbearer send --key-id` names.",
    .groups = (const struct option_group *const[]){&own, NULL},
    .operand = &(const struct operand){"NAME", .completion = COMPLETE_NOTHING},
    .end = "Exit codes: 0 done, 2 usage (also where the secret's file exists), 5 system.",
};
