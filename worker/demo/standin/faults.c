#include "demo/standin/faults.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "demo/standin/calls.h"

/* The store is locked. */
static void fault_release(struct standin_fault *fault)
{
    if (--fault->holders == 0)
        standin_fault_free(fault);
}

/* The store is locked, or nothing else is left that could hold it. */
static void faults_clear(struct standin_faults *faults)
{
    while (faults->first != NULL) {
        struct standin_fault *fault = faults->first;
        faults->first = fault->next;
        fault_release(fault);
    }
}

void standin_faults_done(struct standin_faults *faults)
{
    faults_clear(faults);
}

static bool fault_fits(const struct standin_fault *fault, const struct standin_request *request)
{
    if (fault->kind == STANDIN_FAULT_CLOSE_IDLE && !request->reused)
        return false;
    if (fault->key != NULL && !span_equal(standin_request_key(request), span_of(fault->key)))
        return false;
    return (strcmp(fault->method, "*") == 0 || standin_request_is(request, fault->method)) &&
           (strcmp(fault->path, "*") == 0 || span_starts(request->path, span_of(fault->path))) &&
           standin_span_has(request->body, fault->body_contains);
}

/* True where it does not happen to this request: it does not fit, or is one of those that it skips. */
static bool fault_passes(struct standin_fault *fault, const struct standin_request *request)
{
    if (!fault_fits(fault, request))
        return true;
    bool skips = fault->skip > 0;
    fault->skip -= skips;
    return skips;
}

/* Uses up the oldest fault that fits: held until fault_release. NULL where none does. The store is locked. */
static struct standin_fault *faults_take(struct standin_faults *faults, const struct standin_request *request)
{
    struct standin_fault **link = &faults->first;
    while (*link != NULL && fault_passes(*link, request))
        link = &(*link)->next;
    struct standin_fault *fault = *link;
    if (fault == NULL)
        return NULL;
    fault->holders++;
    if (fault->times > 0 && --fault->times == 0) {
        *link = fault->next;
        fault_release(fault);
    }
    return fault;
}

static void reply_redirect(const struct standin_fault *fault, const struct standin_request *request,
                           struct standin_reply *reply)
{
    standin_reply_empty(reply, (unsigned)fault->status);
    if (fault->location != NULL)
        snprintf(reply->location, sizeof(reply->location), "%s", fault->location);
    else
        snprintf(reply->location, sizeof(reply->location), "https://%.*s%.*s", SPAN_ARGS(request->host),
                 SPAN_ARGS(request->path));
}

/* A string of that many MB, or so many objects one in the other: JSON, and nothing that a client should keep. */
static void reply_swell(const struct standin_fault *fault, struct standin_reply *reply)
{
    static const char block[] = "cupbearercupbearercupbearercupbearercupbearercupbearercupbearer!";
    buf_clear(&reply->body);
    if (fault->kind == STANDIN_FAULT_HUGE) {
        buf_add_text(&reply->body, "{\"data\":\"");
        for (long long left = fault->size_mb << 20; left > 0; left -= 64)
            buf_add(&reply->body, block, 64);
        buf_add_text(&reply->body, "\"}");
        return;
    }
    for (long long i = 0; i < fault->depth; i++)
        buf_add_text(&reply->body, "{\"data\":");
    buf_add_text(&reply->body, "null");
    for (long long i = 0; i < fault->depth; i++)
        buf_add(&reply->body, "}", 1);
}

static void reply_status(const struct standin_fault *fault, struct standin_reply *reply)
{
    standin_reply_detail(reply, (unsigned)fault->status);
    if (fault->answer == NULL)
        return;
    buf_clear(&reply->body);
    buf_add_text(&reply->body, fault->answer);
}

static void reply_html(const struct standin_fault *fault, struct standin_reply *reply)
{
    standin_reply_html(reply);
    reply->status = (unsigned)fault->status;
    if (fault->answer == NULL)
        return;
    buf_clear(&reply->body);
    buf_add_text(&reply->body, fault->answer);
}

static void reply_mark(struct standin_reply *reply)
{
    char *body = mem_copy(buf_span(&reply->body));
    size_t size = reply->body.size;
    buf_clear(&reply->body);
    buf_add_text(&reply->body, "\xef\xbb\xbf");
    buf_add(&reply->body, body, size);
    free(body);
}

/* Makes of Papercups' own answer, if the request was let take effect, what the fault says. */
static void fault_shape(const struct standin_fault *fault, const struct standin_request *request,
                        struct standin_reply *reply)
{
    switch (fault->kind) {
    case STANDIN_FAULT_STORED_500:
    case STANDIN_FAULT_ERROR_500:
        standin_reply_detail(reply, 500);
        break;
    case STANDIN_FAULT_STATUS:
        reply_status(fault, reply);
        break;
    case STANDIN_FAULT_UNAUTHORIZED:
        standin_reply_unauthenticated(reply);
        break;
    case STANDIN_FAULT_REDIRECT:
        reply_redirect(fault, request, reply);
        break;
    case STANDIN_FAULT_HTML:
        reply_html(fault, reply);
        break;
    case STANDIN_FAULT_TRUNCATED:
        reply->missing = reply->body.size - reply->body.size / 2;
        break;
    case STANDIN_FAULT_HUGE:
    case STANDIN_FAULT_DEEP:
        reply_swell(fault, reply);
        break;
    case STANDIN_FAULT_LOST:
    case STANDIN_FAULT_CLOSE_IDLE:
        reply->end = STANDIN_LOST;
        break;
    case STANDIN_FAULT_RESET:
        reply->end = STANDIN_RESET;
        break;
    case STANDIN_FAULT_SLOW:
    case STANDIN_FAULT_LATE:
    case STANDIN_FAULT_SWAPPED:
        break;
    }
    if (fault->empty)
        standin_reply_empty(reply, reply->status);
    if (fault->type != NULL)
        snprintf(reply->other_type, sizeof(reply->other_type), "%s", fault->type);
    if (fault->bom)
        reply_mark(reply);
    if (fault->retry_after != NULL)
        snprintf(reply->retry_after, sizeof(reply->retry_after), "%s", fault->retry_after);
}

static void fault_act(const struct standin_fault *fault, struct standin_store *store,
                      const struct standin_request *request)
{
    if (fault->agent == NULL)
        return;
    standin_store_lock(store);
    struct standin_conversation *conversation =
        fault->conversation_id == NULL ? standin_agent_finds(store, request)
                                       : standin_store_conversation(store, fault->conversation_id);
    if (conversation != NULL)
        standin_agent_does(store, conversation, fault->agent);
    standin_store_unlock(store);
}

/* The body of the good answer to another question, as a cache would give it that takes the two for one. */
static void fault_swap(const struct standin_fault *fault, struct standin_store *store,
                       const struct standin_request *request, struct standin_reply *reply)
{
    struct span query = span_of(fault->of), path = span_cut(&query, '?');
    struct standin_request other = {.method = SPAN("GET"), .authorization = request->authorization};
    standin_request_set_path(&other, path);
    while (query.size > 0 && other.param_count < STANDIN_PARAMS_MAX) {
        struct span value = span_cut(&query, '&'), name = span_cut(&value, '=');
        other.params[other.param_count++] = (struct http_value){name, value};
    }
    unsigned status = reply->status;
    buf_clear(&reply->body);
    standin_route(store, &other, reply);
    reply->status = reply->status == 200 ? status : reply->status;
}

static void fault_happen(const struct standin_fault *fault, unsigned others, struct standin_store *store,
                         const struct standin_request *request, struct standin_reply *reply)
{
    long long wait_ms = fault->delay_ms + fault->busy_ms * others;
    if (wait_ms > 0 && fault->kind == STANDIN_FAULT_LATE)
        standin_store_pause(store, wait_ms);
    if (fault->agent_first)
        fault_act(fault, store, request);
    if (standin_fault_lets(fault))
        standin_route(store, request, reply);
    if (!fault->agent_first)
        fault_act(fault, store, request);
    if (wait_ms > 0 && fault->kind != STANDIN_FAULT_LATE)
        standin_store_pause(store, wait_ms);
    if (fault->kind == STANDIN_FAULT_SWAPPED)
        fault_swap(fault, store, request, reply);
    fault_shape(fault, request, reply);
}

void standin_faults_route(struct standin_faults *faults, struct standin_store *store,
                          const struct standin_request *request, struct standin_reply *reply)
{
    faults->requests += span_starts(request->path, SPAN("/api/v1/"));
    unsigned others = atomic_fetch_add(&faults->under_way, 1);
    standin_store_lock(store);
    struct standin_fault *fault = faults_take(faults, request);
    standin_store_unlock(store);
    if (fault == NULL) {
        standin_route(store, request, reply);
    } else {
        fault_happen(fault, others, store, request, reply);
        standin_store_lock(store);
        fault_release(fault);
        standin_store_unlock(store);
    }
    faults->under_way--;
}

/* The store is locked. */
static void faults_write(const struct standin_faults *faults, struct buf *out)
{
    buf_add_text(out, "{\"faults\":[");
    for (struct standin_fault *fault = faults->first; fault != NULL; fault = fault->next) {
        json_object_set_new(fault->json, "times", json_integer(fault->times));
        json_object_set_new(fault->json, "skip", json_integer(fault->skip));
        if (fault != faults->first)
            buf_add_text(out, ",");
        json_write(out, fault->json);
    }
    buf_add_text(out, "]}");
}

void standin_faults_answer(struct standin_faults *faults, struct standin_store *store,
                           const struct standin_request *request, struct standin_reply *reply)
{
    struct standin_fault *added = NULL;
    if (standin_request_is(request, "POST")) {
        const char *wrong;
        added = standin_fault_read(request->json, &wrong);
        if (added == NULL) {
            standin_reply_error(reply, 400, wrong);
            return;
        }
        reply->status = 201;
    } else if (!standin_request_is(request, "GET") && !standin_request_is(request, "DELETE")) {
        standin_reply_detail(reply, 404);
        return;
    }
    standin_store_lock(store);
    if (standin_request_is(request, "DELETE"))
        faults_clear(faults);
    struct standin_fault **link = &faults->first;
    while (*link != NULL)
        link = &(*link)->next;
    *link = added;
    faults_write(faults, &reply->body);
    standin_store_unlock(store);
}
