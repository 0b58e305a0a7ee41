/* The stand-in's side of libmicrohttpd: requests as they come in piece by piece, replies as they go out, and
 * connections that close as Papercups' do. One thread a connection, so a call may wait. */
#ifndef DEMO_STANDIN_SERVER_H
#define DEMO_STANDIN_SERVER_H

#include <microhttpd.h>

#include "demo/standin/control.h"
#include "http/server/idle.h"

/* What the callbacks get as their closure; they must not outlive it. */
struct standin_http {
    struct standin_store *store;
    struct standin_control *control;
    struct idle *idle;
};

/* MHD_AccessHandlerCallback: called first without a body, then with each piece of it, then once more. */
enum MHD_Result standin_http_request(void *cls, struct MHD_Connection *connection, const char *path,
                                     const char *method, const char *version, const char *upload,
                                     size_t *upload_size, void **state);
/* MHD_RequestCompletedCallback: frees what standin_http_request kept. */
void standin_http_completed(void *cls, struct MHD_Connection *connection, void **state,
                            enum MHD_RequestTerminationCode code);
/* MHD_NotifyConnectionCallback. */
void standin_http_connection(void *cls, struct MHD_Connection *connection, void **context,
                             enum MHD_ConnectionNotificationCode code);

/* Sends the reply, or closes the connection as it says; takes the reply's body. In send.c. */
enum MHD_Result standin_send(struct MHD_Connection *connection, struct standin_reply *reply);

#endif
