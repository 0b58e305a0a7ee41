#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/escape.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/shared_options.h"
#include "cmd/wrap.h"
#include "doctor/doctor.h"
#include "os/log.h"

#define INDENT 11 /* of what stands below a finding: the longest word, "unchecked", and a little more */

enum { JSON = 0x100 };

struct doctor_print {
    bool json, in_guarantee;
    size_t counts[FINDING_PROBLEM + 1];
};

/* Also in JSON. */
static const char *level_word(enum finding_level level)
{
    static const char *const words[] = {
        [FINDING_OK] = "ok", [FINDING_UNCHECKED] = "unchecked", [FINDING_WARNING] = "warning", [FINDING_PROBLEM] = "problem"};
    return words[level];
}

/* ---- for people ---- */

static void below_print(const char *name, const char *text)
{
    if (text[0] == 0)
        return;
    printf("%*s%-5s", INDENT, "", name);
    wrap_print(span_of(text), INDENT + 5);
}

static void finding_print(const struct finding *finding)
{
    static const enum tone tones[] = {
        [FINDING_OK] = TONE_GOOD, [FINDING_UNCHECKED] = TONE_PLAIN, [FINDING_WARNING] = TONE_DOUBTFUL, [FINDING_PROBLEM] = TONE_BAD};
    output_tone(stdout, tones[finding->level]);
    printf("%-*s", INDENT, level_word(finding->level));
    output_tone(stdout, TONE_PLAIN);
    wrap_print(span_of(finding->what), INDENT);
    below_print("why", finding->why);
    below_print("fix", finding->fix);
    if (finding->command[0] != 0) { /* in one piece, to be copied */
        printf("%*s%-5s", INDENT, "", "fix");
        escape_print(stdout, span_of(finding->command));
        putchar('\n');
    }
    /* It reads "or ..." by itself. */
    below_print("", finding->instead);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void sum_print(const struct doctor_print *print)
{
    size_t problems = print->counts[FINDING_PROBLEM], warnings = print->counts[FINDING_WARNING];
    printf("\n%zu problem%s, %zu warning%s, %zu not checked, %zu ok\n", problems, plural(problems), warnings, plural(warnings),
           print->counts[FINDING_UNCHECKED], print->counts[FINDING_OK]);
}

/* ---- for programs ---- */

static void member_print(struct buf *line, const char *name, const char *text)
{
    if (text[0] == 0)
        return;
    buf_printf(line, ", \"%s\": ", name);
    json_write_string(line, span_of(text));
}

static void finding_print_json(const char *area, const struct finding *finding)
{
    struct buf line;
    buf_init(&line, 65536);
    buf_printf(&line, "{\"level\": \"%s\"", level_word(finding->level));
    member_print(&line, "area", area);
    member_print(&line, "what", finding->what);
    member_print(&line, "why", finding->why);
    member_print(&line, "fix", finding->fix);
    member_print(&line, "command", finding->command);
    member_print(&line, "instead", finding->instead);
    printf("%s}\n", line.data);
    buf_done(&line);
}

static void sum_print_json(const struct doctor_print *print)
{
    printf("{\"problems\": %zu, \"warnings\": %zu, \"unchecked\": %zu, \"ok\": %zu}\n", print->counts[FINDING_PROBLEM],
           print->counts[FINDING_WARNING], print->counts[FINDING_UNCHECKED], print->counts[FINDING_OK]);
}

static void doctor_take(void *context, const char *area, const struct finding *finding)
{
    struct doctor_print *print = context;
    print->counts[finding->level]++;
    if (!print->json && !print->in_guarantee && strcmp(area, "guarantee") == 0) {
        puts("\nThe guarantee that this installation has, and what would lift it:");
        print->in_guarantee = true;
    }
    if (print->json)
        finding_print_json(area, finding);
    else
        finding_print(finding);
    fflush(stdout); /* the next may take seconds */
}

struct doctor_options {
    const char *config_file;
    bool json;
};

static int doctor_option(void *context, int option, const char *value, struct err *err)
{
    struct doctor_options *doctor = context;
    (void)err;
    if (option == OPTION_CONFIG)
        doctor->config_file = value;
    else
        doctor->json = true;
    return 0;
}

static int cmd_doctor(int argc, char **argv)
{
    const char *named = getenv("CUPBEARER_CONFIG");
    struct doctor_options doctor = {.config_file = named == NULL ? OPTIONS_CONFIG : named};
    const char *const *operands;
    int code;
    if (!command_read(&command_doctor, argc, argv, doctor_option, &doctor, &operands, &code))
        return code;
    struct doctor_print print = {.json = doctor.json};
    const struct doctor_sink sink = {doctor_take, &print};
    log_set_level("error"); /* what librdkafka warns of is in the findings */
    doctor_check(doctor.config_file, environ, &sink);
    if (print.json)
        sum_print_json(&print);
    else
        sum_print(&print);
    return print.counts[FINDING_PROBLEM] > 0 ? ERR_NO : ERR_NONE;
}

static const struct option_row rows[] = {
    OPTION(JSON, "json", NULL, "an object a line: one for each finding, and the sum",
           .more = "A finding's members are level, area, what, why, fix, command and instead"),
};
static const struct option_group own = OPTION_GROUP("doctor", NULL, rows);

const struct command command_doctor = {
    "doctor",
    cmd_doctor,
    "look at all of an installation, and say what is wrong and how to fix it",
    .usage = "[OPTION]...",
    .about = "Reads the configuration with every mistake in it, and the files that it names; asks the brokers about "
             "topics and group, and Papercups about each account. Of each finding it says what, why it matters, and "
             "what fixes it; at the end, what this installation guarantees, and what would lift that. Nothing is "
             "written: no record, no message, no commit. It may run beside workers, by the user that they run as.",
    .groups = (const struct option_group *const[]){&option_group_config, &own, NULL},
    .end = "Exit codes: 0 nothing is wrong, though there may be warnings; 1 something is, 2 usage.",
};
