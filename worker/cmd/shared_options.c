#include "cmd/shared_options.h"

#include "cmd/options.h"
#include "os/log.h"

static const struct option_row config_rows[] = {
    OPTION(OPTION_CONFIG, "config", "FILE",
           "the workers' configuration; default: $CUPBEARER_CONFIG, else " OPTIONS_CONFIG,
           .completion = COMPLETE_FILE),
};
const struct option_group option_group_config = OPTION_GROUP("config", NULL, config_rows);

static const struct option_row log_rows[] = {
    OPTION(OPTION_LOG_LEVEL, "log-level", "LEVEL", "how much is logged: {}; default: info",
           .words = "error warning info debug"),
};
const struct option_group option_group_log = OPTION_GROUP("log", NULL, log_rows);

static const struct option_row period_rows[] = {
    OPTION(OPTION_SINCE, "since", "TIME",
           "only what is from that time on: 2026-01-31T12:00:00Z, or how long ago: 90m, 24h, 7d"),
    OPTION(OPTION_UNTIL, "until", "TIME", "only what is before that time"),
};
const struct option_group option_group_period = OPTION_GROUP("period", NULL, period_rows);

static const struct option_row partitioner_rows[] = {
    OPTION(OPTION_PARTITIONER, "partitioner", "NAME",
           "what puts a key into a partition, as in the workers' configuration: {}; default: murmur2",
           .words = "murmur2 crc32"),
};
const struct option_group option_group_partitioner = OPTION_GROUP("partitioner", NULL, partitioner_rows);

static const struct option_row topic_rows[] = {
    OPTION(OPTION_TOPIC, "topic", "TOPIC", "the events' topic; default: " OPTION_TOPIC_DEFAULT),
};
const struct option_group option_group_topic = OPTION_GROUP("topic", NULL, topic_rows);

int service_take(void *path, int option, const char *value, struct err *err)
{
    if (option == OPTION_CONFIG)
        *(const char **)path = value;
    else if (!log_set_level(value))
        return err_set(err, ERR_USAGE, "--log-level is error, warning, info or debug, not '%.40s'", value);
    return 0;
}
