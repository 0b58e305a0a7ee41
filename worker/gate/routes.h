/* Which route a request takes, by its method and path, and what must hold before that route's own code runs. */
#ifndef GATE_ROUTES_H
#define GATE_ROUTES_H

#include "gate/gate.h"

typedef void gate_handler(struct gate *gate, const struct gate_request *request, struct gate_reply *reply);

enum route_flag {
    ROUTE_JSON = 1,     /* the body is a JSON object and says so: request->json */
    ROUTE_TYPE = 8,     /* only says so: the route reads it itself */
    ROUTE_TOKEN = 16,   /* wants "Authorization: Bearer TOKEN": request->token */
    ROUTE_PAGES = 2,    /* pages of other origins may call it: those of any account in the configuration */
    ROUTE_ANY_HOST = 32, /* any Host: a health check cannot set it */
    ROUTE_METRICS = 64,  /* wants a token that may read metrics, unless only this machine reaches the gate */
    ROUTE_COMPOSER = 4, /* wants the start token in X-Cupbearer-Token, and for changes our own Origin */
};

struct route {
    const char *method;
    const char *pattern; /* as target_is takes it */
    gate_handler *handle;
    unsigned flags;
};

/* http_answer of the gate; `gate` is a struct gate *. */
void routes_answer(void *gate, struct gate_request *request, struct gate_reply *reply);

/* http_answered of the gate. */
void routes_answered(void *gate, const struct gate_reply *reply);

/* What the route of that number is called, as struct route has it; 0 is for what has none. False where there are no more. */
bool routes_name(const struct gate *gate, unsigned number, const char **method, const char **path);

#endif
