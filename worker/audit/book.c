#include "audit/book.h"

#include <sodium.h>

#include "base/json.h"
#include "dedup/window.h"
#include "engine/rebuild.h"

static bool book_is_ours(const struct book *book, const struct record *record)
{
    for (size_t i = 0; i < book->mac_key_count; i++)
        if (receipt_has_mac(book->mac_keys[i], span_of(book->receipts_topic), book->partition, record))
            return true;
    return false;
}

enum book_entry book_read(const struct book *book, const struct record *record, struct receipt *out,
                          struct json_t **root)
{
    *root = NULL;
    bool ours = book_is_ours(book, record);
    if (!ours && !receipt_is_of_other_version(record))
        return BOOK_FOREIGN;
    if (receipt_read(record->value, out, root, NULL) != 0)
        return ours ? BOOK_FOREIGN : BOOK_OTHER_VERSION;
    if (span_equal(out->topic, span_of(book->events_topic)) && out->partition == book->partition)
        return ours ? BOOK_RECEIPT : BOOK_OTHER_VERSION;
    json_decref(*root);
    *root = NULL;
    return BOOK_OTHER;
}

uint64_t book_identity(const struct book *book, struct span key, struct span sender, struct span event_id)
{
    uint64_t parts[2] = {receipted_fingerprint(key, event_id, book->hash_key),
                         receipted_fingerprint(sender, SPAN_NONE, book->hash_key)};
    uint64_t identity;
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, (const unsigned char *)parts, sizeof(parts), book->hash_key);
    memcpy(&identity, out, sizeof(identity));
    return identity;
}

int64_t book_remembered_until_ms(const struct receipt *receipt, int64_t window_ms)
{
    return window_from_ms(receipt->admitted_at_ms, receipt->finished_at_ms) + window_ms;
}
