#include "bench/sample.h"

#include "receipt/receipt.h"

void sample_receipt(struct span event_id, int64_t offset, struct buf *out)
{
    struct receipt receipt = {.outcome = OUTCOME_DELIVERED,
                              .event_id = event_id,
                              .sender = SPAN("backend"),
                              .account = SPAN("acme"),
                              .topic = SPAN("cupbearer.events"),
                              .partition = 7,
                              .offset = offset,
                              .record_timestamp_ms = 1700000000123,
                              .admitted_at_ms = 1700000000123,
                              .finished_at_ms = 1700000001456,
                              .signed_at_s = 1700000000,
                              .attempts = 1};
    buf_init(out, RECEIPT_SIZE_MAX);
    receipt_write(out, &receipt);
}
