/* Sockets that listen where the configuration says. */
#ifndef HTTP_SERVER_LISTEN_H
#define HTTP_SERVER_LISTEN_H

#include "base/err.h"

#define LISTEN_URL_SIZE 96

/* A socket at HOST:PORT or [IPV6]:PORT, as form_listen takes it; the caller closes it. -1 with err, errno in it; the text
 * says only that, and the caller what setting to change. */
int listen_open(const char *address, struct err *err);

/* http://HOST:PORT of what the socket got, in numbers. */
void listen_url(int fd, char out[LISTEN_URL_SIZE]);

#endif
