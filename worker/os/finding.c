#include "os/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "os/log.h"

void finding_put(char *text, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(text, size, format, args);
    va_end(args);
}

void finding_text(const struct finding *finding, struct err *err)
{
    bool command = finding->command[0] != 0, fix = command || finding->fix[0] != 0;
    err_set(err, finding->code, "%s%s%s%s%s%s%s%s%s", finding->what, finding->why[0] == 0 ? "" : ": ", finding->why,
            fix ? ". " : "", command ? "Fix it: " : "", command ? finding->command : finding->fix,
            finding->instead[0] == 0 ? "" : " (", finding->instead, finding->instead[0] == 0 ? "" : ")");
}

int finding_report(const struct finding_sink *sink, const struct finding *finding, const char *event, struct err *err)
{
    struct err text;
    if (sink != NULL) {
        sink->take(sink->context, finding);
        return 0;
    }
    finding_text(finding, &text);
    if (finding->level == FINDING_PROBLEM && finding->code != ERR_NONE) {
        *err = text;
        return -1;
    }
    log_say(finding->level == FINDING_PROBLEM   ? LOG_LEVEL_ERROR
            : finding->level == FINDING_WARNING ? LOG_LEVEL_WARNING
                                                : LOG_LEVEL_INFO,
            event, "%s", text.text);
    return 0;
}

void finding_of_err(const struct err *err, struct finding *out)
{
    *out = (struct finding){.level = FINDING_PROBLEM, .code = err->code};
    FINDING_PUT(out->what, "%s", err->text);
}
