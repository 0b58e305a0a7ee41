#include "progress/receipted.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"
#include "event/envelope.h"

uint64_t receipted_fingerprint(struct span key, struct span event_id, const unsigned char hash_key[16])
{
    unsigned char parts[3][crypto_shorthash_BYTES] = {{0}};
    parts[2][0] = event_id.data != NULL;
    crypto_shorthash(parts[0], (const unsigned char *)key.data, key.size, hash_key);
    if (event_id.data != NULL)
        crypto_shorthash(parts[1], (const unsigned char *)event_id.data, event_id.size, hash_key);
    uint64_t fingerprint;
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, parts[0], sizeof(parts), hash_key);
    memcpy(&fingerprint, out, sizeof(fingerprint));
    return fingerprint;
}

struct span receipted_key(const struct record *record)
{
    return record->key.size <= ENVELOPE_KEY_MAX ? record->key : SPAN_NONE;
}

void receipted_add(struct receipted_list *list, const struct receipted *one)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        list->list = mem_grow(list->list, list->capacity, sizeof(*list->list));
    }
    list->list[list->count++] = *one;
}

static int receipted_order(const void *a, const void *b)
{
    int64_t left = ((const struct receipted *)a)->offset, right = ((const struct receipted *)b)->offset;
    return left < right ? -1 : left > right;
}

void receipted_sort(struct receipted_list *list)
{
    if (list->count > 0)
        qsort(list->list, list->count, sizeof(*list->list), receipted_order);
}

void receipted_done(struct receipted_list *list)
{
    free(list->list);
    *list = (struct receipted_list){0};
}

enum outcome receipted_take(struct receipted_list *list, const struct record *record,
                            const unsigned char hash_key[16])
{
    enum outcome told = OUTCOME_NONE;
    while (list->next < list->count && list->list[list->next].offset <= record->offset) {
        const struct receipted *one = &list->list[list->next++];
        struct span event_id = one->authentic ? record_header(record, HEADER_ID) : SPAN_NONE;
        if (one->offset == record->offset && one->timestamp_ms == record->timestamp_ms &&
            one->fingerprint == receipted_fingerprint(receipted_key(record), event_id, hash_key) &&
            outcome_outweighs(one->outcome, told))
            told = one->outcome;
    }
    if (list->count > 0 && list->next == list->count)
        receipted_done(list);
    return told;
}
