#include "engine/progress.h"

#include <stdio.h>

void progress_write(const struct progress *progress, char out[PROGRESS_TEXT_MAX])
{
    snprintf(out, PROGRESS_TEXT_MAX, "v1 reach=%lld receipts=%lld admitted=%lld", (long long)progress->reach,
             (long long)progress->receipts, (long long)progress->admitted_ms);
}

/* "NAME=" and a number without sign at the head of *text, which moves behind it. */
static bool progress_number(struct span *text, struct span name, int64_t *out)
{
    struct span word = span_cut(text, ' ');
    if (!span_starts(word, name))
        return false;
    return span_number(span_skip(word, name.size), 18, out);
}

bool progress_read(struct span text, struct progress *out)
{
    struct span version = text.data == NULL ? SPAN_NONE : span_cut(&text, ' ');
    return span_equal(version, SPAN("v1")) && progress_number(&text, SPAN("reach="), &out->reach) &&
           progress_number(&text, SPAN("receipts="), &out->receipts) &&
           progress_number(&text, SPAN("admitted="), &out->admitted_ms) && text.data == NULL;
}
