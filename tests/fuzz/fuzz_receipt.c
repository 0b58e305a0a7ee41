/* A receipt as anybody may have written it. What is read must be written alike, where the escapes of what others wrote
 * shorter leave room for it; and what is read without a tree must be the same. */
#include <jansson.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "receipt/receipt.h"

static bool is_same(const struct receipt *a, const struct receipt *b)
{
    return a->outcome == b->outcome && span_equal(a->event_id, b->event_id) &&
           span_equal(a->sender, b->sender) && span_equal(a->account, b->account) &&
           span_equal(a->detail, b->detail) && span_equal(a->topic, b->topic) &&
           a->partition == b->partition && a->offset == b->offset &&
           a->record_timestamp_ms == b->record_timestamp_ms && a->admitted_at_ms == b->admitted_at_ms &&
           a->finished_at_ms == b->finished_at_ms && a->signed_at_s == b->signed_at_s &&
           a->attempts == b->attempts;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct receipt receipt, again;
    struct buf text;
    json_t *root = NULL, *root_again = NULL;
    if (receipt_read((struct span){(const char *)data, size}, &receipt, &root, NULL) != 0)
        return 0;
    buf_init(&text, 2 * RECEIPT_SIZE_MAX);
    receipt_write(&text, &receipt);
    if (text.size <= RECEIPT_SIZE_MAX && !text.failed &&
        (receipt_read(buf_span(&text), &again, &root_again, NULL) != 0 || !is_same(&receipt, &again)))
        abort();
    if (!text.failed && receipt_scan(buf_span(&text), &again) && !is_same(&receipt, &again))
        abort();
    json_decref(root_again);
    json_decref(root);
    buf_done(&text);
    return 0;
}
