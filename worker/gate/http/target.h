/* A request's target: the second part of its first line, parsed. A path has exactly one reading here, or none: it is split at
 * slashes before anything is decoded, and a part that is empty, "." or "..", or that decodes to a slash, a backslash or a control
 * character, makes it invalid. */
#ifndef GATE_HTTP_TARGET_H
#define GATE_HTTP_TARGET_H

#include "http/server/value.h"

#define TARGET_SIZE_MAX   2048
#define TARGET_PARTS_MAX  8
#define TARGET_PARAMS_MAX 8

struct target {
    char bytes[TARGET_SIZE_MAX]; /* what the spans point into */
    struct span parts[TARGET_PARTS_MAX];
    size_t part_count;
    bool ends_with_slash; /* and "/" is no parts and a slash */
    struct http_value params[TARGET_PARAMS_MAX];
    size_t param_count;
};

/* False where it is no path, is longer than the bounds, or its percent signs are no encoding. */
bool target_read(struct target *out, struct span raw);

/* Whether it is the path of the pattern: "v1/events/ * /receipt" without the spaces, where * stands for any one part, and
 * a slash at the end for one at the end. */
bool target_is(const struct target *target, const char *pattern);

/* The value of a parameter of the query; SPAN_NONE where there is none of that name, or more than one. */
struct span target_param(const struct target *target, const char *name);

#endif
