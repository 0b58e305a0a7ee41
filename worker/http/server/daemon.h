/* libmicrohttpd as all of ours use it, the gate, the worker's admin pages and the stand-in: where it listens, its bounds, and how
 * connections are closed that wait for their client too long. What a request means is theirs. */
#ifndef HTTP_SERVER_DAEMON_H
#define HTTP_SERVER_DAEMON_H

#include <microhttpd.h>

#include "base/err.h"
#include "http/server/idle.h"

struct http_daemon_options {
    int fd;                /* that listens */
    bool threads;          /* one for each connection, so that an answer may wait; else one for all of them */
    unsigned flags;        /* more of MHD_FLAG */
    unsigned connections;  /* at once */
    unsigned of_address;   /* of them, from one address; 0: any number */
    size_t head_bytes;     /* for a request's line and headers; 0: libmicrohttpd's default */
    size_t stack_bytes;    /* of a connection's thread; 0: the system's default */
    struct idle *idle;     /* of idle_init; its thread is started, and idle_done ends it, behind MHD_stop_daemon */
    MHD_AccessHandlerCallback request;
    MHD_RequestCompletedCallback completed;
    /* Calls idle_notify first when one begins, last when it ends; NULL: it is idle_notify. */
    MHD_NotifyConnectionCallback connection;
    void *(*target)(void *context, const char *target, struct MHD_Connection *connection); /* before it is decoded; NULL: none */
    void *context; /* of these */
};

/* MHD_stop_daemon it, which closes the socket. NULL with err: then that is still the caller's. */
struct MHD_Daemon *http_daemon_start(const struct http_daemon_options *options, struct err *err);

#endif
