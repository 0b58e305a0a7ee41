/* Owned bytes that grow up to a limit. A write past the limit, or one for which there is no memory, is dropped whole
 * and leaves `failed` set until buf_clear: callers append freely and look once at the end. The content is always
 * followed by a 0 byte that does not count. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>

#include "base/span.h"

struct buf {
    char *data;
    size_t size;
    size_t capacity;
    size_t limit; /* bytes, the terminating 0 not counted */
    bool failed;
};

void buf_init(struct buf *b, size_t limit);
void buf_done(struct buf *b);
void buf_clear(struct buf *b);

void buf_add(struct buf *b, const void *data, size_t size);
void buf_add_span(struct buf *b, struct span s);
void buf_add_text(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* In digits. */
void buf_add_decimal(struct buf *b, long long value);

static inline struct span buf_span(const struct buf *b)
{
    return (struct span){b->data, b->size};
}

#endif
