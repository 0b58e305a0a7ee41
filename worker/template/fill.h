/* Puts values into one text of a message. */
#ifndef TEMPLATE_FILL_H
#define TEMPLATE_FILL_H

#include "template/placeholder.h"

struct filling {
    const struct placeholder *placeholders;
    size_t count;
    const struct span *values; /* by placeholder; each has passed placeholder_check */
    bool *used;                /* by placeholder: set where it stands in a text */
};

/* Appends the text with its placeholders filled. -1 with ERR_USAGE, where `path` (which member this is) comes first. */
int fill_text(const struct filling *filling, const char *path, struct span text, bool markdown,
              struct buf *out, struct err *err);

#endif
