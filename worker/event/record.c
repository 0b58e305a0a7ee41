#include "event/record.h"

#include "base/mem.h"

struct span record_header(const struct record *record, const char *name)
{
    for (size_t i = 0; i < record->header_count; i++)
        if (span_equal(record->headers[i].name, span_of(name)))
            return record->headers[i].value;
    return SPAN_NONE;
}

struct span record_header_last(const struct record *record, const char *name)
{
    for (size_t i = record->header_count; i > 0; i--)
        if (span_equal(record->headers[i - 1].name, span_of(name)))
            return record->headers[i - 1].value;
    return SPAN_NONE;
}

static struct span record_place(char **at, struct span from)
{
    if (from.data == NULL)
        return SPAN_NONE;
    struct span placed = {*at, from.size};
    if (from.size > 0)
        memcpy(*at, from.data, from.size);
    *at += from.size;
    return placed;
}

size_t record_size(const struct record *record)
{
    size_t size = sizeof(*record) + record->header_count * sizeof(struct header) + record->key.size +
                  record->value.size;
    for (size_t i = 0; i < record->header_count; i++)
        size += record->headers[i].name.size + record->headers[i].value.size;
    return size;
}

struct record *record_copy(const struct record *record)
{
    struct record *copy = mem_new(1, record_size(record));
    struct header *headers = (struct header *)(void *)(copy + 1);
    char *at = (char *)(headers + record->header_count);
    *copy = *record;
    copy->headers = headers;
    copy->key = record_place(&at, record->key);
    copy->value = record_place(&at, record->value);
    for (size_t i = 0; i < record->header_count; i++) {
        headers[i].name = record_place(&at, record->headers[i].name);
        headers[i].value = record_place(&at, record->headers[i].value);
    }
    return copy;
}
