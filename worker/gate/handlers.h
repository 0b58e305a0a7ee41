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
/* /composer/api/messages: GET lists them; PUT NAME saves one, POST NAME/rename, DELETE NAME. */
gate_handler composer_messages, composer_message_save, composer_message_rename, composer_message_delete;
/* POST /composer/api/lookup: whom Papercups has at an address. */
gate_handler composer_lookup;
/* POST /composer/api/sign: fills a message and signs it with the gate's key. Nothing is sent. */
gate_handler composer_sign;
/* POST /composer/api/publish: a record that was signed. GET receipt?event_id=…&wait=…; GET history. */
gate_handler composer_publish, composer_receipt, composer_history;

#endif
