#include <sodium.h>
#include <stdlib.h>

#include "cupbearer/cupbearer.h"
#include "event/event.h"
#include "lib/error.h"
#include "lib/record.h"

struct cupbearer_keyring {
    struct keyring *keyring;
};

struct cupbearer_verdict {
    enum outcome outcome;
    struct detail detail;
    char sender[NAME_MAX_SIZE + 1];
    char account[NAME_MAX_SIZE + 1];
    int64_t expires_at_ms;
};

int cupbearer_keyring_read(const char *json, size_t size, struct cupbearer_keyring **out, char *error,
                           size_t error_size)
{
    struct err err;
    if (size > KEYRING_SIZE_MAX) {
        err_set(&err, ERR_LIMIT, "keyring: larger than 4 MiB");
        return error_report(&err, error, error_size);
    }
    struct cupbearer_keyring *keyring = calloc(1, sizeof(*keyring));
    if (keyring == NULL || sodium_init() < 0) {
        free(keyring);
        return error_no_memory(error, error_size);
    }
    unsigned char hash_key[16];
    randombytes_buf(hash_key, sizeof(hash_key));
    keyring->keyring = keyring_read((struct span){json, size}, hash_key, &err);
    if (keyring->keyring == NULL) {
        free(keyring);
        return error_report(&err, error, error_size);
    }
    *out = keyring;
    return CUPBEARER_OK;
}

void cupbearer_keyring_free(struct cupbearer_keyring *keyring)
{
    if (keyring == NULL)
        return;
    keyring_free(keyring->keyring);
    free(keyring);
}

/* Which accounts are configured only a worker knows. */
static bool account_exists(const void *accounts, struct span name)
{
    (void)accounts;
    (void)name;
    return true;
}

static void verdict_fill(struct cupbearer_verdict *verdict, const struct event *event, int64_t admitted_at_ms)
{
    verdict->expires_at_ms = -1;
    if (!event->authentic)
        return;
    memcpy(verdict->sender, event->entry->sender, strlen(event->entry->sender)); /* at most NAME_MAX_SIZE */
    if (!event->has_payload)
        return;
    memcpy(verdict->account, event->payload.account.data, event->payload.account.size); /* likewise */
    verdict->expires_at_ms = (event->envelope.timestamp_s + event->payload.ttl_s) * 1000;
    if (verdict->outcome == OUTCOME_NONE)
        verdict->outcome = event_judge(event->entry, event->envelope.timestamp_s, event->payload.ttl_s,
                                       admitted_at_ms, &verdict->detail);
}

int cupbearer_verify(const struct cupbearer_keyring *keyring, const struct cupbearer_record *record,
                     enum cupbearer_partitioner partitioner, int32_t partition, int32_t partition_count,
                     int64_t admitted_at_ms, struct cupbearer_verdict **out)
{
    if (partition < -1 || (partition >= 0 && partition >= partition_count))
        return CUPBEARER_INVALID;
    struct cupbearer_verdict *verdict = calloc(1, sizeof(*verdict));
    if (verdict == NULL)
        return CUPBEARER_SYSTEM;
    const struct event_rules rules = {
        .keyring = keyring->keyring,
        .partitioner = partitioner == CUPBEARER_CRC32 ? PARTITIONER_CRC32 : PARTITIONER_MURMUR2,
        .partition_count = partition < 0 ? 0 : partition_count,
        .account_exists = account_exists,
    };
    struct record view = record_view(record, partition);
    struct event event;
    verdict->outcome = event_open(&event, &view, &rules, &verdict->detail);
    verdict_fill(verdict, &event, admitted_at_ms);
    event_done(&event);
    *out = verdict;
    return verdict->outcome == OUTCOME_NONE ? CUPBEARER_OK : CUPBEARER_NO;
}

void cupbearer_verdict_free(struct cupbearer_verdict *verdict)
{
    free(verdict);
}

const char *cupbearer_verdict_reason(const struct cupbearer_verdict *verdict)
{
    return outcome_reason(verdict->outcome);
}

const char *cupbearer_verdict_detail(const struct cupbearer_verdict *verdict)
{
    return verdict->detail.text;
}

const char *cupbearer_verdict_sender(const struct cupbearer_verdict *verdict)
{
    return verdict->sender;
}

const char *cupbearer_verdict_account(const struct cupbearer_verdict *verdict)
{
    return verdict->account;
}

int64_t cupbearer_verdict_expires_at_ms(const struct cupbearer_verdict *verdict)
{
    return verdict->expires_at_ms;
}
