/* The configuration file. A 0x01 stands for a line end, because seeds are lines. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    struct err err;
    int fd = memfd_create("cupbearer.conf", MFD_CLOEXEC);
    uint8_t *text = malloc(size + 1);
    if (text == NULL)
        abort();
    for (size_t i = 0; i < size; i++)
        text[i] = data[i] == 1 ? '\n' : data[i];
    if (write(fd, text, size) != (ssize_t)size)
        abort();
    free(text);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    config_free(config_load(path, NULL, &err));
    close(fd);
    return 0;
}
