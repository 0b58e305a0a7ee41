/* What tests and demos do to the stand-in under /_standin/ (standin.h says how): counts, looking at what is stored,
 * what an agent, a stranger or the widget would do, and the settings of the server. Faults are in faults.h. */
#ifndef DEMO_STANDIN_CONTROL_H
#define DEMO_STANDIN_CONTROL_H

#include <stdatomic.h>

#include "demo/standin/faults.h"
#include "demo/standin/request_reply.h"
#include "demo/standin/service.h"
#include "demo/standin/store.h"

struct standin_control {
    struct standin_store *store;
    struct standin_faults faults;
    struct standin_service service;
    /* Of one connection: how many requests it answers; after how many seconds it closes when it is idle, and when
     * nothing came yet. */
    atomic_uint requests_max, idle_s, fresh_s;
};

void standin_control_init(struct standin_control *control, struct standin_store *store);
void standin_control_done(struct standin_control *control);

/* Answers a request below /_standin/. */
void standin_control_answer(struct standin_control *control, const struct standin_request *request,
                            struct standin_reply *reply);

/* The part of it that is in widget.c: POST of /_standin/widget_customer, widget_message and seen, GET of
 * /_standin/socket. */
void standin_widget_customer(struct standin_store *store, const struct standin_request *request,
                             struct standin_reply *reply);
void standin_widget_message(struct standin_store *store, const struct standin_request *request,
                            struct standin_reply *reply);
void standin_widget_seen(struct standin_store *store, const struct standin_request *request,
                         struct standin_reply *reply);
void standin_widget_listen(struct standin_store *store, const struct standin_request *request,
                           struct standin_reply *reply);

#endif
