/* Files of the form {"NAME": [ENTRY, ...]}, as keyrings and tokens files are, to which an entry is added. */
#ifndef OS_LIST_FILE_H
#define OS_LIST_FILE_H

#include "base/err.h"
#include "base/span.h"

struct list_file {
    const char *path;
    const char *member; /* "keys" */
    size_t max_size;
    /* Whether the whole text is good: -1 with err. */
    int (*check)(struct span text, struct err *err);
};

/* Puts the entry at the end of the list and the new file, which is on the disk on return, in the place of the old one: whoever
 * reads sees one or the other. A file that is not there is made, of mode 0600; one that is keeps mode and owner. -1 with err,
 * and the file as it was, where it or the new text is not good. */
int list_file_add(const struct list_file *file, struct span entry, struct err *err);

#endif
