/* A command's words, read by getopt_long, with its mistakes told in our own sentences: an option that is not there
 * names the nearest one. Options and operands may be mixed. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <getopt.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"
#include "event/partitioner.h"

#define OPTIONS_END     (-1)
#define OPTIONS_MISTAKE '?'

struct options {
    const char *command; /* its name, for messages */
    const struct option
        *table; /* long options, ended by a zeroed one; those with one letter as `val` have it */
    const char *const *operands; /* what follows the options; ended by NULL */
    int argc;
    char **argv;
};

/* Borrows all. Only one may be read at a time: getopt keeps its place in globals. */
void options_init(struct options *options, const char *command, const struct option *table, int argc,
                  char **argv);

/* The next option's `val`, *value its value; OPTIONS_END behind the last, `operands` are filled then; OPTIONS_MISTAKE
 * once a mistake is told on stderr. */
int options_next(struct options *options, const char **value);

/* Seconds: a whole number, with s, m or h behind it or nothing. -1 with ERR_USAGE where text is not that, or not from
 * least to most; `option` is how the message calls it. */
int options_seconds(const char *option, const char *text, int64_t least, int64_t most, int64_t *out,
                    struct err *err);

/* A whole number from least to most; likewise. */
int options_number(const char *option, const char *text, int64_t least, int64_t most, int64_t *out,
                   struct err *err);

/* A moment of the past, in Unix milliseconds: a time, 2026-01-31T12:00:00Z, or how long before now_ms, with s, m, h or d
 * behind the number; likewise. */
int options_past(const char *option, const char *text, int64_t now_ms, int64_t *out, struct err *err);

/* murmur2 or crc32, the value of --partitioner; likewise. */
int options_partitioner(const char *text, enum partitioner *out, struct err *err);

/* The workers' configuration: of the file that --config names, else $CUPBEARER_CONFIG, else OPTIONS_CONFIG; `path` is
 * NULL without --config. NULL with err; config_free it. */
#define OPTIONS_CONFIG "/etc/cupbearer/cupbearer.conf"
struct config *options_config(const char *path, struct err *err);

/* The account that --account names, as the configuration has it; NULL with ERR_USAGE where it has none of that name. */
const char *options_account(const struct config *config, const char *name, struct err *err);

#endif
