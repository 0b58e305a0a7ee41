#include "demo/standin/faults.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "demo/standin/calls.h"

#define DELAY_MAX_MS 600000
#define SIZE_MAX_MB  200
#define DEPTH_MAX    10000000
#define TEXT_LIMIT   (9U << 20) /* bytes of an answer */

static const struct {
    const char *name;
    bool lets; /* the request take effect */
} fault_kinds[] = {
    [STANDIN_FAULT_STORED_500] = {"stored_500", true},
    [STANDIN_FAULT_ERROR_500] = {"error_500", false},
    [STANDIN_FAULT_STATUS] = {"status", false},
    [STANDIN_FAULT_UNAUTHORIZED] = {"unauthorized", false},
    [STANDIN_FAULT_REDIRECT] = {"redirect", false},
    [STANDIN_FAULT_HTML] = {"html", false},
    [STANDIN_FAULT_TRUNCATED] = {"truncated", true},
    [STANDIN_FAULT_HUGE] = {"huge", true},
    [STANDIN_FAULT_DEEP] = {"deep", true},
    [STANDIN_FAULT_LOST] = {"lost", true},
    [STANDIN_FAULT_CLOSE_IDLE] = {"close_idle", true},
    [STANDIN_FAULT_RESET] = {"reset", false},
    [STANDIN_FAULT_SLOW] = {"slow", true},
    [STANDIN_FAULT_LATE] = {"late", true},
    [STANDIN_FAULT_SWAPPED] = {"swapped", true},
};

static const char *const fault_members[] = {
    "fault",  "method",      "path",           "body_contains", "key",     "times", "delay_ms", "busy_ms",
    "status", "answer",      "retry_after",    "location",      "size_mb", "depth", "empty",    "skip",
    "agent",  "agent_first", "conversation_id", "of", "stored", "type", "bom"};

bool standin_fault_lets(const struct standin_fault *fault)
{
    return fault_kinds[fault->kind].lets || fault->stored;
}

void standin_fault_free(struct standin_fault *fault)
{
    json_decref(fault->json);
    free(fault->answer);
    free(fault->retry_after);
    free(fault);
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

static bool fault_read_bool(const json_t *json, const char *name, bool *to)
{
    const json_t *value = json_object_get(json, name);
    *to = json_is_true(value);
    return value == NULL || json_is_boolean(value);
}

/* The text of a string, any other value as JSON; NULL where there is none. */
static char *fault_copy_value(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);
    if (value == NULL)
        return NULL;
    if (json_is_string(value))
        return mem_copy(span_of(json_string_value(value)));
    struct buf text;
    buf_init(&text, TEXT_LIMIT);
    json_write(&text, value);
    char *copy = mem_copy(buf_span(&text));
    buf_done(&text);
    return copy;
}

static bool fault_read_kind(const json_t *json, enum standin_fault_kind *kind)
{
    const char *name = json_string_value(json_object_get(json, "fault"));
    for (size_t i = 0; name != NULL && i < sizeof(fault_kinds) / sizeof(*fault_kinds); i++) {
        if (strcmp(fault_kinds[i].name, name) == 0) {
            *kind = (enum standin_fault_kind)i;
            return true;
        }
    }
    return false;
}

/* What is wrong with the JSON, or NULL once the fault is filled. */
static const char *fault_fill(struct standin_fault *fault)
{
    json_t *json = fault->json;
    if (!json_is_object(json) || !fault_members_known(json))
        return "want an object of the members that worker/demo/standin.h names, and no others";
    if (!fault_read_kind(json, &fault->kind))
        return "fault is one of those that worker/demo/standin.h names";
    if (!fault_read_text(json, "method", &fault->method) || !fault_read_text(json, "path", &fault->path) ||
        !fault_read_text(json, "body_contains", &fault->body_contains) ||
        !fault_read_text(json, "key", &fault->key) || !fault_read_text(json, "location", &fault->location) ||
        !fault_read_text(json, "agent", &fault->agent) ||
        !fault_read_text(json, "conversation_id", &fault->conversation_id) ||
        !fault_read_text(json, "of", &fault->of) || !fault_read_text(json, "type", &fault->type))
        return "method, path, body_contains, key, location, agent, conversation_id, of and type are strings";
    if ((fault->of != NULL) != (fault->kind == STANDIN_FAULT_SWAPPED))
        return "swapped needs of, the path whose answer it gives, and no other kind has it";
    if (fault->agent != NULL && !standin_agent_can(fault->agent))
        return "agent is close, reopen or archive";
    fault->status = fault->kind == STANDIN_FAULT_REDIRECT ? 301 : fault->kind == STANDIN_FAULT_HTML ? 200 : 500;
    if (!fault_read_number(json, "times", 0, INT32_MAX, &fault->times) ||
        !fault_read_number(json, "skip", 0, INT32_MAX, &fault->skip) ||
        !fault_read_number(json, "delay_ms", 0, DELAY_MAX_MS, &fault->delay_ms) ||
        !fault_read_number(json, "busy_ms", 0, DELAY_MAX_MS, &fault->busy_ms) ||
        !fault_read_number(json, "status", 200, 599, &fault->status) ||
        !fault_read_number(json, "size_mb", 1, SIZE_MAX_MB, &fault->size_mb) ||
        !fault_read_number(json, "depth", 1, DEPTH_MAX, &fault->depth))
        return "times and skip are 0 or more, delay_ms and busy_ms 0 to 600000, status 200 to 599, size_mb 1 "
               "to 200, "
               "depth 1 "
               "to 10000000";
    const json_t *retry_after = json_object_get(json, "retry_after");
    if (retry_after != NULL && !json_is_integer(retry_after) && !json_is_string(retry_after))
        return "retry_after is a number or a string";
    if (!fault_read_bool(json, "empty", &fault->empty) ||
        !fault_read_bool(json, "agent_first", &fault->agent_first) ||
        !fault_read_bool(json, "stored", &fault->stored) || !fault_read_bool(json, "bom", &fault->bom))
        return "empty, agent_first, stored and bom are true or false";
    if (fault->stored && fault->kind != STANDIN_FAULT_STATUS && fault->kind != STANDIN_FAULT_HTML)
        return "stored is for status and html";
    fault->answer = fault_copy_value(json, "answer");
    fault->retry_after = fault_copy_value(json, "retry_after");
    return NULL;
}

struct standin_fault *standin_fault_read(const json_t *wanted, const char **wrong)
{
    struct standin_fault *fault = mem_new(1, sizeof(*fault));
    *fault = (struct standin_fault){.holders = 1,
                                    .method = "*",
                                    .path = "*",
                                    .body_contains = "",
                                    .times = 1,
                                    .size_mb = 100,
                                    .depth = 100000};
    /* A copy: the request's own is counted down by another thread. */
    fault->json = json_deep_copy(wanted);
    *wrong = fault_fill(fault);
    if (*wrong == NULL)
        return fault;
    standin_fault_free(fault);
    return NULL;
}
