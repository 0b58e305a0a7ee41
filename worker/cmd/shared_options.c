#include "cmd/shared_options.h"

#include "cmd/options.h"
#include "os/log.h"

#define GROUP(name, rows)                                                                                    \
    const struct option_group option_group_##name = {#name, NULL, rows, sizeof(rows) / sizeof(rows[0])}

static const struct option_row config_rows[] = {
    {OPTION_CONFIG, "config", "FILE",
     "the workers' configuration; default: $CUPBEARER_CONFIG, else " OPTIONS_CONFIG,
     .completion = COMPLETE_FILE},
};
GROUP(config, config_rows);

static const struct option_row log_rows[] = {
    {OPTION_LOG_LEVEL, "log-level", "LEVEL", "how much is logged: {}; default: info",
     .words = "error warning info debug"},
};
GROUP(log, log_rows);

static const struct option_row period_rows[] = {
    {OPTION_SINCE, "since", "TIME",
     "only what is from that time on: 2026-01-31T12:00:00Z, or how long ago: 90m, 24h, 7d", .words = NULL},
    {OPTION_UNTIL, "until", "TIME", "only what is before that time", .words = NULL},
};
GROUP(period, period_rows);

static const struct option_row partitioner_rows[] = {
    {OPTION_PARTITIONER, "partitioner", "NAME",
     "what puts a key into a partition, as in the workers' configuration: {}; default: murmur2",
     .words = "murmur2 crc32"},
};
GROUP(partitioner, partitioner_rows);

static const struct option_row topic_rows[] = {
    {OPTION_TOPIC, "topic", "TOPIC", "the events' topic; default: " OPTION_TOPIC_DEFAULT, .words = NULL},
};
GROUP(topic, topic_rows);

int service_take(void *path, int option, const char *value, struct err *err)
{
    if (option == OPTION_CONFIG)
        *(const char **)path = value;
    else if (!log_set_level(value))
        return err_set(err, ERR_USAGE, "--log-level is error, warning, info or debug, not '%.40s'", value);
    return 0;
}
