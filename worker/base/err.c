#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) static void err_write(struct err *err, enum err_code code, int os, const char *format,
                                                            va_list args)
{
    vsnprintf(err->text, sizeof(err->text), format, args);
    err->code = code;
    err->os = os;
    err->place[0] = 0;
}

int err_set(struct err *err, enum err_code code, const char *format, ...)
{
    if (err == NULL)
        return -1;
    va_list args;
    va_start(args, format);
    err_write(err, code, 0, format, args);
    va_end(args);
    return -1;
}

int err_os(struct err *err, int os, const char *format, ...)
{
    if (err == NULL)
        return -1;
    va_list args;
    va_start(args, format);
    err_write(err, ERR_SYSTEM, os, format, args);
    va_end(args);
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(os));
    return -1;
}

int err_place(struct err *err, const char *format, ...)
{
    if (err == NULL)
        return -1;
    va_list args;
    va_start(args, format);
    vsnprintf(err->place, sizeof(err->place), format, args);
    va_end(args);
    return -1;
}
