/* Who may sign: the keyring file, read whole or not at all. Form:
 *   {"keys": [{"id": "backend-1", "sender": "backend", "key": "whpk_... or whsec_...", "accounts": ["acme"],
 *              "not_before": "2026-01-01T00:00:00Z", "not_after": "...", "revoked": false}]}
 * The last three may be left out. Immutable once read. */
#ifndef EVENT_KEYRING_H
#define EVENT_KEYRING_H

#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "event/key.h"

#define KEYRING_SIZE_MAX (4u << 20) /* bytes of the file */

struct keyring_entry {
    struct map_node node;     /* under id */
    struct map_node key_node; /* under the key's bytes */
    char *id;
    char *sender;
    struct key key;
    char **accounts;
    size_t account_count;
    int64_t not_before_ms; /* INT64_MIN: always */
    int64_t not_after_ms;  /* INT64_MAX: for ever */
    bool revoked;
};

struct keyring;

/* NULL with err saying which entry and what is wrong with it; keyring_free the result. */
struct keyring *keyring_read(struct span json, const unsigned char hash_key[16], struct err *err);
void keyring_free(struct keyring *keyring);

size_t keyring_size(const struct keyring *keyring);
/* The entry, owned by the keyring; NULL where there is none of that id. */
const struct keyring_entry *keyring_find(const struct keyring *keyring, struct span id);
/* Every entry in turn, in no order: the one behind `entry` (NULL: the first), NULL behind the last. */
const struct keyring_entry *keyring_next(const struct keyring *keyring, const struct keyring_entry *entry);
bool keyring_entry_grants(const struct keyring_entry *entry, struct span account);

#endif
