/* Secrets in files: read straight into locked memory that is wiped when it is let go, and written to new files that
 * only their owner can read. No copy stays behind in a buffer of stdio. */
#ifndef OS_SECRET_H
#define OS_SECRET_H

#include <stddef.h>

#include "base/err.h"
#include "base/span.h"

struct secret {
    unsigned char *data; /* sodium_malloc; a 0 byte that does not count follows */
    size_t size;
};

/* Reads the file at `path` without the white space at its end. 0, and *out is the caller's (secret_done); or -1 with
 * ERR_USAGE where it cannot be opened, is no regular file (a pipe or a device would keep a worker waiting), is empty or has
 * more than max_size bytes. */
int secret_read(const char *path, size_t max_size, struct secret *out, struct err *err);
/* The same for commands, which may wait: a pipe too, as a shell's <(...) is. */
int secret_read_stream(const char *path, size_t max_size, struct secret *out, struct err *err);

/* Wipes and frees; an empty one is allowed. */
void secret_done(struct secret *secret);

/* Writes `content` to a new file of mode 0600 that is on the disk on return. Never overwrites: -1 with ERR_USAGE where
 * `path` exists, ERR_SYSTEM where writing fails; then nothing is left behind. */
int secret_write_new(const char *path, struct span content, struct err *err);

#endif
