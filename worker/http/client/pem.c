#include "http/client/pem.h"

#include <stddef.h>

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

/* What stands between the two; SPAN_NONE where the line is no such mark. */
static struct span mark_label(struct span line, struct span before)
{
    const struct span behind = SPAN("-----");
    if (!span_starts(line, before) || line.size < before.size + behind.size)
        return SPAN_NONE;
    struct span label = span_skip(line, before.size), end = span_skip(label, label.size - behind.size);
    label.size -= behind.size;
    return span_equal(end, behind) ? label : SPAN_NONE;
}

/* Base64; or a header of an encrypted key, and the empty line behind those. */
static bool may_stand_inside(struct span line)
{
    return span_only(line, BASE64) || (line.data[0] != '-' && memchr(line.data, ':', line.size) != NULL);
}

int pem_check(struct span text, struct err *err)
{
    struct span inside = SPAN_NONE;
    size_t blocks = 0;
    for (int number = 1; text.size > 0; number++) {
        struct span line = span_trim_end(span_cut(&text, '\n'));
        struct span begins = mark_label(line, SPAN("-----BEGIN ")), ends = mark_label(line, SPAN("-----END "));
        if (inside.data == NULL && begins.data != NULL) {
            inside = begins;
        } else if (inside.data != NULL && ends.data != NULL && span_equal(ends, inside)) {
            inside = SPAN_NONE;
            blocks++;
        } else if (ends.data != NULL || (inside.data != NULL && !may_stand_inside(line))) {
            return err_set(err, ERR_USAGE, "line %d may not stand there in a PEM file: is it damaged?", number);
        }
    }
    if (inside.data != NULL)
        return err_set(err, ERR_USAGE, "the PEM file is cut off: its last block has no end");
    return blocks > 0 ? 0 : err_set(err, ERR_USAGE, "it is no PEM file: it has no line -----BEGIN …-----");
}
