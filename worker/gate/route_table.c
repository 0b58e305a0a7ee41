#include "gate/route_table.h"

#include "gate/handlers.h"

const struct route route_table[] = {
    {"GET", "healthz", health_answer, ROUTE_ANY_HOST},
    {"GET", "readyz", readiness_answer, ROUTE_ANY_HOST},
    {"GET", "metrics", metrics_answer, ROUTE_ANY_HOST | ROUTE_METRICS},
    {"GET", "openapi.json", openapi_answer, 0},
    {"GET", "cupbearer.js", module_answer, ROUTE_PAGES},
    {"POST", "v1/events", events_answer, ROUTE_TYPE | ROUTE_PAGES},
    {"POST", "v1/send", send_answer, ROUTE_JSON | ROUTE_TOKEN},
    {"GET", "v1/events/*/receipt", receipt_answer, ROUTE_TOKEN},
    {"GET", "v1/events/*/seen", seen_answer, ROUTE_TOKEN},
    {"GET", "v1/receipts", receipts_answer_stream, ROUTE_TOKEN},
    {0},
};
