/* The stand-in's chat page and what it talks to: what Papercups' widget would show to a customer of the first account,
 * and the customer's own messages. Live by long polling: an answer comes when something changed, at the latest after
 * 25 s. */
#ifndef DEMO_STANDIN_CHAT_H
#define DEMO_STANDIN_CHAT_H

#include "demo/standin_request.h"
#include "demo/standin_store.h"

/* Answers /chat (the page), /chat/NAME (its style and scripts), GET /chat/data?external_id=E&version=V (waits while the
 * version is V still), and POST, each with the "external_id": /chat/message {"body", "metadata"?}, as the customer;
 * /chat/identify, which makes the row where the widget finds none; /chat/seen, when what is not the customer's own was
 * looked at. */
void standin_chat_answer(struct standin_store *store, const struct standin_request *request,
                         struct standin_reply *reply);

#endif
