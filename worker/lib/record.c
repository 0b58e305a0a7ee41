#include "lib/record.h"

#include <assert.h>
#include <stdlib.h>

#include "event/partitioner.h"

/* A terminated copy at *out, SPAN_NONE of a null; false where there is no memory. */
static bool bytes_copy(struct span from, struct span *out)
{
    *out = SPAN_NONE;
    if (from.data == NULL)
        return true;
    char *copy = malloc(from.size + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, from.data, from.size);
    copy[from.size] = 0;
    *out = (struct span){copy, from.size};
    return true;
}

static void bytes_free(struct span bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

int cupbearer_record_new(const char *key, size_t key_size, const char *value, size_t value_size,
                         struct cupbearer_record **out)
{
    if (key_size > RECORD_BYTES_MAX || value_size > RECORD_BYTES_MAX)
        return CUPBEARER_LIMIT;
    struct cupbearer_record *record = calloc(1, sizeof(*record));
    if (record == NULL)
        return CUPBEARER_SYSTEM;
    if (!bytes_copy((struct span){key, key_size}, &record->key) ||
        !bytes_copy((struct span){value, value_size}, &record->value)) {
        cupbearer_record_free(record);
        return CUPBEARER_SYSTEM;
    }
    *out = record;
    return CUPBEARER_OK;
}

int cupbearer_record_add_header(struct cupbearer_record *record, const char *name, const char *value,
                                size_t value_size)
{
    size_t name_size = strlen(name);
    if (record->header_count == RECORD_HEADERS_MAX || name_size > RECORD_HEADER_BYTES_MAX ||
        value_size > RECORD_HEADER_BYTES_MAX - name_size)
        return CUPBEARER_LIMIT;
    struct header *header = &record->headers[record->header_count];
    if (!bytes_copy((struct span){name, name_size}, &header->name))
        return CUPBEARER_SYSTEM;
    if (!bytes_copy((struct span){value, value_size}, &header->value)) {
        bytes_free(header->name);
        return CUPBEARER_SYSTEM;
    }
    record->header_count++;
    return CUPBEARER_OK;
}

void cupbearer_record_free(struct cupbearer_record *record)
{
    if (record == NULL)
        return;
    for (size_t i = 0; i < record->header_count; i++) {
        bytes_free(record->headers[i].name);
        bytes_free(record->headers[i].value);
    }
    bytes_free(record->key);
    bytes_free(record->value);
    free(record);
}

const char *cupbearer_record_key(const struct cupbearer_record *record, size_t *size)
{
    *size = record->key.size;
    return record->key.data;
}

const char *cupbearer_record_value(const struct cupbearer_record *record, size_t *size)
{
    *size = record->value.size;
    return record->value.data;
}

int cupbearer_record_header(const struct cupbearer_record *record, size_t index, const char **name,
                            const char **value, size_t *value_size)
{
    if (index >= record->header_count)
        return CUPBEARER_NO;
    *name = record->headers[index].name.data;
    *value = record->headers[index].value.data;
    *value_size = record->headers[index].value.size;
    return CUPBEARER_OK;
}

int32_t cupbearer_record_partition(const struct cupbearer_record *record,
                                   enum cupbearer_partitioner partitioner, int32_t partition_count)
{
    if (partition_count < 1)
        return -1;
    return partitioner_partition(partitioner == CUPBEARER_CRC32 ? PARTITIONER_CRC32 : PARTITIONER_MURMUR2,
                                 record->key, partition_count);
}

struct record record_view(const struct cupbearer_record *record, int32_t partition)
{
    return (struct record){.partition = partition,
                           .timestamp_ms = -1,
                           .key = record->key,
                           .value = record->value,
                           .headers = record->headers,
                           .header_count = record->header_count};
}
