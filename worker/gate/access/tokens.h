/* Who may ask the gate to sign and may see receipts: the tokens file, which holds no token, only what each hashes to. Form:
 *   {"tokens": [{"name": "shop", "hash": "64 hex digits", "accounts": ["acme"], "messages": "*" or ["need-help"],
 *                "per_minute": 60, "metrics": true}]}
 * `messages` left out or "*": whatever it likes; a list: only these templates. `metrics`: may read /metrics; it may then
 * have no account. */
#ifndef GATE_ACCESS_TOKENS_H
#define GATE_ACCESS_TOKENS_H

#include "base/buf.h"
#include "base/err.h"
#include "gate/access/snapshot.h"

#define TOKEN_BYTES      32
#define TOKEN_SIZE       44 /* as base64url, with a 0 */
#define TOKEN_PER_MINUTE 60
#define TOKENS_SIZE_MAX  (1u << 20)

struct token {
    char *name;
    unsigned char hash[TOKEN_BYTES];
    char **accounts;
    size_t account_count;
    bool any_message;
    char **messages;
    size_t message_count;
    int64_t per_minute;
    bool may_read_metrics;
};

struct token_list {
    struct token *tokens;
    size_t count;
};

/* NULL with err, which names the entry. */
struct token_list *token_list_read(struct span json, struct err *err);
void token_list_free(struct token_list *list);
/* The token with this secret, or NULL. Compares with all of them, so that the time tells nothing. */
const struct token *token_list_find(const struct token_list *list, struct span secret);
/* The same by what it hashes to. */
const struct token *token_list_find_hash(const struct token_list *list,
                                         const unsigned char hash[TOKEN_BYTES]);
bool token_grants_account(const struct token *token, struct span account);
bool token_grants_message(const struct token *token, struct span name);

/* token_grants_account, as those ask who know no tokens. */
static inline bool token_sees_account(const void *token, struct span account)
{
    return token_grants_account(token, account);
}

/* A fresh token, terminated, and its entry for the file. */
void token_generate(char out[TOKEN_SIZE]);
void token_entry_write(struct buf *out, const char *token, const char *name, const char *const *accounts,
                       size_t account_count, const char *const *messages, size_t message_count,
                       bool may_read_metrics);

/* The file as the gate holds it; `path` is borrowed. NULL with err. */
struct snapshot *tokens_new(const char *path, struct err *err);

static inline const struct token_list *tokens_take(struct snapshot *tokens)
{
    return snapshot_take(tokens);
}

#endif
