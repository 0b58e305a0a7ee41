/* Sends replies through libmicrohttpd, with the headers that all of them have. */
#ifndef GATE_HTTP_HTTP_REPLY_H
#define GATE_HTTP_HTTP_REPLY_H

#include <microhttpd.h>

#include "gate/http/request_reply.h"
#include "http/server/idle.h"

/* Sends it, and takes over what it holds. */
enum MHD_Result http_reply_send(struct idle *idle, struct MHD_Connection *connection,
                                struct gate_reply *reply);

#endif
