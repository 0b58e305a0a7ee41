/* A commit's metadata, as whoever may commit for the group may have left them. What is read must be written alike. */
#include <stdlib.h>

#include "progress/progress.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct progress progress, again;
    char text[PROGRESS_TEXT_MAX];
    if (!progress_read((struct span){(const char *)data, size}, &progress))
        return 0;
    progress_write(&progress, text);
    if (!progress_read(span_of(text), &again) || again.reach != progress.reach ||
        again.receipts != progress.receipts || again.admitted_ms != progress.admitted_ms || again.secret != progress.secret ||
        again.has_last != progress.has_last || again.last != progress.last ||
        again.last_stamp != progress.last_stamp || again.has_seen != progress.has_seen || again.inside != progress.inside ||
        again.seen != progress.seen || again.seen_stamp != progress.seen_stamp)
        abort();
    return 0;
}
