#include "look/look.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <time.h>

#include "delivery/delivery.h"
#include "http/client/account_site.h"
#include "http/client/http.h"
#include "os/clock.h"
#include "os/mark_secret.h"
#include "papercups/reply.h"
#include "papercups/request.h"
#include "run/preflight.h"

#define FAILURES_MAX     3     /* answers in a row that say nothing of a message, until it is called not read */
#define WAIT_MOST_MS     10000 /* between two tries, whatever Papercups asks for */
#define MISSING_AGAIN_MS 1000  /* another answer counts when it comes this much later */

/* ---- the workers' marks ---- */

static int marks_add(struct look_marks *marks, const char *path, struct err *err)
{
    struct key secret;
    if (path == NULL)
        return 0;
    if (mark_secret_read(path, &secret, err) != 0)
        return -1;
    identity_key_init(&marks->keys[marks->count++], &secret);
    key_done(&secret);
    return 0;
}

int look_marks_init(struct look_marks *marks, const struct config *config, struct err *err)
{
    marks->count = 0;
    return marks_add(marks, config->mark_secret_file, err) != 0 ||
                   marks_add(marks, config->mark_secret_previous_file, err) != 0
               ? -1
               : 0;
}

void look_marks_done(struct look_marks *marks)
{
    for (size_t i = 0; i < marks->count; i++)
        identity_key_done(&marks->keys[i]);
    marks->count = 0;
}

/* ---- accounts ---- */

static bool site_away(struct look_site *site, const char *why)
{
    site->away = true;
    detail_set(&site->why, OUTCOME_NONE, "%s", why);
    return false;
}

void look_open(struct look_site *site, const struct config_account *account, int64_t http_timeout_ms, struct mono until)
{
    struct err err;
    *site = (struct look_site){.account = account, .http_timeout_ms = http_timeout_ms, .until = until};
    randombytes_buf(&site->rng, sizeof(site->rng));
    site->http = account_site_new(account, NULL, &err);
    if (site->http == NULL || account_site_key(site->http, account, &err) != 0)
        site_away(site, err.text);
}

/* For one more request: less as the site's time runs out, and never 0, which would be no limit. */
static int64_t site_time(const struct look_site *site)
{
    int64_t left = site->until.ms - clock_now().mono.ms;
    return left > site->http_timeout_ms ? site->http_timeout_ms : left > 1 ? left : 1;
}

bool look_check(struct look_site *site)
{
    struct err err;
    if (site->away)
        return false;
    return preflight_account(site->account, site->http, site_time(site), &err) == 0 || site_away(site, err.text);
}

void look_close(struct look_site *site)
{
    http_site_free(site->http);
    site->http = NULL;
}

/* ---- one message ---- */

struct look_search {
    struct look_site *site;
    struct delivery delivery;
    struct message message;
    struct identity marks[2];
    size_t mark_count;
    unsigned failures; /* in a row */
    struct look_found *out;
};

static void search_wait(const struct look_site *site, struct mono until)
{
    int64_t ms = mono_earlier(until, site->until).ms - clock_now().mono.ms;
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

static void search_ask(struct look_search *search, const struct call *call, struct answer *answer)
{
    struct look_site *site = search->site;
    const struct config_account *account = site->account;
    struct request request;
    struct reply reply;
    struct buf body;
    request_init(&request, call, &search->message, account->inbox);
    assert(!call_writes(call) && strcmp(request.method, "GET") == 0);
    http_get(site->http, request.path.data, site_time(site), &reply, &body);
    struct question question = message_question(&search->message);
    question.account = span_of(account->papercups_account);
    if (account->inbox != NULL)
        question.inbox = span_of(account->inbox);
    reply_read(&reply, call, search->marks, search->mark_count, &question, answer);
    search->out->timed_out = reply.timed_out;
    buf_done(&body);
    request_done(&request);
}

static void search_step(struct look_search *search, const struct call *call)
{
    struct answer answer;
    struct look_site *site = search->site;
    struct delivery *delivery = &search->delivery;
    delivery_calling(delivery, call, clock_now().mono);
    search_ask(search, call, &answer);
    search->failures = answer.kind == ANSWER_OK ? 0 : search->failures + 1;
    if (answer.kind != ANSWER_OK)
        search->out->why = answer.detail;
    if (search->failures == FAILURES_MAX && answer_is_of_account(&answer))
        site_away(site, answer.detail.text);
    delivery_take(delivery, call, &answer, clock_now().mono, &site->rng);
    answer_done(&answer);
}

static enum shown search_run(struct look_search *search)
{
    struct delivery *delivery = &search->delivery;
    struct call call;
    while (search->failures < FAILURES_MAX) {
        if (delivery->step == STEP_DONE)
            return delivery->outcome == OUTCOME_DELIVERED ? SHOWN_THERE : SHOWN_NOT_READ;
        if (!delivery->unknown)
            return SHOWN_ABSENT;
        if (mono_reached(search->site->until, clock_now().mono)) {
            search->out->timed_out = true;
            return SHOWN_NOT_READ;
        }
        if (delivery_want(delivery, clock_now().mono, &call) == DELIVERY_CALLS)
            search_step(search, &call);
        else
            search_wait(search->site, delivery->wake);
    }
    return SHOWN_NOT_READ;
}

static void search_init(struct look_search *search, struct look_site *site, const struct look_marks *marks,
                        const struct look_event *event, struct look_found *out)
{
    const struct config_account *account = site->account;
    const struct message_options options = {.widget_host = account->widget_host,
                                            .email_given = account->email_given};
    const struct delivery_limits limits = {.http_timeout_ms = site->http_timeout_ms,
                                           .settle_ms = MISSING_AGAIN_MS,
                                           .email_given = account->email_given};
    *search = (struct look_search){.site = site, .out = out};
    for (; search->mark_count < marks->count; search->mark_count++)
        search->marks[search->mark_count] =
            identity_of(&marks->keys[search->mark_count], event->routing_key, event->sender, event->event_id);
    message_init(&search->message, event->payload, &search->marks[0], &options);
    delivery_init(&search->delivery, event->payload, &limits, MONO_NEVER);
    delivery_doubt(&search->delivery, clock_now().mono, 1, "it is only read");
}

static void search_done(struct look_search *search)
{
    delivery_done(&search->delivery);
    message_done(&search->message);
}

void look_find(struct look_site *site, const struct look_marks *marks, const struct look_event *event, struct look_found *out)
{
    struct look_search search;
    *out = (struct look_found){.shown = SHOWN_NOT_READ, .why = site->why};
    if (site->away)
        return;
    search_init(&search, site, marks, event, out);
    out->shown = search_run(&search);
    out->id = search.delivery.message;
    search_done(&search);
}

static void found_unreadable(struct look_found *out, const struct reply *reply)
{
    out->timed_out = reply->timed_out;
    if (reply->transport == TRANSPORT_ANSWERED)
        detail_set(&out->why, OUTCOME_NONE, "Papercups answered %d to the question for message %s", reply->status, out->id.text);
    else
        detail_set(&out->why, OUTCOME_NONE, "no answer: %.*s", SPAN_ARGS(reply->failure));
}

void look_read(struct look_site *site, const struct look_marks *marks, const struct look_event *event, struct look_found *out)
{
    struct look_search search;
    struct buf path, body;
    struct reply reply;
    *out = (struct look_found){.shown = SHOWN_NOT_READ, .id = out->id, .why = site->why};
    if (site->away)
        return;
    search_init(&search, site, marks, event, out);
    buf_init(&path, 100);
    seen_path(&out->id, &path);
    http_get(site->http, path.data, site_time(site), &reply, &body);
    enum seen_found found = seen_read(&reply, &out->id, search.marks, search.mark_count, &search.message, &out->seen);
    out->shown = found == SEEN_THERE ? SHOWN_THERE : found == SEEN_GONE ? SHOWN_ABSENT : SHOWN_NOT_READ;
    if (found == SEEN_UNREADABLE)
        found_unreadable(out, &reply);
    buf_done(&body);
    buf_done(&path);
    search_done(&search);
}
