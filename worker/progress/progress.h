/* What stands beside a committed offset c, in the commit's metadata: how far deliveries may have been started, and from
 * where on the receipts must be read; which records below c were read, for the log may be another one when it is read next;
 * under which mark secret all that was done; and which worker goes on. Form:
 *
 *   v2 reach=R receipts=S admitted=T secret=F by=NH last=O stamp=M seen=P seen_stamp=N
 *
 * without by= where the worker has no name in its group, or gives the partition back; without seen= and seen_stamp= where P
 * would be O; without last= and all behind it where no record below c is known, and then with inside=1 in their place where the
 * log began below c. Workers before v2 take it for an unknown one, which is safe and costs a reading back of all from c to the
 * log's end; "v1 reach=R receipts=S admitted=T" is what they write, and is read. */
#ifndef PROGRESS_PROGRESS_H
#define PROGRESS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define PROGRESS_TEXT_MAX 256

/* A worker that has a name in its group: fingerprint of that, and which of those is meant that may have it. A name of 0: it
 * has none. */
struct member {
    uint64_t name, holder;
};

struct progress {
    int64_t reach; /* no delivery at or beyond this offset has been started */
    int64_t
        receipts; /* the receipts of events at or beyond c begin at this offset of the receipts' partition */
    int64_t admitted_ms; /* no record at or beyond c was admitted earlier; INT64_MIN: not known */
    bool has_secret, has_last, has_seen; /* not before v2 */
    uint64_t secret;           /* fingerprint of the mark secret */
    int64_t last;              /* the offset of the last record below c */
    uint32_t last_stamp;       /* offsets_stamp of its time stamp */
    /* A record below that, which was there when the log was last looked at: see engine/log_check.c. */
    int64_t seen;
    uint32_t seen_stamp;
    struct member by;
    bool inside; /* has_last is false, and c lies in the middle of the log all the same: a gap is below it */
};

void progress_write(const struct progress *progress, char out[PROGRESS_TEXT_MAX]);
/* False for metadata that is missing, of another version or out of form: then nothing is known, and all is read. */
bool progress_read(struct span text, struct progress *out);

/* A fingerprint as it is written: 16 digits of 0-9 a-f. */
bool progress_secret_read(struct span digits, uint64_t *out);

#endif
