#include "doctor/examination.h"

#include <stdarg.h>
#include <stdio.h>

void examination_take(struct examination *examination, const struct finding *finding)
{
    examination->in_area += finding->level >= FINDING_WARNING;
    examination->sink->take(examination->sink->context, examination->area, finding);
}

static void examination_taken(void *context, const struct finding *finding)
{
    examination_take(context, finding);
}

void examination_init(struct examination *examination, const struct doctor_sink *sink, const struct config *config)
{
    *examination = (struct examination){.sink = sink, .config = config};
    examination->here = (struct finding_sink){examination_taken, examination};
}

void examination_begin(struct examination *examination, const char *area)
{
    examination->area = area;
    examination->in_area = 0;
}

void examination_say(struct examination *examination, enum finding_level level, const char *what, ...)
{
    struct finding finding = {.level = level};
    va_list args;
    va_start(args, what);
    vsnprintf(finding.what, sizeof(finding.what), what, args);
    va_end(args);
    examination_take(examination, &finding);
}

void examination_err(struct examination *examination, const struct err *err)
{
    struct finding finding;
    finding_of_err(err, &finding);
    examination_take(examination, &finding);
}
