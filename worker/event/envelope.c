#include "event/envelope.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

bool name_is_valid(struct span name)
{
    return name.size >= 1 && name.size <= NAME_MAX_SIZE && name.data[0] != '_' && name.data[0] != '-' &&
           span_only(name, LOWER DIGITS "_-");
}

bool event_id_is_valid(struct span id)
{
    return id.size >= 1 && id.size <= ENVELOPE_ID_MAX && span_only(id, UPPER LOWER DIGITS "_-:~");
}

static enum outcome malformed(struct detail *detail, const char *text)
{
    return detail_set(detail, OUTCOME_MALFORMED_HEADERS, "%s", text);
}

static enum outcome envelope_bounds(const struct record *record, struct detail *detail)
{
    if (record->key.size > ENVELOPE_KEY_MAX)
        return malformed(detail, "the record key is longer than 1,024 bytes");
    if (record->header_count > ENVELOPE_HEADERS_MAX)
        return malformed(detail, "more than 32 headers");
    size_t total = 0;
    for (size_t i = 0; i < record->header_count; i++)
        total += record->headers[i].name.size + record->headers[i].value.size;
    if (total > ENVELOPE_HEADER_BYTES_MAX)
        return malformed(detail, "the headers are longer than 8,192 bytes together");
    return OUTCOME_NONE;
}

/* The value of the only header of that name. */
static enum outcome envelope_header(const struct record *record, const char *name, struct span *out,
                                    struct detail *detail)
{
    const struct header *found = NULL;
    for (size_t i = 0; i < record->header_count; i++) {
        if (!span_equal(record->headers[i].name, span_of(name)))
            continue;
        if (found != NULL)
            return detail_set(detail, OUTCOME_MALFORMED_HEADERS, "%s: there are several", name);
        found = &record->headers[i];
    }
    if (found == NULL)
        return detail_set(detail, OUTCOME_MALFORMED_HEADERS, "%s: missing", name);
    if (found->value.data == NULL)
        return detail_set(detail, OUTCOME_MALFORMED_HEADERS, "%s: null", name);
    *out = found->value;
    return OUTCOME_NONE;
}

/* [1-9][0-9]{0,10}; -1 for anything else. */
static int64_t envelope_timestamp(struct span text)
{
    int64_t seconds;
    return span_number(text, 11, &seconds) && text.data[0] != '0' ? seconds : -1;
}

/* Whether any is of a version that format 1 knows; others are passed over, as Standard Webhooks' own libraries do, and so is
 * what stands between two spaces. What follows the comma is not judged here: a signature that does not decode is an invalid
 * one, no more. */
static bool envelope_signatures(struct span list)
{
    while (list.data != NULL) {
        struct span one = span_cut(&list, ' ');
        if (span_starts(one, SPAN("v1,")) || span_starts(one, SPAN("v1a,")))
            return true;
    }
    return false;
}

enum outcome envelope_open(const struct record *record, struct envelope *out, struct detail *detail)
{
    struct {
        const char *name;
        struct span *value;
    } wanted[] = {{HEADER_ID, &out->event_id},
                  {HEADER_TIMESTAMP, &out->timestamp_text},
                  {HEADER_SIGNATURE, &out->signatures},
                  {HEADER_KEY, &out->key_id}};
    enum outcome outcome = envelope_bounds(record, detail);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && outcome == OUTCOME_NONE; i++)
        outcome = envelope_header(record, wanted[i].name, wanted[i].value, detail);
    if (outcome != OUTCOME_NONE)
        return outcome;
    if (!event_id_is_valid(out->event_id))
        return malformed(detail, HEADER_ID ": not 1 to 128 characters of A-Z a-z 0-9 _ - : ~");
    out->timestamp_s = envelope_timestamp(out->timestamp_text);
    if (out->timestamp_s < 0)
        return malformed(detail, HEADER_TIMESTAMP ": not Unix seconds");
    if (!envelope_signatures(out->signatures))
        return malformed(detail, HEADER_SIGNATURE ": none of v1,BASE64 or v1a,BASE64 among what the spaces part");
    if (!name_is_valid(out->key_id))
        return malformed(detail, HEADER_KEY ": not [a-z0-9][a-z0-9_-]{0,62}");
    return OUTCOME_NONE;
}
