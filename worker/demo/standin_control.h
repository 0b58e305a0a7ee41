/* What tests and demos do to the stand-in under /_standin/ (standin.h says how): faults, counts, looking at what is
 * stored. */
#ifndef DEMO_STANDIN_CONTROL_H
#define DEMO_STANDIN_CONTROL_H

#include "demo/standin_request.h"
#include "demo/standin_store.h"

enum standin_fault_kind {
    STANDIN_FAULT_NONE,
    STANDIN_FAULT_STORED_500,
    STANDIN_FAULT_LOST,
    STANDIN_FAULT_SLOW,
    STANDIN_FAULT_ERROR_500,
    STANDIN_FAULT_STATUS,
};

/* One that was set; the store's mutex guards the list. */
struct standin_fault {
    struct standin_fault *next;
    enum standin_fault_kind kind;
    json_t *json; /* as it was set: the texts below are its own */
    const char *method, *path, *body_contains;
    long long times, delay_ms, retry_after;
    unsigned status;
    char *answer;
};

struct standin_control {
    struct standin_store *store;
    struct standin_fault *faults; /* oldest first */
    uint64_t requests;            /* of the API; guarded by the store's mutex */
};

/* What is to happen to one request. */
struct standin_hit {
    enum standin_fault_kind kind;
    long long delay_ms, retry_after; /* retry_after: seconds, -1 for none */
    unsigned status;
    char *answer; /* to be freed */
};

/* Counts the request and uses up the oldest fault that fits; STANDIN_FAULT_NONE where none does. */
struct standin_hit standin_control_hit(struct standin_control *control,
                                       const struct standin_request *request);
/* Answers a request below /_standin/. */
void standin_control_answer(struct standin_control *control, const struct standin_request *request,
                            struct standin_reply *reply);
void standin_control_done(struct standin_control *control);

/* The part of it that is in standin_faults.c: GET, POST and DELETE of /_standin/faults. */
void standin_faults_answer(struct standin_control *control, const struct standin_request *request,
                           struct standin_reply *reply);

#endif
