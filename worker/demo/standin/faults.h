/* Faults on demand: a list of them, oldest first, of which each request of the API uses up the oldest one that fits it.
 * standin.h says what each kind does. The store's mutex guards the list. */
#ifndef DEMO_STANDIN_FAULTS_H
#define DEMO_STANDIN_FAULTS_H

#include <stdatomic.h>

#include "demo/standin/request_reply.h"
#include "demo/standin/store.h"

enum standin_fault_kind {
    STANDIN_FAULT_STORED_500,
    STANDIN_FAULT_ERROR_500,
    STANDIN_FAULT_STATUS,
    STANDIN_FAULT_UNAUTHORIZED,
    STANDIN_FAULT_REDIRECT,
    STANDIN_FAULT_HTML,
    STANDIN_FAULT_TRUNCATED,
    STANDIN_FAULT_HUGE,
    STANDIN_FAULT_DEEP,
    STANDIN_FAULT_LOST,
    STANDIN_FAULT_CLOSE_IDLE,
    STANDIN_FAULT_RESET,
    STANDIN_FAULT_SLOW,
    STANDIN_FAULT_LATE,
    STANDIN_FAULT_SWAPPED,
};

/* One that was set. All but `times` and `skip` stays as it is, so that who holds it may read it without the mutex. */
struct standin_fault {
    struct standin_fault *next;
    unsigned holders; /* the list, and each request that it happens to */
    enum standin_fault_kind kind;
    json_t *json;                                                     /* as it was set */
    const char *method, *path, *body_contains, *key, *location;       /* of json, or static */
    const char *agent, *conversation_id, *of, *type;                  /* NULL: none */
    long long times, skip, delay_ms, busy_ms, status, size_mb, depth; /* times: 0 until cleared */
    char *answer, *retry_after;                                       /* NULL: none */
    bool empty, agent_first, stored, bom;
};

struct standin_faults {
    struct standin_fault *first;
    atomic_ullong requests; /* of /api/v1, so far: the widget's are not counted */
    atomic_uint under_way;  /* those of the API, the widget's too, that are not answered yet */
};

void standin_faults_done(struct standin_faults *faults);

/* Answers a request of the API: as Papercups would, or as the oldest fault that fits says. */
void standin_faults_route(struct standin_faults *faults, struct standin_store *store,
                          const struct standin_request *request, struct standin_reply *reply);
/* GET, POST and DELETE of /_standin/faults. */
void standin_faults_answer(struct standin_faults *faults, struct standin_store *store,
                           const struct standin_request *request, struct standin_reply *reply);

/* A fault as JSON describes it, with one holder; NULL, and *wrong a hint, where it describes none. */
struct standin_fault *standin_fault_read(const json_t *wanted, const char **wrong);
void standin_fault_free(struct standin_fault *fault);
/* Whether it lets the request take effect. */
bool standin_fault_lets(const struct standin_fault *fault);

#endif
