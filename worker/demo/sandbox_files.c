#include "demo/sandbox_files.h"

#include <stdio.h>

#include "os/secret.h"

void sandbox_path(const struct sandbox *sandbox, const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", sandbox->directory, name);
}

int sandbox_write(const struct sandbox *sandbox, const char *name, struct span content, struct err *err)
{
    char path[128];
    sandbox_path(sandbox, name, path);
    return secret_write_new(path, content, err);
}
