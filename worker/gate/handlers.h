/* The routes' own code, each a gate_handler. */
#ifndef GATE_HANDLERS_H
#define GATE_HANDLERS_H

#include "gate/routes.h"

/* GET /healthz: whether events can be published and receipts read. */
gate_handler health_answer;

/* POST /v1/events: a signed record, {"key", "headers", "value"}, as `cupbearer sign` prints it. */
gate_handler events_answer;

#endif
