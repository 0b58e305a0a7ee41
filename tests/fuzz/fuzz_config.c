/* The configuration file. A 0x01 stands for a line end, because seeds are lines. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "io/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    struct err err;
    int fd = memfd_create("cupbearer.conf", MFD_CLOEXEC);
    for (size_t i = 0; i < size; i++)
        if (write(fd, data[i] == 1 ? (const uint8_t *)"\n" : &data[i], 1) != 1)
            abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    config_free(config_load(path, NULL, &err));
    close(fd);
    return 0;
}
