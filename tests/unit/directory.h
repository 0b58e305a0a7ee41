/* An empty directory of its own for each test of cmocka_unit_test_setup_teardown(TEST, directory_enter, directory_leave). */
#ifndef UNIT_DIRECTORY_H
#define UNIT_DIRECTORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"

static char directory[64];

static inline int directory_enter(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/unit_test.XXXXXX");
    return mkdtemp(directory) == NULL ? -1 : chdir(directory);
}

static inline int directory_leave(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return chdir("/") != 0 ? -1 : system(command);
}

static inline void file_write(const char *path, struct span content)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content.data, 1, content.size, file), content.size);
    assert_int_equal(fclose(file), 0);
}

#endif
