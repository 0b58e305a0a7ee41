#include "receipt/dead_letter.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "event/envelope.h"

struct added {
    const char *name;
    size_t start, size;
};

static void add(struct dead_letter *letter, struct added *list, size_t *count, const char *name)
{
    size_t start = *count == 0 ? 0 : list[*count - 1].start + list[*count - 1].size;
    list[*count] = (struct added){name, start, letter->text.size - start};
    (*count)++;
}

static size_t dead_letter_added(struct dead_letter *letter, const struct record *record,
                                const struct dead_letter_facts *facts, struct added *list)
{
    struct buf *text = &letter->text;
    size_t count = 0;
    buf_add_text(text, outcome_reason(facts->outcome));
    add(letter, list, &count, DEAD_LETTER_REASON);
    buf_add_text(text, facts->detail);
    add(letter, list, &count, DEAD_LETTER_DETAIL);
    buf_printf(text, "%s/%d/%lld", facts->topic, (int)record->partition, (long long)record->offset);
    add(letter, list, &count, DEAD_LETTER_SOURCE);
    buf_printf(text, "%lld", (long long)facts->failed_at_ms);
    add(letter, list, &count, DEAD_LETTER_FAILED_AT);
    buf_printf(text, "%u", facts->attempts);
    add(letter, list, &count, DEAD_LETTER_ATTEMPTS);
    if (facts->without_value) {
        unsigned char hash[crypto_hash_sha256_BYTES];
        char hex[2 * sizeof(hash) + 1];
        crypto_hash_sha256(hash, (const unsigned char *)record->value.data, record->value.size);
        sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
        buf_printf(text, "%zu", record->value.size);
        add(letter, list, &count, DEAD_LETTER_VALUE_SIZE);
        buf_add_text(text, hex);
        add(letter, list, &count, "cupbearer-value-sha256");
    }
    return count;
}

void dead_letter_init(struct dead_letter *letter, const struct record *record,
                      const struct dead_letter_facts *facts)
{
    struct added list[DEAD_LETTER_ADDED_MAX];
    *letter = (struct dead_letter){.value = facts->without_value ? SPAN_NONE : record->value};
    buf_init(&letter->text, 4096);
    size_t added = dead_letter_added(letter, record, facts, list);
    assert(!letter->text.failed);
    letter->headers = mem_new(record->header_count + added, sizeof(*letter->headers));
    letter->header_count = dead_letter_own_headers(record, letter->headers);
    for (size_t i = 0; i < added; i++)
        letter->headers[letter->header_count++] =
            (struct header){span_of(list[i].name), {letter->text.data + list[i].start, list[i].size}};
}

void dead_letter_done(struct dead_letter *letter)
{
    free(letter->headers);
    buf_done(&letter->text);
    *letter = (struct dead_letter){0};
}

int64_t dead_letter_offset(struct span source, const char *topic, int32_t partition)
{
    char place[300];
    int size = snprintf(place, sizeof(place), "%s/%d/", topic, (int)partition);
    assert(size < (int)sizeof(place)); /* Kafka's names have at most 249 characters */
    struct span head = {place, (size_t)size};
    int64_t offset;
    return span_starts(source, head) && span_number(span_skip(source, head.size), 18, &offset) ? offset : -1;
}

enum outcome dead_letter_outcome(struct span reason)
{
    enum outcome outcome = outcome_find(SPAN("rejected"), reason);
    return outcome == OUTCOME_NONE ? outcome_find(SPAN("failed"), reason) : outcome;
}

size_t dead_letter_own_headers(const struct record *letter, struct header *headers)
{
    size_t count = 0;
    for (size_t i = 0; i < letter->header_count; i++) {
        struct span name = letter->headers[i].name;
        if (!span_starts(name, SPAN("cupbearer-")) || span_equal(name, SPAN(HEADER_KEY)))
            headers[count++] = letter->headers[i];
    }
    return count;
}
