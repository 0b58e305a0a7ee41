/* The calls of Papercups' API, each a function from a request to a reply. The key is checked before; those of the widget
 * ask for none. */
#ifndef DEMO_STANDIN_CALLS_H
#define DEMO_STANDIN_CALLS_H

#include "demo/standin/request_reply.h"
#include "demo/standin/store.h"

struct standin_call {
    struct standin_store *store; /* not locked: the call locks it as briefly as it can */
    const struct standin_request *request;
    struct standin_owner *owner; /* of the key; NULL where the call asks for none */
    struct standin_reply *reply;
};

/* For a call whose path names a row by its id: reads that and locks the store. False where it is no id: then the reply is filled. */
bool standin_call_begins(const struct standin_call *call, char id[STANDIN_ID_SIZE]);
/* `owner` of the row that was found, NULL where there is none. False where it is not the call's own: then the store is unlocked
 * and the reply filled. */
bool standin_call_goes_on(const struct standin_call *call, const struct standin_owner *owner);

struct standin_fields;
/* The account that the body names; NULL where it names none, or one that is not there, which then is a field's error. */
struct standin_owner *standin_call_owner_named(const struct standin_call *call, struct standin_fields *fields);

/* Answers /chat, the page that shows the chat of a customer of the first account as Papercups' widget would, /chat/NAME,
 * its style and scripts, and /chat/account. */
void standin_chat_answer(struct standin_store *store, const struct standin_request *request,
                         struct standin_reply *reply);

/* Finds the call of a request to the API, checks the key and fills the reply. */
void standin_route(struct standin_store *store, const struct standin_request *request,
                   struct standin_reply *reply);

void standin_me(const struct standin_call *call);

void standin_customers_identify(const struct standin_call *call);
void standin_customers_list(const struct standin_call *call);
void standin_customers_create(const struct standin_call *call);
void standin_customers_show(const struct standin_call *call);
void standin_customers_update(const struct standin_call *call);

void standin_conversations_list(const struct standin_call *call);
void standin_conversations_of_customer(const struct standin_call *call);
void standin_conversations_create(const struct standin_call *call);
void standin_conversations_show(const struct standin_call *call);
void standin_conversations_update(const struct standin_call *call);

void standin_messages_list(const struct standin_call *call);
void standin_messages_create(const struct standin_call *call);
void standin_messages_show(const struct standin_call *call);
void standin_messages_update(const struct standin_call *call);
void standin_messages_delete(const struct standin_call *call);

/* The row that the widget takes: of those with this external_id, and with this host and e-mail where these are given
 * (SPAN_NONE or empty: any), the latest updated; of several within one second the first made. NULL where there is none.
 * The store is locked. */
struct standin_customer *standin_customer_identify(struct standin_store *store,
                                                   const struct standin_owner *owner, struct span external_id,
                                                   struct span host, struct span email);

/* The page of /conversations/all/ID, to which the composer links. False where that is not asked for, or not there. */
bool standin_dashboard(struct standin_store *store, const struct standin_request *request, struct standin_reply *reply);

/* What an agent does in the dashboard, the store locked. Whether it is "close", "reopen" or "archive". */
bool standin_agent_can(const char *act);
/* Does what standin_agent_can knows. */
void standin_agent_does(struct standin_store *store, struct standin_conversation *conversation,
                        const char *act);
/* The conversation that a request of the API is about: the one of its path, body or query, else the newest of the
 * customer there. NULL where there is none. */
struct standin_conversation *standin_agent_finds(struct standin_store *store,
                                                 const struct standin_request *request);

/* A message's own members, for a message in a conversation too; the rest of the draft is the caller's. */
void standin_message_read(struct standin_fields *fields, struct standin_message *draft);
/* What such drafts own, where they were not stored. */
void standin_message_discard(struct standin_message *draft);
void standin_customer_discard(struct standin_customer *draft);

#endif
