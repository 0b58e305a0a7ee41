/* Puts values into one text of a message. */
#ifndef TEMPLATE_FILL_H
#define TEMPLATE_FILL_H

#include "template/blank.h"

struct filling {
    const struct blank *blanks;
    size_t count;
    const struct span *values; /* by blank; each has passed blank_check */
    bool *used;                /* by blank: set where it stands in a text */
};

/* Appends the text with its blanks filled. -1 with ERR_USAGE, where `path` (which member this is) comes first. */
int fill_text(const struct filling *filling, const char *path, struct span text, bool markdown,
              struct buf *out, struct err *err);

#endif
