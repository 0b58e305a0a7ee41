#include <sodium.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "event/envelope.h"
#include "gate/access/tokens.h"

/* The token's hash: of its text, so that nobody needs to decode it. */
static void token_hash(struct span secret, unsigned char out[TOKEN_BYTES])
{
    crypto_generichash(out, TOKEN_BYTES, (const unsigned char *)secret.data, secret.size, NULL, 0);
}

static void texts_free(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

void token_list_free(struct token_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++) {
        free(list->tokens[i].name);
        texts_free(list->tokens[i].accounts, list->tokens[i].account_count);
        texts_free(list->tokens[i].messages, list->tokens[i].message_count);
    }
    free(list->tokens);
    free(list);
}

/* ---- reading ---- */

static bool message_name_is_valid(struct span name)
{
    return name.size >= 1 && name.size <= 64 && span_only(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

static int texts_read(const json_t *array, bool (*is_valid)(struct span), char ***out, size_t *count)
{
    size_t i;
    json_t *one;
    if (!json_is_array(array))
        return -1;
    *out = mem_new(json_array_size(array), sizeof(**out));
    json_array_foreach(array, i, one)
    {
        if (json_span(one).data == NULL || !is_valid(json_span(one)))
            return -1;
        (*out)[(*count)++] = mem_copy(json_span(one));
    }
    return 0;
}

static const char *hash_read(const json_t *value, unsigned char out[TOKEN_BYTES])
{
    struct span text = json_span(value);
    size_t size = 0;
    if (text.size == 2 * TOKEN_BYTES &&
        sodium_hex2bin(out, TOKEN_BYTES, text.data, text.size, NULL, &size, NULL) == 0 && size == TOKEN_BYTES)
        return NULL;
    return "\"hash\" must be the 64 hex digits that `cupbearer keygen --token` prints, not the token itself";
}

static const char *members_problem(const json_t *entry)
{
    static const char *const known[] = {"name", "hash", "accounts", "messages", "per_minute", "metrics"};
    size_t found = 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        found += json_object_get(entry, known[i]) != NULL;
    return found == json_object_size(entry)
               ? NULL
               : "there are only \"name\", \"hash\", \"accounts\", \"messages\", \"per_minute\" and \"metrics\"";
}

/* What is wrong with the entry, or NULL. */
static const char *token_read(const json_t *entry, struct token *out)
{
    struct span name = json_member_span(entry, "name");
    const json_t *messages = json_object_get(entry, "messages"), *rate = json_object_get(entry, "per_minute"),
                 *metrics = json_object_get(entry, "metrics");
    const char *problem = members_problem(entry);
    if (problem != NULL)
        return problem;
    if (!name_is_valid(name))
        return "\"name\" is not of the form [a-z0-9][a-z0-9_-]{0,62}";
    out->name = mem_copy(name);
    if ((problem = hash_read(json_object_get(entry, "hash"), out->hash)) != NULL)
        return problem;
    if (metrics != NULL && !json_is_boolean(metrics))
        return "\"metrics\" must be true or false";
    out->may_read_metrics = json_is_true(metrics);
    if (texts_read(json_object_get(entry, "accounts"), name_is_valid, &out->accounts, &out->account_count) !=
            0 ||
        (out->account_count == 0 && !out->may_read_metrics))
        return "\"accounts\" must be a list of accounts of the configuration";
    out->any_message = messages == NULL || span_equal(json_span(messages), SPAN("*"));
    if (!out->any_message &&
        texts_read(messages, message_name_is_valid, &out->messages, &out->message_count) != 0)
        return "\"messages\" must be \"*\" or a list of templates' names";
    out->per_minute = rate == NULL ? TOKEN_PER_MINUTE : json_integer_value(rate);
    if (out->per_minute < 1 || out->per_minute > 1000000)
        return "\"per_minute\" must be a number from 1 to 1000000";
    return NULL;
}

static const char *token_repeats(const struct token_list *list, const struct token *token)
{
    for (size_t i = 0; i + 1 < list->count; i++) {
        if (strcmp(list->tokens[i].name, token->name) == 0)
            return "another entry has the same name";
        if (memcmp(list->tokens[i].hash, token->hash, TOKEN_BYTES) == 0)
            return "another entry has the same token";
    }
    return NULL;
}

static int list_fill(struct token_list *list, const json_t *entries, struct err *err)
{
    size_t i;
    json_t *entry;
    list->tokens = mem_new(json_array_size(entries), sizeof(*list->tokens));
    json_array_foreach(entries, i, entry)
    {
        const char *problem = "it is no object";
        list->count++;
        if (json_is_object(entry) && (problem = token_read(entry, &list->tokens[i])) == NULL)
            problem = token_repeats(list, &list->tokens[i]);
        if (problem != NULL)
            return err_set(err, ERR_USAGE, "entry %zu of \"tokens\": %s", i + 1, problem);
    }
    return 0;
}

struct token_list *token_list_read(struct span json, struct err *err)
{
    json_t *root = json_read(json, 5, err);
    const json_t *entries = json_object_get(root, "tokens");
    if (root == NULL)
        return NULL;
    struct token_list *list = mem_new(1, sizeof(*list));
    int result = json_is_array(entries) && json_object_size(root) == 1
                     ? list_fill(list, entries, err)
                     : err_set(err, ERR_USAGE, "expected {\"tokens\": [ENTRY, ...]} and nothing beside it");
    json_decref(root);
    if (result == 0)
        return list;
    token_list_free(list);
    return NULL;
}

/* ---- asking ---- */

const struct token *token_list_find_hash(const struct token_list *list, const unsigned char hash[TOKEN_BYTES])
{
    const struct token *found = NULL;
    for (size_t i = 0; i < list->count; i++)
        if (sodium_memcmp(hash, list->tokens[i].hash, TOKEN_BYTES) == 0)
            found = &list->tokens[i];
    return found;
}

const struct token *token_list_find(const struct token_list *list, struct span secret)
{
    unsigned char hash[TOKEN_BYTES];
    if (secret.size == 0)
        return NULL;
    token_hash(secret, hash);
    return token_list_find_hash(list, hash);
}

static bool texts_have(char *const *texts, size_t count, struct span text)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal(text, span_of(texts[i])))
            return true;
    return false;
}

bool token_grants_account(const struct token *token, struct span account)
{
    return texts_have(token->accounts, token->account_count, account);
}

bool token_grants_message(const struct token *token, struct span name)
{
    return token->any_message || texts_have(token->messages, token->message_count, name);
}

/* ---- making ---- */

void token_generate(char out[TOKEN_SIZE])
{
    unsigned char bytes[TOKEN_BYTES];
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2base64(out, TOKEN_SIZE, bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
}

static void texts_write(struct buf *out, const char *const *texts, size_t count)
{
    buf_add_text(out, "[");
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s\"%s\"", i == 0 ? "" : ", ", texts[i]);
    buf_add_text(out, "]");
}

void token_entry_write(struct buf *out, const char *token, const char *name, const char *const *accounts,
                       size_t account_count, const char *const *messages, size_t message_count,
                       bool may_read_metrics)
{
    unsigned char hash[TOKEN_BYTES];
    char hex[2 * TOKEN_BYTES + 1];
    token_hash(span_of(token), hash);
    sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    buf_printf(out, "{\n  \"name\": \"%s\",\n  \"hash\": \"%s\",\n  \"accounts\": ", name, hex);
    texts_write(out, accounts, account_count);
    buf_add_text(out, ",\n  \"messages\": ");
    if (message_count == 0)
        buf_add_text(out, "\"*\"");
    else
        texts_write(out, messages, message_count);
    buf_printf(out, ",\n  \"per_minute\": %d%s\n}\n", TOKEN_PER_MINUTE,
               may_read_metrics ? ",\n  \"metrics\": true" : "");
}
