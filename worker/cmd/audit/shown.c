#include "cmd/audit/shown.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "kafka/record_of.h"

/* An account, and its way to Papercups. */
struct shown_site {
    struct look_site look;
    bool opened, told; /* that it is away */
};

struct audit_shown_reader {
    const struct config *config;
    const struct event_rules *rules;
    struct look_marks marks;
    struct shown_site *sites; /* one of each account */
    bool progress, quiet;     /* on stderr */
    uint64_t looked_for;
};

/* ---- accounts ---- */

static void site_tell_away(const struct audit_shown_reader *reader, struct shown_site *site)
{
    if (!site->look.away || site->told)
        return;
    site->told = true;
    if (!reader->quiet)
        fprintf(stderr, "cupbearer audit: messages of account %s are not read: %s\n", site->look.account->name,
                site->look.why.text);
}

static void site_open(const struct audit_shown_reader *reader, struct shown_site *site,
                      const struct config_account *account)
{
    site->opened = true;
    look_open(&site->look, account, reader->config->http_timeout_ms, MONO_NEVER);
    look_check(&site->look);
    site_tell_away(reader, site);
}

static struct shown_site *site_of(struct audit_shown_reader *reader, struct span name)
{
    const struct config *config = reader->config;
    for (size_t i = 0; i < config->account_count; i++) {
        if (!span_equal(span_of(config->accounts[i].name), name))
            continue;
        if (!reader->sites[i].opened)
            site_open(reader, &reader->sites[i], &config->accounts[i]);
        return &reader->sites[i];
    }
    return NULL;
}

/* ---- one message ---- */

/* `read`: also by itself. */
static void shown_look(struct audit_shown_reader *reader, const struct event *event, struct span key, bool read,
                       struct look_found *out)
{
    const struct look_event wanted = {&event->payload, key, span_of(event->entry->sender), event->envelope.event_id};
    struct shown_site *site = site_of(reader, event->payload.account);
    *out = (struct look_found){.shown = SHOWN_NOT_READ};
    if (site == NULL) {
        detail_set(&out->why, OUTCOME_NONE, "the configuration has no account %.*s", SPAN_ARGS(event->payload.account));
        return;
    }
    look_find(&site->look, &reader->marks, &wanted, out);
    if (read && out->shown == SHOWN_THERE && out->id.text[0] != 0)
        look_read(&site->look, &reader->marks, &wanted, out);
    site_tell_away(reader, site);
}

void audit_shown_look(struct audit_shown_reader *reader, const struct event *event, struct span key, struct look_found *out)
{
    shown_look(reader, event, key, true, out);
}

/* ---- a partition ---- */

struct shown_pass {
    struct audit_shown_reader *reader;
    struct audit *audit;
};

/* Of what is not authentic, or has no payload, no worker posts anything. */
static void shown_record(void *context, const rd_kafka_message_t *message)
{
    struct shown_pass *pass = context;
    struct header headers[RECORD_HEADERS];
    struct record record;
    struct event event;
    struct detail detail;
    record_of(message, headers, &record);
    if (!audit_shown_wants(pass->audit, record.offset))
        return;
    event_open(&event, &record, pass->reader->rules, &detail);
    if (event.authentic && event.has_payload) {
        uint64_t identity = ledger_identity(&pass->audit->rules.ledger, record.key, span_of(event.entry->sender),
                                            event.envelope.event_id);
        struct look_found found;
        shown_look(pass->reader, &event, record.key, false, &found);
        audit_shown(pass->audit, record.offset, identity, found.shown);
        pass->reader->looked_for++;
        if (pass->reader->progress)
            fprintf(stderr, "\rlooked for %llu messages in Papercups ",
                    (unsigned long long)pass->reader->looked_for);
    }
    event_done(&event);
}

int audit_shown_read(struct audit_shown_reader *reader, struct client *events, const struct audit_partition *partition,
                     struct audit *audit, struct err *err)
{
    struct shown_pass pass = {reader, audit};
    const struct scan scan = {reader->config->events_topic, partition->id, partition->span.begin, partition->span.end};
    int result = scan_read(events, &scan, shown_record, &pass, err);
    audit_shown_end(audit);
    if (reader->progress)
        fputs("\r\033[K", stderr);
    return result;
}

/* ---- all of it ---- */

struct audit_shown_reader *audit_shown_new(const struct config *config, const struct event_rules *rules, bool quiet,
                                           struct err *err)
{
    struct audit_shown_reader *reader = mem_new(1, sizeof(*reader));
    reader->config = config;
    reader->rules = rules;
    reader->sites = mem_new(config->account_count, sizeof(*reader->sites));
    reader->quiet = quiet;
    reader->progress = !quiet && isatty(STDERR_FILENO) != 0;
    if (look_marks_init(&reader->marks, config, err) == 0)
        return reader;
    audit_shown_free(reader);
    return NULL;
}

void audit_shown_free(struct audit_shown_reader *reader)
{
    if (reader == NULL)
        return;
    for (size_t i = 0; i < reader->config->account_count; i++)
        look_close(&reader->sites[i].look);
    look_marks_done(&reader->marks);
    free(reader->sites);
    free(reader);
}
