#include "cmd/audit/shown.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "delivery/delivery.h"
#include "http/client/account_site.h"
#include "http/client/http.h"
#include "kafka/record_of.h"
#include "os/clock.h"
#include "os/mark_secret.h"
#include "papercups/reply.h"
#include "papercups/request.h"
#include "run/preflight.h"

#define FAILURES_MAX     3     /* answers in a row that say nothing of a message, until it is called not read */
#define WAIT_MOST_MS     10000 /* between two tries, whatever Papercups asks for */
#define MISSING_AGAIN_MS 1000  /* another answer counts when it comes this much later */

/* An account's way to Papercups. */
struct shown_site {
    const struct config_account *account;
    struct http_site *http;
    bool opened, away; /* away: nothing more is asked */
    struct detail why;
};

struct audit_shown_reader {
    const struct config *config;
    const struct event_rules *rules;
    struct identity_key marks[2]; /* of the mark secret, and of the one before it */
    size_t mark_count;
    struct shown_site *sites; /* one of each account */
    struct rng rng;
    bool progress, quiet; /* on stderr */
    uint64_t looked_for;
};

/* ---- accounts ---- */

static void site_away(const struct audit_shown_reader *reader, struct shown_site *site, const char *why)
{
    site->away = true;
    detail_set(&site->why, OUTCOME_NONE, "%s", why);
    if (!reader->quiet)
        fprintf(stderr, "cupbearer audit: messages of account %s are not read: %s\n", site->account->name, why);
}

/* The key must be this account's: another one's finds nothing anywhere, and that would look like a proof. */
static void site_open(const struct audit_shown_reader *reader, struct shown_site *site,
                      const struct config_account *account)
{
    struct err err;
    site->opened = true;
    site->account = account;
    site->http = account_site_new(account, NULL, &err);
    if (site->http == NULL || account_site_key(site->http, account, &err) != 0 ||
        preflight_account(account, site->http, reader->config->http_timeout_ms, &err) != 0)
        site_away(reader, site, err.text);
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

struct shown_search {
    struct shown_site *site;
    struct delivery delivery;
    struct message message;
    struct identity marks[2];
    size_t mark_count;
    unsigned failures;  /* in a row */
    struct detail why; /* the last of them */
};

static void search_wait(struct mono until)
{
    int64_t ms = until.ms - clock_now().mono.ms;
    ms = ms > WAIT_MOST_MS ? WAIT_MOST_MS : ms;
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    while (ms > 0 && nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

/* Whether it is about the account, and not about this message. */
static bool answer_is_of_account(const struct answer *answer)
{
    return answer->kind != ANSWER_OK && answer->kind != ANSWER_NOT_FOUND && answer->kind != ANSWER_UNREADABLE &&
           answer->kind != ANSWER_TOO_LARGE;
}

static void search_ask(struct audit_shown_reader *reader, struct shown_search *search, const struct call *call,
                       struct answer *answer)
{
    const struct config_account *account = search->site->account;
    struct request request;
    struct reply reply;
    struct buf body;
    request_init(&request, call, &search->message, account->inbox);
    assert(!call_writes(call) && strcmp(request.method, "GET") == 0);
    http_get(search->site->http, request.path.data, reader->config->http_timeout_ms, &reply, &body);
    struct question question = message_question(&search->message);
    question.account = span_of(account->papercups_account);
    if (account->inbox != NULL)
        question.inbox = span_of(account->inbox);
    reply_read(&reply, call, search->marks, search->mark_count, &question, answer);
    buf_done(&body);
    request_done(&request);
}

static void search_step(struct audit_shown_reader *reader, struct shown_search *search, const struct call *call)
{
    struct answer answer;
    struct delivery *delivery = &search->delivery;
    delivery_calling(delivery, call, clock_now().mono);
    search_ask(reader, search, call, &answer);
    search->failures = answer.kind == ANSWER_OK ? 0 : search->failures + 1;
    if (answer.kind != ANSWER_OK)
        search->why = answer.detail;
    if (search->failures == FAILURES_MAX && answer_is_of_account(&answer))
        site_away(reader, search->site, answer.detail.text);
    delivery_take(delivery, call, &answer, clock_now().mono, &reader->rng);
    answer_done(&answer);
}

static enum shown search_run(struct audit_shown_reader *reader, struct shown_search *search)
{
    struct delivery *delivery = &search->delivery;
    struct call call;
    while (search->failures < FAILURES_MAX) {
        if (delivery->step == STEP_DONE)
            return delivery->outcome == OUTCOME_DELIVERED ? SHOWN_THERE : SHOWN_NOT_READ;
        if (!delivery->unknown)
            return SHOWN_ABSENT;
        if (delivery_want(delivery, clock_now().mono, &call) == DELIVERY_CALLS)
            search_step(reader, search, &call);
        else
            search_wait(delivery->wake);
    }
    return SHOWN_NOT_READ;
}

/* False where its account cannot be asked: `why`. Otherwise search_done it. */
static bool search_init(struct audit_shown_reader *reader, struct shown_search *search, const struct event *event,
                        struct span key)
{
    *search = (struct shown_search){.site = site_of(reader, event->payload.account)};
    if (search->site == NULL)
        detail_set(&search->why, OUTCOME_NONE, "the configuration has no account %.*s", SPAN_ARGS(event->payload.account));
    else
        search->why = search->site->why;
    if (search->site == NULL || search->site->away)
        return false;
    const struct config_account *account = search->site->account;
    const struct message_options options = {.widget_host = account->widget_host,
                                            .email_given = account->email_given};
    const struct delivery_limits limits = {.http_timeout_ms = reader->config->http_timeout_ms,
                                           .settle_ms = MISSING_AGAIN_MS,
                                           .email_given = account->email_given};
    for (; search->mark_count < reader->mark_count; search->mark_count++)
        search->marks[search->mark_count] = identity_of(&reader->marks[search->mark_count], key,
                                                        span_of(event->entry->sender), event->envelope.event_id);
    message_init(&search->message, &event->payload, &search->marks[0], &options);
    delivery_init(&search->delivery, &event->payload, &limits, MONO_NEVER);
    delivery_doubt(&search->delivery, clock_now().mono, 1, "it is only read");
    return true;
}

static void search_done(struct shown_search *search)
{
    delivery_done(&search->delivery);
    message_done(&search->message);
}

static enum shown shown_find(struct audit_shown_reader *reader, const struct event *event, struct span key)
{
    struct shown_search search;
    if (!search_init(reader, &search, event, key))
        return SHOWN_NOT_READ;
    enum shown found = search_run(reader, &search);
    search_done(&search);
    return found;
}

/* The message that was found, by itself: another answer of Papercups, later than the list. */
static void search_look(struct audit_shown_reader *reader, struct shown_search *search, struct shown_message *out)
{
    struct buf path, body;
    struct reply reply;
    buf_init(&path, 100);
    seen_path(&out->id, &path);
    http_get(search->site->http, path.data, reader->config->http_timeout_ms, &reply, &body);
    enum seen_found found = seen_read(&reply, &out->id, search->marks, search->mark_count, &search->message, &out->seen);
    out->shown = found == SEEN_THERE ? SHOWN_THERE : found == SEEN_GONE ? SHOWN_ABSENT : SHOWN_NOT_READ;
    if (found == SEEN_UNREADABLE && reply.transport == TRANSPORT_ANSWERED)
        detail_set(&out->why, OUTCOME_NONE, "Papercups answered %d to the question for message %s", reply.status, out->id.text);
    else if (found == SEEN_UNREADABLE)
        detail_set(&out->why, OUTCOME_NONE, "no answer: %.*s", SPAN_ARGS(reply.failure));
    buf_done(&body);
    buf_done(&path);
}

void audit_shown_look(struct audit_shown_reader *reader, const struct event *event, struct span key,
                      struct shown_message *out)
{
    struct shown_search search;
    *out = (struct shown_message){.shown = SHOWN_NOT_READ};
    if (search_init(reader, &search, event, key)) {
        out->shown = search_run(reader, &search);
        out->id = search.delivery.message;
        if (out->shown == SHOWN_THERE && out->id.text[0] != 0)
            search_look(reader, &search, out);
        search_done(&search);
    }
    if (out->shown == SHOWN_NOT_READ && out->why.text[0] == 0)
        out->why = search.why;
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
        audit_shown(pass->audit, record.offset, identity, shown_find(pass->reader, &event, record.key));
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

static int shown_mark(struct audit_shown_reader *reader, const char *path, struct err *err)
{
    struct key secret;
    if (path == NULL)
        return 0;
    if (mark_secret_read(path, &secret, err) != 0)
        return -1;
    identity_key_init(&reader->marks[reader->mark_count++], &secret);
    key_done(&secret);
    return 0;
}

struct audit_shown_reader *audit_shown_new(const struct config *config, const struct event_rules *rules, bool quiet,
                                           struct err *err)
{
    struct audit_shown_reader *reader = mem_new(1, sizeof(*reader));
    reader->config = config;
    reader->rules = rules;
    reader->sites = mem_new(config->account_count, sizeof(*reader->sites));
    reader->quiet = quiet;
    reader->progress = !quiet && isatty(STDERR_FILENO) != 0;
    randombytes_buf(&reader->rng, sizeof(reader->rng));
    if (shown_mark(reader, config->mark_secret_file, err) == 0 &&
        shown_mark(reader, config->mark_secret_previous_file, err) == 0)
        return reader;
    audit_shown_free(reader);
    return NULL;
}

void audit_shown_free(struct audit_shown_reader *reader)
{
    if (reader == NULL)
        return;
    for (size_t i = 0; i < reader->config->account_count; i++)
        http_site_free(reader->sites[i].http);
    for (size_t i = 0; i < reader->mark_count; i++)
        identity_key_done(&reader->marks[i]);
    free(reader->sites);
    free(reader);
}
