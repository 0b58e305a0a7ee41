/* A file that may change under a running process: looked at by content, because mounted directories replace links, not
 * files. One whose inode says that it cannot have changed since it was read is not read again. */
#ifndef OS_WATCHED_H
#define OS_WATCHED_H

#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>

#include "os/secret.h"

struct watched {
    const char *path;                               /* borrowed */
    struct watched_state {                          /* of the file, when it was read last; 0 where that says nothing */
        uint64_t device, inode;
        int64_t changed_ns; /* its ctime, which nobody can set back */
        int64_t size;
    } state;
    unsigned char digest[crypto_generichash_BYTES]; /* of what it held when it was looked at last */
    unsigned char told[crypto_generichash_BYTES];   /* of the mistake that was told last */
    bool broken;
};

/* Reads the file. 1: it is another than last time, and *out is the caller's; 0: it is the same; -1 with err. */
int watched_read(struct watched *watched, size_t max_size, struct secret *out, struct err *err);

/* It is no good from the start, with that mistake, which was told in other words. */
void watched_note(struct watched *watched, const char *text);

/* Tells in the log what came of another one: in use, or no good (each mistake once, with `text`), and what was before
 * stays in use. */
void watched_tell(struct watched *watched, bool broken, const char *text);

#endif
