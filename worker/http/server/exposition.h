/* Prometheus' text format 0.0.4: families of samples, into a buffer. */
#ifndef HTTP_SERVER_EXPOSITION_H
#define HTTP_SERVER_EXPOSITION_H

#include "base/buf.h"
#include "base/histogram.h"

struct label {
    const char *name, *value; /* the value may hold anything */
};
#define LABELS(...) ((const struct label[]){__VA_ARGS__, {NULL, NULL}})
#define NO_LABELS   ((const struct label[]){{NULL, NULL}})

/* Before the samples of a family, which come one after the other. */
void family_begin(struct buf *out, const char *name, const char *type, const char *help);
void sample_add(struct buf *out, const char *name, const struct label *labels, uint64_t value);
/* `suffix`: "", or "_sum". */
void sample_seconds(struct buf *out, const char *name, const char *suffix, const struct label *labels, int64_t ms);
/* The samples of a histogram, with `bounds` of its bounds; two labels at most. */
void sample_histogram(struct buf *out, const char *name, const struct label *labels, const struct histogram *histogram,
                      size_t bounds);

#endif
