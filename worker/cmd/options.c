#include "cmd/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "base/time_text.h"
#include "cmd/failure.h"

void options_init(struct options *options, const char *command, const struct option *table, int argc,
                  char **argv)
{
    *options = (struct options){.command = command, .table = table, .argc = argc, .argv = argv};
    opterr = 0;
    optind = 0; /* glibc: begin anew, whoever used it before */
}

static const struct option *options_find(const struct options *options, int val)
{
    for (const struct option *option = options->table; option->name != NULL; option++)
        if (option->val == val)
            return option;
    return NULL;
}

static int options_unknown(const struct options *options, const char *word)
{
    struct nearest nearest;
    struct span name = span_of(word + strspn(word, "-"));
    name.size = strcspn(name.data, "=");
    nearest_init(&nearest, name);
    for (const struct option *option = options->table; option->name != NULL; option++)
        nearest_offer(&nearest, span_of(option->name), option);
    const struct option *meant = nearest_thing(&nearest);
    /* A value may be a secret: only the option's name is repeated. */
    int size = (int)strcspn(word, "=");
    if (meant != NULL)
        failure_usage(options->command, "there is no option %.*s; did you mean --%s?", size > 60 ? 60 : size,
                      word, meant->name);
    else
        failure_usage(options->command, "there is no option %.*s; see %s %s --help",
                      size > 60 ? 60 : size, word, failure_program(), options->command);
    return OPTIONS_MISTAKE;
}

static int options_mistake(const struct options *options, int what)
{
    const struct option *option = options_find(options, optopt);
    const char *word = options->argv[optind - 1];
    if (what == ':' && option != NULL)
        failure_usage(options->command, "--%s needs a value behind it", option->name);
    else if (option != NULL)
        failure_usage(options->command, "--%s takes no value", option->name);
    else if (optopt != 0)
        failure_usage(options->command, "there is no option -%c; see %s %s --help", optopt,
                      failure_program(), options->command);
    else
        options_unknown(options, word);
    return OPTIONS_MISTAKE;
}

int options_next(struct options *options, const char **value)
{
    char letters[64] = ":";
    size_t used = 1;
    for (const struct option *option = options->table; option->name != NULL; option++) {
        if (option->val >= 0x80 || used + 3 > sizeof(letters))
            continue;
        letters[used++] = (char)option->val;
        if (option->has_arg == required_argument)
            letters[used++] = ':';
    }
    letters[used] = 0;
    int val = getopt_long(options->argc, options->argv, letters, options->table, NULL);
    if (val == '?' || val == ':')
        return options_mistake(options, val);
    *value = optarg;
    if (val == OPTIONS_END)
        options->operands = (const char *const *)options->argv + optind;
    return val;
}

/* Digits, at most 15, and a unit. -1 where it is not of that form. */
static int64_t amount_read(const char *text, bool with_unit)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 15)
        return -1;
    int64_t amount = strtoll(text, NULL, 10);
    const char *unit = text + digits;
    if (unit[0] == 0)
        return amount;
    if (!with_unit || unit[1] != 0)
        return -1;
    return unit[0] == 's' ? amount : unit[0] == 'm' ? amount * 60 : unit[0] == 'h' ? amount * 3600 : -1;
}

int options_seconds(const char *option, const char *text, int64_t least, int64_t most, int64_t *out,
                    struct err *err)
{
    int64_t amount = amount_read(text, true);
    if (amount < least || amount > most)
        return err_set(err, ERR_USAGE, "%s needs whole seconds from %lld to %lld, such as %llds, not '%.40s'",
                       option, (long long)least, (long long)most, (long long)(most < 60 ? most : 60), text);
    *out = amount;
    return 0;
}

int options_number(const char *option, const char *text, int64_t least, int64_t most, int64_t *out,
                   struct err *err)
{
    int64_t amount = amount_read(text, false);
    if (amount < least || amount > most)
        return err_set(err, ERR_USAGE, "%s needs a whole number from %lld to %lld, not '%.40s'", option,
                       (long long)least, (long long)most, text);
    *out = amount;
    return 0;
}

int options_past(const char *option, const char *text, int64_t now_ms, int64_t *out, struct err *err)
{
    size_t digits = strspn(text, "0123456789");
    bool days = digits > 0 && digits <= 6 && strcmp(text + digits, "d") == 0;
    int64_t before_s = days ? strtoll(text, NULL, 10) * 86400 : amount_read(text, true);
    if (before_s >= 0 && before_s <= now_ms / 1000 && text[digits] != 0) {
        *out = now_ms - before_s * 1000;
        return 0;
    }
    if (time_text_read(span_of(text), out))
        return 0;
    return err_set(
        err, ERR_USAGE,
        "%s needs a time such as 2026-01-31T12:00:00Z, or how long ago, such as 90m, 24h or 7d, not '%.40s'",
        option, text);
}

int options_partitioner(const char *text, enum partitioner *out, struct err *err)
{
    *out = strcmp(text, "crc32") == 0 ? PARTITIONER_CRC32 : PARTITIONER_MURMUR2;
    if (*out == PARTITIONER_MURMUR2 && strcmp(text, "murmur2") != 0)
        return err_set(err, ERR_USAGE,
                       "--partitioner is murmur2 or crc32, as in the worker's configuration, not '%.40s'",
                       text);
    return 0;
}

struct config *options_config(const char *path, struct err *err)
{
    if (path == NULL)
        path = getenv("CUPBEARER_CONFIG");
    return config_load(path == NULL ? OPTIONS_CONFIG : path, environ, err);
}

const char *options_account(const struct config *config, const char *name, struct err *err)
{
    struct nearest nearest;
    nearest_init(&nearest, span_of(name));
    for (size_t i = 0; i < config->account_count; i++) {
        if (strcmp(config->accounts[i].name, name) == 0)
            return config->accounts[i].name;
        nearest_offer(&nearest, span_of(config->accounts[i].name), config->accounts[i].name);
    }
    const char *meant = nearest_thing(&nearest);
    err_set(err, ERR_USAGE, "--account: the configuration has no account '%.63s'%s%.63s%s", name,
            meant == NULL ? "" : "; did you mean ", meant == NULL ? "" : meant, meant == NULL ? "" : "?");
    return NULL;
}
