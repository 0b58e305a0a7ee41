/* The routes' own code, each a gate_handler. */
#ifndef GATE_HANDLERS_H
#define GATE_HANDLERS_H

#include "gate/routes.h"

/* GET /healthz: whether this process works; GET /readyz: whether Kafka is reachable, too. They reveal nothing of the installation:
 * anybody may ask. */
gate_handler health_answer;
gate_handler readiness_answer;

/* GET /metrics: what is counted, for Prometheus. */
gate_handler metrics_answer;

/* POST /v1/events: a signed record, {"key", "headers", "value"}, as `cupbearer sign` prints it. */
gate_handler events_answer;

/* POST /v1/send: signs with the gate's own key and publishes. {"payload", "event_id"?} or
 * {"account", "to", "message", "blanks"?, "event_id"?} */
gate_handler send_answer;

/* GET /v1/events/{id}/receipt?wait=SECONDS[&partition=P&offset=O]: 200 with the receipt, 204 where there is none yet. */
gate_handler receipt_answer;

/* GET /v1/events/{id}/seen: 200 with whether its customer has seen the message, 204 where there is no receipt. */
gate_handler seen_answer;

/* GET /v1/receipts: all receipts as they arrive, as server-sent events. */
gate_handler receipts_answer_stream;

/* GET /openapi.json: what there is, for programs; GET /cupbearer.js: what pages call, an ES module. */
gate_handler openapi_answer;
gate_handler module_answer;

#endif
