#include "event/keyring.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time_text.h"
#include "event/envelope.h"

struct keyring {
    struct map by_id, by_key;
};

static void keyring_entry_free(struct keyring_entry *entry)
{
    for (size_t i = 0; i < entry->account_count; i++)
        free(entry->accounts[i]);
    free(entry->accounts);
    free(entry->id);
    free(entry->sender);
    key_done(&entry->key);
    free(entry);
}

void keyring_free(struct keyring *keyring)
{
    if (keyring == NULL)
        return;
    struct map_node *node;
    while ((node = map_any(&keyring->by_id)) != NULL) {
        map_remove(&keyring->by_id, node);
        keyring_entry_free(MAP_ENTRY(node, struct keyring_entry, node));
    }
    map_done(&keyring->by_id);
    map_done(&keyring->by_key);
    free(keyring);
}

static int keyring_members(const json_t *object, struct err *err)
{
    static const char *const known[] = {"id",         "sender",    "key",    "accounts",
                                        "not_before", "not_after", "revoked"};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        size_t i = 0;
        while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i], name) != 0)
            i++;
        if (i == sizeof(known) / sizeof(known[0]))
            return err_set(
                err, ERR_USAGE,
                "unknown member \"%.40s\"; known are id, sender, key, accounts, not_before, not_after, "
                "revoked",
                name);
    }
    return 0;
}

static int keyring_accounts(const json_t *list, struct keyring_entry *entry, struct err *err)
{
    if (!json_is_array(list) || json_array_size(list) == 0)
        return err_set(err, ERR_USAGE, "accounts: expected a list of account names, such as [\"acme\"]");
    entry->accounts = mem_new(json_array_size(list), sizeof(*entry->accounts));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        struct span name = span_of(json_string_value(value));
        if (!name_is_valid(name))
            return err_set(err, ERR_USAGE, "accounts: expected names of the form [a-z0-9][a-z0-9_-]{0,62}");
        entry->accounts[entry->account_count++] = mem_copy(name);
    }
    return 0;
}

static int keyring_time(const json_t *object, const char *name, int64_t *out_ms, struct err *err)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL || json_is_null(value))
        return 0;
    if (!time_text_read(json_member_span(object, name), out_ms))
        return err_set(err, ERR_USAGE, "%s: expected a time such as \"2026-12-31T00:00:00Z\"", name);
    return 0;
}

static int keyring_entry_read(const json_t *object, struct keyring_entry *entry, struct err *err)
{
    if (!json_is_object(object))
        return err_set(err, ERR_USAGE, "expected an object");
    if (keyring_members(object, err) != 0)
        return -1;
    struct span id = json_member_span(object, "id"), sender = json_member_span(object, "sender");
    if (!name_is_valid(id))
        return err_set(err, ERR_USAGE, "id: expected [a-z0-9][a-z0-9_-]{0,62}");
    if (!name_is_valid(sender))
        return err_set(err, ERR_USAGE, "sender: expected [a-z0-9][a-z0-9_-]{0,62}, the name of who signs");
    entry->id = mem_copy(id);
    entry->sender = mem_copy(sender);
    if (key_read(json_member_span(object, "key"), &entry->key, err) != 0)
        return -1;
    if (entry->key.kind != KEY_ED25519_PUBLIC && entry->key.kind != KEY_HMAC)
        return err_set(
            err, ERR_USAGE,
            "key: a keyring holds whpk_ (the public half) or whsec_; a whsk_ stays with who signs");
    if (keyring_accounts(json_object_get(object, "accounts"), entry, err) != 0)
        return -1;
    if (keyring_time(object, "not_before", &entry->not_before_ms, err) != 0 ||
        keyring_time(object, "not_after", &entry->not_after_ms, err) != 0)
        return -1;
    if (entry->not_before_ms > entry->not_after_ms)
        return err_set(err, ERR_USAGE, "not_after: lies before not_before");
    const json_t *revoked = json_object_get(object, "revoked");
    if (revoked != NULL && !json_is_boolean(revoked))
        return err_set(err, ERR_USAGE, "revoked: expected true or false");
    entry->revoked = json_is_true(revoked);
    return 0;
}

/* The entry that holds the same bytes as its key, or NULL. Two would make one signature count for two senders; and a
 * public key that is another entry's HMAC secret is no secret. */
static const struct keyring_entry *keyring_twin(const struct keyring *keyring,
                                                const struct keyring_entry *entry)
{
    struct map_node *node = map_find(&keyring->by_key, entry->key_node.key);
    return node == NULL ? NULL : MAP_ENTRY(node, struct keyring_entry, key_node);
}

static int keyring_add(struct keyring *keyring, const json_t *object, size_t index, struct err *err)
{
    struct keyring_entry *entry = mem_new(1, sizeof(*entry));
    entry->not_before_ms = INT64_MIN;
    entry->not_after_ms = INT64_MAX;
    struct err why = {0};
    int result = keyring_entry_read(object, entry, &why);
    const struct keyring_entry *twin = NULL;
    entry->node.key = span_of(entry->id);
    entry->key_node.key = (struct span){(const char *)entry->key.bytes, entry->key.size};
    if (result == 0 && keyring_find(keyring, entry->node.key) != NULL)
        result = err_set(&why, ERR_USAGE, "id: there is another entry with it");
    if (result == 0 && (twin = keyring_twin(keyring, entry)) != NULL)
        result = err_set(&why, ERR_USAGE,
                         "key: the same as that of \"%s\"; every entry needs a key of its own", twin->id);
    if (result != 0) {
        err_set(err, ERR_USAGE, "keyring: keys[%zu] (%s): %s", index, entry->id == NULL ? "no id" : entry->id,
                why.text);
        keyring_entry_free(entry);
        return -1;
    }
    map_add(&keyring->by_id, &entry->node);
    map_add(&keyring->by_key, &entry->key_node);
    return 0;
}

struct keyring *keyring_read(struct span json, const unsigned char hash_key[16], struct err *err)
{
    struct err why = {0};
    json_t *root = json_read(json, 4, &why);
    const json_t *keys = json_object_get(root, "keys");
    if (!json_is_array(keys) || json_object_size(root) != 1) {
        err_set(err, ERR_USAGE,
                "keyring: %s; expected {\"keys\": [{\"id\": ..., \"sender\": ..., \"key\": ..., "
                "\"accounts\": [...]}]}",
                root == NULL ? why.text : "no list \"keys\", or more than it");
        json_decref(root);
        return NULL;
    }
    struct keyring *keyring = mem_new(1, sizeof(*keyring));
    map_init(&keyring->by_id, hash_key);
    map_init(&keyring->by_key, hash_key);
    for (size_t i = 0; i < json_array_size(keys); i++) {
        if (keyring_add(keyring, json_array_get(keys, i), i, err) != 0) {
            keyring_free(keyring);
            keyring = NULL;
            break;
        }
    }
    json_decref(root);
    return keyring;
}

size_t keyring_size(const struct keyring *keyring)
{
    return keyring->by_id.count;
}

const struct keyring_entry *keyring_find(const struct keyring *keyring, struct span id)
{
    struct map_node *node = map_find(&keyring->by_id, id);
    return node == NULL ? NULL : MAP_ENTRY(node, struct keyring_entry, node);
}

const struct keyring_entry *keyring_next(const struct keyring *keyring, const struct keyring_entry *entry)
{
    struct map_node *node = map_next(&keyring->by_id, entry == NULL ? NULL : &entry->node);
    return node == NULL ? NULL : MAP_ENTRY(node, struct keyring_entry, node);
}

bool keyring_entry_grants(const struct keyring_entry *entry, struct span account)
{
    for (size_t i = 0; i < entry->account_count; i++)
        if (span_equal(account, span_of(entry->accounts[i])))
            return true;
    return false;
}
