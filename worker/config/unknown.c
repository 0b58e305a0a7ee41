#include "config/settings.h"

#include "base/nearest.h"

#define COMMITS "the worker sets it itself: an offset is committed only once its receipt is acknowledged"
#define RECEIPTS                                                                                             \
    "the worker sets it itself: a receipt counts once all in-sync replicas have it, and is written once"
#define TOGETHER "the worker sets it itself: how partitions change hands is part of \"never twice\""
#define INLINE   "keys and certificates are read from files; set "

/* What would break the guarantee, put a secret into the configuration, or run somebody's code. */
static const struct refusal {
    const char *name;
    const char *why;
} refusals[] = {
    {"sasl.password", "write it to a file and set sasl.password_file"},
    {"sasl.oauthbearer.client.secret", "write it to a file and set sasl.oauthbearer.client.secret_file"},
    {"ssl.key.password", "write it to a file and set ssl.key.password_file"},
    {"ssl.key.pem", INLINE "ssl.key.location"},
    {"ssl.certificate.pem", INLINE "ssl.certificate.location"},
    {"ssl.ca.pem", INLINE "ssl.ca.location"},
    {"metadata.broker.list", "set bootstrap_servers"},
    {"enable.auto.commit", COMMITS},
    {"auto.commit.enable", COMMITS},
    {"auto.commit.interval.ms", COMMITS},
    {"enable.auto.offset.store", COMMITS},
    {"auto.offset.reset",
     "the worker sets it itself: an offset out of range is an alarm, never a silent jump"},
    {"isolation.level", "the worker sets it itself: an aborted transaction's events must not be delivered"},
    {"enable.idempotence", RECEIPTS},
    {"acks", RECEIPTS},
    {"request.required.acks", RECEIPTS},
    {"retries", RECEIPTS},
    {"message.send.max.retries", RECEIPTS},
    {"max.in.flight", RECEIPTS},
    {"max.in.flight.requests.per.connection", RECEIPTS},
    {"message.timeout.ms", RECEIPTS},
    {"delivery.timeout.ms", RECEIPTS},
    {"transactional.id", RECEIPTS},
    {"partition.assignment.strategy", TOGETHER},
    {"group.protocol", TOGETHER},
    {"group.remote.assignor", TOGETHER},
    {"allow.auto.create.topics", "the worker sets it itself: a misspelt topic must not come into being"},
    {"plugin.library.paths", "it would load code into the worker"},
    {"sasl.kerberos.kinit.cmd", "it would run a command of the configuration"},
};

const char *setting_refused(struct span name)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (nearest_same(name, span_of(refusals[i].name)))
            return refusals[i].why;
    return NULL;
}

/* So much of a name as leaves room for the rest of the line. */
static struct span name_shown(struct span name)
{
    return (struct span){name.data, name.size > 80 ? 80 : name.size};
}

int section_unknown(struct span name, struct err *err)
{
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (unsigned i = 0; i < SECTION_COUNT; i++) {
        const char *known = section_name((enum config_section)i);
        struct span word = span_of(known);
        nearest_offer(&nearest, span_cut(&word, ' '), known);
    }
    name = name_shown(name);
    const char *meant = nearest_thing(&nearest);
    if (meant != NULL)
        return err_set(err, ERR_USAGE, "unknown section [%.*s]; did you mean [%s]?", SPAN_ARGS(name), meant);
    struct buf known;
    buf_init(&known, sizeof(err->text) / 2);
    for (unsigned i = 0; i < SECTION_COUNT; i++)
        buf_printf(&known, "%s[%s]", i == 0 ? "" : i == SECTION_COUNT - 1 ? " and " : ", ",
                   section_name((enum config_section)i));
    err_set(err, ERR_USAGE, "unknown section [%.*s]; there are %s", SPAN_ARGS(name), known.data);
    buf_done(&known);
    return -1;
}

/* The nearest setting of one section, or with SECTION_COUNT of all. */
static const struct setting *setting_nearest(enum config_section section, struct span name)
{
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (size_t i = 0; i < settings_count; i++)
        if (section == SECTION_COUNT || settings[i].section == section)
            nearest_offer(&nearest, span_of(settings[i].name), &settings[i]);
    return nearest_thing(&nearest);
}

/* No name is near: lists the settings of the section, but of [kafka], which has too many for one line. */
static int setting_listed(enum config_section section, struct span name, struct err *err)
{
    struct buf known;
    buf_init(&known, sizeof(err->text) / 2);
    for (size_t i = 0; section != SECTION_KAFKA && i < settings_count; i++)
        if (settings[i].section == section)
            buf_printf(&known, "%s%s", known.size == 0 ? "there are " : ", ", settings[i].name);
    bool all = known.size > 0 && !known.failed;
    err_set(err, ERR_USAGE, "unknown setting \"%.*s\" in [%s]; %s", SPAN_ARGS(name), section_name(section),
            all ? known.data : "deploy/cupbearer.conf has all that can be set");
    buf_done(&known);
    return -1;
}

int setting_unknown(enum config_section section, struct span name, struct err *err)
{
    struct span shown = name_shown(name);
    const char *here = section_name(section);
    for (size_t i = 0; i < settings_count; i++)
        if (span_equal(name, span_of(settings[i].name)))
            return err_set(err, ERR_USAGE, "setting \"%s\" belongs in [%s], not in [%s]", settings[i].name,
                           section_name(settings[i].section), here);
    const char *why = setting_refused(name);
    if (why != NULL)
        return err_set(err, ERR_USAGE, "\"%.*s\" cannot be set: %s", SPAN_ARGS(shown), why);
    const struct setting *meant = setting_nearest(section, name);
    if (meant != NULL)
        return err_set(err, ERR_USAGE, "unknown setting \"%.*s\" in [%s]; did you mean \"%s\"?",
                       SPAN_ARGS(shown), here, meant->name);
    meant = setting_nearest(SECTION_COUNT, name);
    if (meant != NULL)
        return err_set(err, ERR_USAGE, "unknown setting \"%.*s\" in [%s]; did you mean \"%s\" in [%s]?",
                       SPAN_ARGS(shown), here, meant->name, section_name(meant->section));
    return setting_listed(section, shown, err);
}
