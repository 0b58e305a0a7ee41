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

int failure_usage(const char *command, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return failure_print(command, text, ERR_USAGE);
}

void failure_note(const char *command, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    failure_print(command, text, ERR_NONE);
}

int failure_err(const char *command, const struct err *err)
{
    return failure_print(command, err->text, err->code);
}
