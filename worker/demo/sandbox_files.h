/* Files in a sandbox's directory. */
#ifndef DEMO_SANDBOX_FILES_H
#define DEMO_SANDBOX_FILES_H

#include "demo/sandbox.h"

/* The path of a file in the directory, in out. */
void sandbox_path(const struct sandbox *sandbox, const char *name, char out[128]);

/* Makes one, 0600; it must not be there. -1 with err. */
int sandbox_write(const struct sandbox *sandbox, const char *name, struct span content, struct err *err);

#endif
