/* The composer: the page for those who write messages, and what it asks of the gate. Each route is a gate_handler. */
#ifndef COMPOSER_COMPOSER_H
#define COMPOSER_COMPOSER_H

#include "gate/routes.h"

/* All of the below, for service_new. */
extern const struct route composer_routes[];

/* GET /composer/ and GET /composer/assets/NAME: the page, built in. */
gate_handler composer_page, composer_asset;

/* GET setup: accounts, the key that may write to each, and what else the page must know. */
gate_handler composer_setup;

/* GET messages lists them; PUT messages/NAME saves one, POST messages/NAME/rename, DELETE messages/NAME. */
gate_handler composer_messages, composer_message_save, composer_message_rename, composer_message_delete;

/* POST lookup: the customer that Papercups has at an address. */
gate_handler composer_lookup;

/* POST sign: fills a message and signs it with the gate's key. Nothing is sent. */
gate_handler composer_sign;

/* POST publish: a record that was signed. GET receipt?event_id=...&wait=..., GET history: its outcome. */
gate_handler composer_publish, composer_receipt, composer_history;

/* POST seen: whether the customer has seen the message of an event in the history, by its routing key and its id. */
gate_handler composer_seen;

#endif
