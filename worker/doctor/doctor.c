#include "doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "config/check.h"
#include "doctor/examination.h"

void examination_take(struct examination *examination, const struct finding *finding)
{
    examination->in_area += finding->level >= FINDING_WARNING;
    examination->sink->take(examination->sink->context, examination->area, finding);
}

static void examination_taken(void *context, const struct finding *finding)
{
    examination_take(context, finding);
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

static struct config *examine_configuration(struct examination *examination, const char *path, char *const *environment)
{
    struct config_mistakes mistakes = {NULL, 0};
    struct config *config = config_load_all(path, environment, &mistakes);
    examination_begin(examination, "configuration");
    for (size_t i = 0; i < mistakes.count; i++)
        examination_say(examination, FINDING_PROBLEM, "%s", mistakes.texts[i]);
    if (config == NULL) {
        struct finding rest = {.level = FINDING_UNCHECKED, .what = "files, Kafka and Papercups"};
        FINDING_PUT(rest.why, "what the configuration says of them is not known before its mistakes are corrected");
        examination_take(examination, &rest);
    } else {
        examination_say(examination, FINDING_OK, "%s: no mistake; %zu account%s", path == NULL ? "the environment" : path,
                        config->account_count, config->account_count == 1 ? "" : "s");
    }
    config_mistakes_done(&mistakes);
    return config;
}

void doctor_check(const char *path, char *const *environment, const struct doctor_sink *sink)
{
    struct examination examination = {.sink = sink};
    examination.here = (struct finding_sink){examination_taken, &examination};
    struct config *config = examine_configuration(&examination, path, environment);
    examination.config = config;
    if (config != NULL) {
        examine_files(&examination);
        examine_cluster(&examination);
        for (size_t i = 0; i < config->account_count; i++)
            examine_account(&examination, &config->accounts[i]);
        examine_guarantee(&examination);
    }
    config_free(config);
}
