/* The routes' own code, each a gate_handler. */
#ifndef GATE_HANDLERS_H
#define GATE_HANDLERS_H

#include "gate/routes.h"

/* GET /healthz: whether events can be published and receipts read. */
gate_handler health_answer;

/* POST /v1/events: a signed record, {"key", "headers", "value"}, as `cupbearer sign` prints it. */
gate_handler events_answer;

/* GET /composer/ and GET /composer/assets/NAME: the page for those who write messages, built in. */
gate_handler composer_page, composer_asset;
/* GET /composer/api/setup: accounts, the key that may write to each, and what else the page must know. */
gate_handler composer_setup;
/* POST /composer/api/lookup: whom Papercups has at an address. */
gate_handler composer_lookup;

#endif
