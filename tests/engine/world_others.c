/* What workers of another topic of events do, whose receipts go to the same topic. */
#include <stdio.h>

#include "event/partitioner.h"
#include "world.h"

/* Of its first record, at the same place as the first of ours. */
void world_receipt_of_others(struct world *world, const char *account, const char *customer,
                             const char *event_id)
{
    char key[128], code[RECEIPT_MAC_TEXT];
    unsigned char mac_key[32];
    snprintf(key, sizeof(key), "%s/e/%s", account, customer);
    const int32_t partition = partitioner_partition(PARTITIONER_MURMUR2, span_of(key), world->options.partition_count);
    const struct receipt receipt = {.outcome = OUTCOME_DELIVERED,
                                    .event_id = span_of(event_id),
                                    .sender = SPAN("shop"),
                                    .account = span_of(account),
                                    .topic = SPAN("others"),
                                    .partition = partition,
                                    .record_timestamp_ms = world->now.wall.ms,
                                    .admitted_at_ms = world->now.wall.ms,
                                    .finished_at_ms = world->now.wall.ms,
                                    .attempts = 1};
    struct buf value;
    buf_init(&value, 4096);
    receipt_write(&value, &receipt);
    receipt_mac_key(&world->mark_secret, mac_key);
    receipt_mac(mac_key, SPAN(FAKE_RECEIPTS), partition, span_of(key), buf_span(&value), code);
    const struct header header = {SPAN(RECEIPT_MAC), span_of(code)};
    const struct record record = {.partition = partition,
                                  .timestamp_ms = world->now.wall.ms,
                                  .key = span_of(key),
                                  .value = buf_span(&value),
                                  .headers = &header,
                                  .header_count = 1};
    fake_log_write(&world->log, FAKE_RECEIPTS, &record);
    world_tell(world, WORLD_NOBODY, "another topic's receipt of %s to %s", event_id, key);
    buf_done(&value);
}
