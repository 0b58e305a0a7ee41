/* A receipt as the worker writes it for one of the bench's events. */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stdint.h>

#include "base/buf.h"

/* Writes it; the caller's to buf_done. */
void sample_receipt(struct span event_id, int64_t offset, struct buf *out);

#endif
