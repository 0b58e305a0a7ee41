#include "demo/standin_control.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"

#define DELAY_MAX_MS 600000
#define ANSWER_LIMIT (9U << 20)

static const struct {
    const char *name;
    enum standin_fault_kind kind;
} fault_kinds[] = {
    {"stored_500", STANDIN_FAULT_STORED_500}, {"lost", STANDIN_FAULT_LOST},     {"slow", STANDIN_FAULT_SLOW},
    {"error_500", STANDIN_FAULT_ERROR_500},   {"status", STANDIN_FAULT_STATUS},
};

static const char *const fault_members[] = {"fault",    "method", "path",   "body_contains", "times",
                                            "delay_ms", "status", "answer", "retry_after"};

static void fault_free(struct standin_fault *fault)
{
    json_decref(fault->json);
    free(fault->answer);
    free(fault);
}

/* Takes faults out of the list, all of them. */
static struct standin_fault *faults_take_all(struct standin_control *control)
{
    struct standin_fault *all = control->faults;
    control->faults = NULL;
    return all;
}

static void faults_free(struct standin_fault *fault)
{
    while (fault != NULL) {
        struct standin_fault *next = fault->next;
        fault_free(fault);
        fault = next;
    }
}

void standin_control_done(struct standin_control *control)
{
    faults_free(faults_take_all(control));
}

static bool fault_fits(const struct standin_fault *fault, const struct standin_request *request)
{
    return (strcmp(fault->method, "*") == 0 || standin_request_is(request, fault->method)) &&
           (strcmp(fault->path, "*") == 0 || span_starts(request->path, span_of(fault->path))) &&
           standin_span_has(request->body, fault->body_contains);
}

struct standin_hit standin_control_hit(struct standin_control *control, const struct standin_request *request)
{
    struct standin_hit hit = {.kind = STANDIN_FAULT_NONE, .retry_after = -1};
    standin_store_lock(control->store);
    control->requests++;
    struct standin_fault **link = &control->faults, *used_up = NULL;
    while (*link != NULL && !fault_fits(*link, request))
        link = &(*link)->next;
    if (*link != NULL) {
        struct standin_fault *fault = *link;
        hit = (struct standin_hit){fault->kind, fault->delay_ms, fault->retry_after, fault->status, NULL};
        if (fault->answer != NULL)
            hit.answer = mem_copy(span_of(fault->answer));
        if (--fault->times == 0) {
            *link = fault->next;
            used_up = fault;
        }
    }
    standin_store_unlock(control->store);
    if (used_up != NULL)
        fault_free(used_up);
    return hit;
}

static bool fault_read_number(const json_t *json, const char *name, long long least, long long most,
                              long long *to)
{
    const json_t *value = json_object_get(json, name);
    if (value == NULL)
        return true;
    *to = json_integer_value(value);
    return json_is_integer(value) && *to >= least && *to <= most;
}

static bool fault_read_text(const json_t *json, const char *name, const char **to)
{
    const json_t *value = json_object_get(json, name);
    if (value == NULL)
        return true;
    *to = json_string_value(value);
    return *to != NULL;
}

/* The answer of a "status" fault: the text of a string, any other value as JSON. */
static char *fault_read_answer(const json_t *value)
{
    if (value == NULL)
        return mem_copy(SPAN("{}"));
    if (json_is_string(value))
        return mem_copy(span_of(json_string_value(value)));
    struct buf json;
    buf_init(&json, ANSWER_LIMIT);
    json_write(&json, value);
    char *copy = mem_copy(buf_span(&json));
    buf_done(&json);
    return copy;
}

static bool fault_members_known(json_t *json)
{
    for (void *at = json_object_iter(json); at != NULL; at = json_object_iter_next(json, at)) {
        bool known = false;
        for (size_t i = 0; i < sizeof(fault_members) / sizeof(*fault_members); i++)
            known = known || strcmp(json_object_iter_key(at), fault_members[i]) == 0;
        if (!known)
            return false;
    }
    return true;
}

/* NULL, and *wrong a hint, where the JSON describes none. */
static struct standin_fault *fault_read(const json_t *wanted, const char **wrong)
{
    /* A copy: the request's own is counted down by another thread. */
    json_t *json = json_deep_copy(wanted);
    struct standin_fault *fault = mem_new(1, sizeof(*fault));
    *fault = (struct standin_fault){
        .json = json, .method = "*", .path = "*", .body_contains = "", .times = 1, .retry_after = -1};
    const char *name = NULL;
    long long status = 500;
    *wrong = NULL;
    if (!json_is_object(json) || !fault_members_known(json))
        *wrong = "want an object of the members that worker/demo/standin.h names, and no others";
    else if (!fault_read_text(json, "method", &fault->method) ||
             !fault_read_text(json, "path", &fault->path) ||
             !fault_read_text(json, "body_contains", &fault->body_contains))
        *wrong = "method, path and body_contains are strings";
    else if (!fault_read_number(json, "times", 1, INT32_MAX, &fault->times) ||
             !fault_read_number(json, "delay_ms", 0, DELAY_MAX_MS, &fault->delay_ms) ||
             !fault_read_number(json, "retry_after", 0, INT32_MAX, &fault->retry_after) ||
             !fault_read_number(json, "status", 200, 599, &status))
        *wrong = "times is 1 or more, delay_ms 0 to 600000, retry_after 0 or more, status 200 to 599";
    else if (fault_read_text(json, "fault", &name) && name != NULL)
        for (size_t i = 0; i < sizeof(fault_kinds) / sizeof(*fault_kinds); i++)
            if (strcmp(fault_kinds[i].name, name) == 0)
                fault->kind = fault_kinds[i].kind;
    if (*wrong == NULL && fault->kind == STANDIN_FAULT_NONE)
        *wrong = "fault is one of stored_500, lost, slow, error_500, status";
    if (*wrong != NULL) {
        fault_free(fault);
        return NULL;
    }
    fault->status = (unsigned)status;
    if (fault->kind == STANDIN_FAULT_STATUS)
        fault->answer = fault_read_answer(json_object_get(json, "answer"));
    return fault;
}

static void faults_write(struct standin_control *control, struct buf *out)
{
    buf_add_text(out, "{\"faults\":[");
    standin_store_lock(control->store);
    for (struct standin_fault *fault = control->faults; fault != NULL; fault = fault->next) {
        json_object_set_new(fault->json, "times", json_integer(fault->times));
        if (fault != control->faults)
            buf_add_text(out, ",");
        json_write(out, fault->json);
    }
    standin_store_unlock(control->store);
    buf_add_text(out, "]}");
}

void standin_faults_answer(struct standin_control *control, const struct standin_request *request,
                           struct standin_reply *reply)
{
    if (standin_request_is(request, "DELETE")) {
        standin_store_lock(control->store);
        struct standin_fault *all = faults_take_all(control);
        standin_store_unlock(control->store);
        faults_free(all);
    } else if (standin_request_is(request, "POST")) {
        const char *wrong;
        struct standin_fault *fault = fault_read(request->json, &wrong);
        if (fault == NULL) {
            standin_reply_error(reply, 400, wrong);
            return;
        }
        standin_store_lock(control->store);
        struct standin_fault **link = &control->faults;
        while (*link != NULL)
            link = &(*link)->next;
        *link = fault;
        standin_store_unlock(control->store);
        reply->status = 201;
    } else if (!standin_request_is(request, "GET")) {
        standin_reply_detail(reply, 404);
        return;
    }
    faults_write(control, &reply->body);
}
