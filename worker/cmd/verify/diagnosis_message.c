#include "cmd/verify/diagnosis_message.h"

#include <jansson.h>

#include "base/utf8.h"

#define MILLISECONDS 1000 /* in the second that the header names */

/* i: webhook-id, t: webhook-timestamp, v: the value, '.': itself. */
static const struct {
    const char *form;
    const char *diagnosis;
} forms[] = {
    {"i.t.v", NULL},
    {"t.v", "the event id was left out: sign webhook-id.webhook-timestamp.value"},
    {"i.v", "the timestamp was left out: sign webhook-id.webhook-timestamp.value"},
    {"v", "only the value was signed: sign webhook-id.webhook-timestamp.value"},
    {"t.i.v", "timestamp and event id were swapped: sign webhook-id.webhook-timestamp.value"},
    {"itv", "the dots were left out: sign webhook-id.webhook-timestamp.value"},
};
#define FORM_COUNT (sizeof(forms) / sizeof(forms[0]))

#define JSON_SLIP(how)                                                                                       \
    "the JSON was written anew between signing and publishing (signed was the same JSON " how                \
    "): publish the very bytes that were signed"

static const struct {
    size_t flags; /* jansson's */
    bool ascii;
    const char *diagnosis;
} jsons[] = {
    {JSON_COMPACT, false, JSON_SLIP("in compact form")},
    {0, false, JSON_SLIP("with a space behind each comma and colon")},
    {JSON_INDENT(2), false, JSON_SLIP("indented by 2")},
    {JSON_INDENT(4), false, JSON_SLIP("indented by 4")},
    {JSON_COMPACT, true, JSON_SLIP("in compact form, in ASCII")},
    {0, true, JSON_SLIP("with a space behind each comma and colon, in ASCII")},
    {JSON_COMPACT | JSON_SORT_KEYS, false, JSON_SLIP("in compact form, its members sorted")},
    {JSON_SORT_KEYS, false, JSON_SLIP("with a space behind each comma and colon, its members sorted")},
    {JSON_COMPACT | JSON_SORT_KEYS, true, JSON_SLIP("in compact form, its members sorted, in ASCII")},
    {JSON_SORT_KEYS, true,
     JSON_SLIP("with a space behind each comma and colon, its members sorted, in ASCII")},
};
#define JSON_COUNT (sizeof(jsons) / sizeof(jsons[0]))

size_t diagnosis_message_count(void)
{
    return FORM_COUNT + 2 + JSON_COUNT + MILLISECONDS;
}

static void message_write(struct buf *out, const char *form, const struct envelope *envelope,
                          struct span timestamp, struct span value)
{
    for (const char *at = form; *at != 0; at++)
        buf_add_span(out, *at == 'i'   ? envelope->event_id
                          : *at == 't' ? timestamp
                          : *at == 'v' ? value
                                       : SPAN("."));
}

struct json_writer {
    struct buf *out;
    bool ascii;
};

/* What is not ASCII as \u and lower-case digits: Python's way, jansson's own has upper-case ones. A chunk holds whole
 * characters. */
static int json_chunk(const char *data, size_t size, void *opaque)
{
    const struct json_writer *writer = opaque;
    struct span chunk = {data, size};
    if (!writer->ascii) {
        buf_add_span(writer->out, chunk);
        return 0;
    }
    size_t at = 0;
    while (at < chunk.size) {
        size_t start = at;
        int32_t point = utf8_next(chunk, &at);
        if (point < 0x80)
            buf_add(writer->out, data + start, at - start);
        else if (point < 0x10000)
            buf_printf(writer->out, "\\u%04x", (unsigned)point);
        else
            buf_printf(writer->out, "\\u%04x\\u%04x", 0xd7c0u + ((unsigned)point >> 10),
                       0xdc00u | ((unsigned)point & 0x3ff));
    }
    return 0;
}

/* Numbers are written as jansson does, which is not how every language does; whole ones are the same everywhere. */
static bool json_rewrite(struct span value, size_t flags, bool ascii, struct buf *out)
{
    json_t *root = json_loadb(value.data, value.size, 0, NULL);
    if (root == NULL)
        return false;
    struct json_writer writer = {out, ascii};
    json_dump_callback(root, json_chunk, &writer, flags);
    json_decref(root);
    return true;
}

static bool message_of_line_end(const struct envelope *envelope, struct span value, bool more,
                                struct buf *out, const char **diagnosis)
{
    struct span shorter = span_trim_end(value);
    if (!more && shorter.size == value.size)
        return false;
    message_write(out, "i.t.v", envelope, envelope->timestamp_text, more ? value : shorter);
    if (more)
        buf_add_text(out, "\n");
    *diagnosis = more ? "a line end was signed behind the value, and is not in it: publish the very bytes that "
                   "were signed"
                 : "the value was signed without the white space at its end: publish the very bytes that "
                   "were signed";
    return true;
}

bool diagnosis_message(const struct envelope *envelope, struct span value, size_t kind, struct buf *out,
                  const char **diagnosis)
{
    if (kind < FORM_COUNT) {
        message_write(out, forms[kind].form, envelope, envelope->timestamp_text, value);
        *diagnosis = forms[kind].diagnosis;
        return true;
    }
    kind -= FORM_COUNT;
    if (kind < 2)
        return message_of_line_end(envelope, value, kind == 1, out, diagnosis);
    kind -= 2;
    if (kind < JSON_COUNT) {
        message_write(out, "i.t.", envelope, envelope->timestamp_text, SPAN_NONE);
        *diagnosis = jsons[kind].diagnosis;
        return json_rewrite(value, jsons[kind].flags, jsons[kind].ascii, out);
    }
    kind -= JSON_COUNT;
    char milliseconds[32];
    snprintf(milliseconds, sizeof(milliseconds), "%lld%03zu", (long long)envelope->timestamp_s, kind);
    message_write(out, "i.t.v", envelope, span_of(milliseconds), value);
    *diagnosis = "signed was a timestamp in milliseconds, and webhook-timestamp says seconds: sign the header as "
            "it stands";
    return true;
}
