#include "event/traceparent.h"

#define VERSION "00-"

static struct span take(struct span *rest, size_t size)
{
    struct span taken = {rest->data, size};
    *rest = span_skip(*rest, size);
    return taken;
}

static bool is_hex(struct span text)
{
    return span_only(text, "0123456789abcdef");
}

static bool is_id(struct span text)
{
    return is_hex(text) && !span_only(text, "0");
}

bool traceparent_is_valid(struct span text)
{
    if (text.size != TRACEPARENT_SIZE || !span_starts(text, SPAN(VERSION)))
        return false;
    struct span rest = span_skip(text, sizeof(VERSION) - 1);
    return is_id(take(&rest, TRACE_ID_SIZE)) && span_equal(take(&rest, 1), SPAN("-")) && is_id(take(&rest, 16)) &&
           span_equal(take(&rest, 1), SPAN("-")) && is_hex(rest);
}

struct span traceparent_of(const struct record *record)
{
    const struct header *found = NULL;
    if (record->header_count > ENVELOPE_HEADERS_MAX)
        return SPAN_NONE;
    for (size_t i = 0; i < record->header_count; i++) {
        if (!span_equal(record->headers[i].name, SPAN(HEADER_TRACEPARENT)))
            continue;
        if (found != NULL)
            return SPAN_NONE;
        found = &record->headers[i];
    }
    return found != NULL && traceparent_is_valid(found->value) ? found->value : SPAN_NONE;
}

struct record traceparent_put(const struct record *record, struct span traceparent,
                              struct header headers[ENVELOPE_HEADERS_MAX])
{
    struct record traced = *record;
    struct envelope envelope;
    struct detail detail;
    if (record->header_count >= ENVELOPE_HEADERS_MAX)
        return traced;
    memcpy(headers, record->headers, record->header_count * sizeof(*headers));
    headers[traced.header_count++] = (struct header){SPAN(HEADER_TRACEPARENT), traceparent};
    traced.headers = headers;
    bool is_taken = traceparent_of(&traced).data != NULL; /* and so it is the only one */
    return is_taken && envelope_open(&traced, &envelope, &detail) == OUTCOME_NONE ? traced : *record;
}

struct span traceparent_trace_id(struct span traceparent)
{
    return (struct span){traceparent.data + sizeof(VERSION) - 1, TRACE_ID_SIZE};
}
