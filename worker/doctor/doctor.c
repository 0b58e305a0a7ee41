#include "doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "config/check.h"
#include "doctor/examination.h"
#include "os/thread.h"
#include "run/account_checks.h"

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

/* ---- accounts, many at a time ---- */

/* What was found of one. */
struct account_report {
    struct finding *findings;
    size_t count;
};

struct account_reports {
    struct examination *examination;
    struct account_report *list;
};

static void report_take(void *context, const char *area, const struct finding *finding)
{
    struct account_report *report = context;
    (void)area;
    report->findings = mem_grow(report->findings, report->count + 1, sizeof(*report->findings));
    report->findings[report->count++] = *finding;
}

static void report_make(void *context, size_t i)
{
    const struct account_reports *reports = context;
    const struct doctor_sink sink = {report_take, &reports->list[i]};
    struct examination own = {.sink = &sink, .config = reports->examination->config};
    own.here = (struct finding_sink){examination_taken, &own};
    examine_account(&own, &own.config->accounts[i]);
}

static void report_tell(void *context, size_t i)
{
    struct account_reports *reports = context;
    struct account_report *report = &reports->list[i];
    char area[80];
    snprintf(area, sizeof(area), "account %s", reports->examination->config->accounts[i].name);
    examination_begin(reports->examination, area);
    for (size_t at = 0; at < report->count; at++)
        examination_take(reports->examination, &report->findings[at]);
    examination_begin(reports->examination, "");
    free(report->findings);
}

/* Each that does not answer takes as long as http_timeout, and there may be hundreds at one Papercups. */
static void examine_accounts(struct examination *examination)
{
    size_t count = examination->config->account_count;
    struct account_reports reports = {examination, mem_new(count, sizeof(struct account_report))};
    threads_each(count, ACCOUNT_CHECKS_AT_ONCE, report_make, report_tell, &reports);
    free(reports.list);
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
        examine_accounts(&examination);
        examine_guarantee(&examination);
    }
    config_free(config);
}
