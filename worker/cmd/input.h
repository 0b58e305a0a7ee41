/* What a command reads whole: a file, or stdin. Secrets are not read here but by os/secret.h. */
#ifndef CMD_INPUT_H
#define CMD_INPUT_H

#include "base/buf.h"
#include "base/err.h"

/* Appends all that the file at path holds; "-" is stdin. -1 with ERR_USAGE where it cannot be read or is longer than
 * out's limit. */
int input_read(const char *path, struct buf *out, struct err *err);

#endif
