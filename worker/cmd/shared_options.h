/* Options that several commands have: each stands here once. */
#ifndef CMD_SHARED_OPTIONS_H
#define CMD_SHARED_OPTIONS_H

#include "cmd/command.h"

enum shared_option {
    OPTION_CONFIG = 'c',
    OPTION_LOG_LEVEL = 'l',
    OPTION_SINCE = 0x400,
    OPTION_UNTIL,
    OPTION_PARTITIONER,
    OPTION_TOPIC,
};

extern const struct option_group option_group_config; /* OPTION_CONFIG: for options_config() */
extern const struct option_group option_group_log;
extern const struct option_group option_group_period;      /* for options_past() */
extern const struct option_group option_group_partitioner; /* for options_partitioner() */
extern const struct option_group option_group_topic;
#define OPTION_TOPIC_DEFAULT "cupbearer.events"

/* A command_take of those that have option_group_config and option_group_log and no other: `path` is the const char * that
 * gets the file's name. */
int service_take(void *path, int option, const char *value, struct err *err);

#endif
