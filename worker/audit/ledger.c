#include "audit/ledger.h"

#include <sodium.h>

#include "base/json.h"
#include "dedup/window.h"
#include "progress/receipted.h"

static bool ledger_is_ours(const struct ledger *ledger, const struct record *record)
{
    for (size_t i = 0; i < ledger->mac_key_count; i++)
        if (receipt_has_mac(ledger->mac_keys[i], span_of(ledger->receipts_topic), ledger->partition, record))
            return true;
    return false;
}

enum ledger_entry ledger_read(const struct ledger *ledger, const struct record *record, struct receipt *out,
                          struct json_t **root)
{
    *root = NULL;
    bool ours = ledger_is_ours(ledger, record);
    if (!ours && !receipt_is_of_other_version(record))
        return LEDGER_FOREIGN;
    if (receipt_read(record->value, out, root, NULL) != 0)
        return ours ? LEDGER_FOREIGN : LEDGER_OTHER_VERSION;
    if (span_equal(out->topic, span_of(ledger->events_topic)) && out->partition == ledger->partition)
        return ours ? LEDGER_RECEIPT : LEDGER_OTHER_VERSION;
    json_decref(*root);
    *root = NULL;
    return LEDGER_OTHER;
}

uint64_t ledger_identity(const struct ledger *ledger, struct span key, struct span sender, struct span event_id)
{
    uint64_t parts[2] = {receipted_fingerprint(key, event_id, ledger->hash_key),
                         receipted_fingerprint(sender, SPAN_NONE, ledger->hash_key)};
    uint64_t identity;
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, (const unsigned char *)parts, sizeof(parts), ledger->hash_key);
    memcpy(&identity, out, sizeof(identity));
    return identity;
}

int64_t ledger_remembered_until_ms(const struct receipt *receipt, int64_t window_ms)
{
    return window_from_ms(receipt->admitted_at_ms, receipt->finished_at_ms) + window_ms;
}
