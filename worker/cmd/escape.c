#include "cmd/escape.h"

#include "base/json.h"
#include "base/utf8.h"

#define OBJECT_SIZE_MAX (64u << 20) /* a record of ten MiB, each byte of it escaped */

void escape_print(FILE *out, struct span text)
{
    size_t at = 0;
    while (at < text.size) {
        size_t start = at;
        int32_t point = utf8_next(text, &at);
        if (point < 0 || utf8_invisible(point))
            fputc('?', out);
        else
            fwrite(text.data + start, 1, at - start, out);
    }
}

void escape_print_exact(FILE *out, struct span text)
{
    size_t at = 0;
    while (at < text.size) {
        size_t start = at;
        int32_t point = utf8_next(text, &at);
        if (point < 0)
            fprintf(out, "<%02X>", (unsigned char)text.data[start]);
        else if (utf8_invisible(point))
            fprintf(out, "<U+%04X>", (unsigned)point);
        else
            fwrite(text.data + start, 1, at - start, out);
    }
}

void escape_print_json(FILE *out, struct span json)
{
    size_t at = 0;
    while (at < json.size) {
        size_t start = at;
        int32_t point = utf8_next(json, &at);
        if (point < 0)
            fputs("\\ufffd", out);
        else if (!utf8_invisible(point))
            fwrite(json.data + start, 1, at - start, out);
        else if (point < 0x10000)
            fprintf(out, "\\u%04x", (unsigned)point);
        else
            fprintf(out, "\\u%04x\\u%04x", 0xd800u + (((unsigned)point - 0x10000) >> 10), 0xdc00u + ((unsigned)point & 0x3ff));
    }
}

void escape_print_object(FILE *out, const struct json_t *object)
{
    struct buf json;
    buf_init(&json, OBJECT_SIZE_MAX);
    json_write(&json, object);
    escape_print_json(out, buf_span(&json));
    fputc('\n', out);
    buf_done(&json);
}
