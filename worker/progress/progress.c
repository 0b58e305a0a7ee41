#include "progress/progress.h"

#include <inttypes.h>
#include <stdio.h>

#define SECRET_DIGITS 16

void progress_write(const struct progress *progress, char out[PROGRESS_TEXT_MAX])
{
    int size = snprintf(out, PROGRESS_TEXT_MAX,
                        "v2 reach=%" PRId64 " receipts=%" PRId64 " admitted=%" PRId64 " secret=%016" PRIx64,
                        progress->reach, progress->receipts, progress->admitted_ms, progress->secret);
    if (progress->by.name != 0)
        size += snprintf(out + size, PROGRESS_TEXT_MAX - (size_t)size, " by=%016" PRIx64 "%016" PRIx64,
                         progress->by.name, progress->by.holder);
    if (progress->inside && !progress->has_last)
        snprintf(out + size, PROGRESS_TEXT_MAX - (size_t)size, " inside=1");
    if (progress->has_last)
        size += snprintf(out + size, PROGRESS_TEXT_MAX - (size_t)size, " last=%" PRId64 " stamp=%" PRIu32,
                         progress->last, progress->last_stamp);
    if (progress->has_last && progress->has_seen)
        snprintf(out + size, PROGRESS_TEXT_MAX - (size_t)size, " seen=%" PRId64 " seen_stamp=%" PRIu32,
                 progress->seen, progress->seen_stamp);
}

/* "NAME=" and something at the head of *text, which moves behind it; SPAN_NONE where it is not that. */
static struct span progress_member(struct span *text, struct span name)
{
    struct span word = span_cut(text, ' ');
    return span_starts(word, name) ? span_skip(word, name.size) : SPAN_NONE;
}

/* A number without sign. */
static bool progress_number(struct span *text, struct span name, int64_t *out)
{
    struct span digits = progress_member(text, name);
    return digits.data != NULL && span_number(digits, 18, out);
}

bool progress_secret_read(struct span digits, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < digits.size; i++) {
        static const char all[] = "0123456789abcdef";
        const char *digit = digits.data[i] == 0 ? NULL : strchr(all, digits.data[i]);
        if (digit == NULL)
            return false;
        *out = *out << 4 | (uint64_t)(digit - all);
    }
    return digits.size == SECRET_DIGITS;
}

/* Where it is there. */
static bool progress_by(struct span *text, struct member *out)
{
    if (text->data == NULL || !span_starts(*text, SPAN("by=")))
        return true;
    struct span digits = progress_member(text, SPAN("by="));
    return digits.size == 2 * SECRET_DIGITS &&
           progress_secret_read((struct span){digits.data, SECRET_DIGITS}, &out->name) &&
           progress_secret_read(span_skip(digits, SECRET_DIGITS), &out->holder) && out->name != 0;
}

/* A record's offset and stamp, where there is more. */
static bool progress_record(struct span *text, struct span name, struct span stamp_name, bool *has,
                            int64_t *offset, uint32_t *out)
{
    int64_t stamp = 0;
    *has = text->data != NULL;
    if (!*has)
        return true;
    if (!progress_number(text, name, offset) || !progress_number(text, stamp_name, &stamp))
        return false;
    *out = (uint32_t)stamp;
    return stamp > 0 && stamp <= UINT32_MAX;
}

/* Where it is there. */
static bool progress_inside(struct span *text, struct progress *out)
{
    int64_t one = 0;
    if (text->data == NULL || !span_starts(*text, SPAN("inside=")))
        return true;
    out->inside = progress_number(text, SPAN("inside="), &one) && one == 1;
    return out->inside && text->data == NULL;
}

static bool progress_records(struct span *text, struct progress *out)
{
    return progress_record(text, SPAN("last="), SPAN("stamp="), &out->has_last, &out->last,
                           &out->last_stamp) &&
           progress_record(text, SPAN("seen="), SPAN("seen_stamp="), &out->has_seen, &out->seen,
                           &out->seen_stamp) &&
           text->data == NULL;
}

bool progress_read(struct span text, struct progress *out)
{
    struct span version = text.data == NULL ? SPAN_NONE : span_cut(&text, ' ');
    bool is_old = span_equal(version, SPAN("v1"));
    *out = (struct progress){0};
    if ((!is_old && !span_equal(version, SPAN("v2"))) ||
        !progress_number(&text, SPAN("reach="), &out->reach) ||
        !progress_number(&text, SPAN("receipts="), &out->receipts) ||
        !progress_number(&text, SPAN("admitted="), &out->admitted_ms))
        return false;
    if (is_old)
        return text.data == NULL;
    out->has_secret = progress_secret_read(progress_member(&text, SPAN("secret=")), &out->secret);
    return out->has_secret && progress_by(&text, &out->by) && progress_inside(&text, out) && progress_records(&text, out);
}
