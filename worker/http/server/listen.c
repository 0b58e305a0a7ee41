#include "http/server/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/form.h"

/* A socket that listens at the first address of the name that can be had; -1 with errno. */
static int listen_at(const char *host, const char *port, int *why)
{
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int fd = -1, on = 1;
    *why = EADDRNOTAVAIL;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
            bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
            break;
        *why = errno;
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

int listen_open(const char *address, struct err *err)
{
    struct span host, port;
    bool valid = form_listen(span_of(address), &host, &port);
    char *host_text = mem_copy(host), *port_text = mem_copy(port);
    int why = EINVAL;
    int fd = valid ? listen_at(host_text, port_text, &why) : -1;
    free(host_text);
    free(port_text);
    if (fd < 0)
        err_os(err, why, "%.100s cannot be had", address);
    return fd;
}

void listen_url(int fd, char out[LISTEN_URL_SIZE])
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    char host[64] = "", port[8] = "";
    if (getsockname(fd, (struct sockaddr *)&address, &size) == 0)
        getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(out, LISTEN_URL_SIZE, strchr(host, ':') == NULL ? "http://%s:%s" : "http://[%s]:%s", host, port);
}
