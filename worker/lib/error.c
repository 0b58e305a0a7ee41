#include "lib/error.h"

#include <stdio.h>

_Static_assert((int)CUPBEARER_NO == (int)ERR_NO && (int)CUPBEARER_INVALID == (int)ERR_USAGE &&
                   (int)CUPBEARER_LIMIT == (int)ERR_LIMIT && (int)CUPBEARER_SYSTEM == (int)ERR_SYSTEM,
               "results are the codes of struct err");
_Static_assert(CUPBEARER_ERROR_SIZE >= sizeof(((struct err *)0)->text), "every text fits");

const char *cupbearer_version(void)
{
    return CUPBEARER_VERSION;
}

const char *cupbearer_strerror(int result)
{
    switch (result) {
    case CUPBEARER_OK:
        return "done";
    case CUPBEARER_NO:
        return "a worker would not admit this record";
    case CUPBEARER_INVALID:
        return "what was handed in is not of its form";
    case CUPBEARER_LIMIT:
        return "too long, or too many";
    case CUPBEARER_SYSTEM:
        return "no memory, or no random numbers";
    default:
        return "unknown result";
    }
}

int error_report(const struct err *err, char *error, size_t error_size)
{
    if (error != NULL && error_size > 0)
        snprintf(error, error_size, "%s", err->text);
    return (int)err->code;
}

int error_no_memory(char *error, size_t error_size)
{
    struct err err;
    err_set(&err, ERR_SYSTEM, "no memory");
    return error_report(&err, error, error_size);
}
