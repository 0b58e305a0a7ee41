#include "doctor/doctor.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "config/load.h"
#include "doctor/examination.h"
#include "os/thread.h"
#include "run/account_checks.h"

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
    struct examination own;
    examination_init(&own, &sink, reports->examination->config);
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
    struct examination examination;
    examination_init(&examination, sink, NULL);
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
