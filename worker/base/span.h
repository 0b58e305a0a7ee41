/* Borrowed bytes: a pointer and a size, not terminated, never owned. Whoever receives one may read it until the call
 * returns (or as long as the owner says) and keeps a copy of what it needs longer. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *data;
    size_t size;
};

#define SPAN(literal) ((struct span){"" literal, sizeof(literal) - 1})
#define SPAN_NONE     ((struct span){NULL, 0})
#define SPAN_ARGS(s)  (int)(s).size, (s).data /* for "%.*s" */

static inline struct span span_of(const char *text)
{
    return (struct span){text, text == NULL ? 0 : strlen(text)};
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool span_starts(struct span s, struct span prefix)
{
    return s.size >= prefix.size && span_equal((struct span){s.data, prefix.size}, prefix);
}

static inline struct span span_skip(struct span s, size_t count)
{
    return (struct span){s.data + count, s.size - count};
}

/* s without the spaces, tabs and line ends at its end. */
struct span span_trim_end(struct span s);

/* Cuts *s at the first separator: returns what stands before it and leaves in *s what stands behind; without a
 * separator returns all and leaves {NULL, 0}. */
struct span span_cut(struct span *s, char separator);

/* A whole number without sign, of 1 to `digits` decimal digits (at most 18) and nothing else. False for what is none;
 * *out is untouched then. */
bool span_number(struct span s, size_t digits, int64_t *out);

/* Whether every byte of s is one of the characters of allowed. True for an empty s. */
bool span_only(struct span s, const char *allowed);

#endif
