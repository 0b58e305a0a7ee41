/* What stands beside a committed offset c, in the commit's metadata: how far deliveries may have been started, and from
 * where on the receipts must be read. Form: "v1 reach=R receipts=S admitted=T". */
#ifndef ENGINE_PROGRESS_H
#define ENGINE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define PROGRESS_TEXT_MAX 96

struct progress {
    int64_t reach; /* no delivery at or beyond this offset has been started */
    int64_t
        receipts; /* the receipts of events at or beyond c begin at this offset of the receipts' partition */
    int64_t admitted_ms; /* no record at or beyond c was admitted earlier; INT64_MIN: not known */
};

void progress_write(const struct progress *progress, char out[PROGRESS_TEXT_MAX]);
/* False for metadata that is missing, of another version or out of form: then nothing is known, and all is read. */
bool progress_read(struct span text, struct progress *out);

#endif
