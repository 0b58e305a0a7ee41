#include "cmd/failure.h"

#include <stdarg.h>
#include <stdio.h>

#include "cmd/escape.h"

static const char *program = "cupbearer";

void failure_set_program(const char *name)
{
    program = name;
}

const char *failure_program(void)
{
    return program;
}

static int failure_print(const char *command, const char *text, enum err_code code)
{
    fflush(stdout); /* what was done before stands before */
    fprintf(stderr, "%s %s: ", program, command);
    escape_print(stderr, span_of(text));
    fputc('\n', stderr);
    return (int)code;
}

__attribute__((format(printf, 3, 0))) static int failure_vprint(const char *command, enum err_code code, const char *format, va_list args)
{
    char text[1024];
    vsnprintf(text, sizeof(text), format, args);
    return failure_print(command, text, code);
}

int failure_usage(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int code = failure_vprint(command, ERR_USAGE, format, args);
    va_end(args);
    return code;
}

void failure_note(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    failure_vprint(command, ERR_NONE, format, args);
    va_end(args);
}

int failure_err(const char *command, const struct err *err)
{
    return failure_print(command, err->text, err->code);
}
