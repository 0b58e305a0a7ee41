#include "http/client/http_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

struct http_socket {
    bool connection; /* made by libcurl for a server; else something of its own, as the resolver's pipe */
    uint32_t wanted; /* what libcurl waits for, as EPOLL*; 0: nothing */
    uint32_t watched;
};

void http_sockets_init(struct http_sockets *sockets, int epoll_fd, uint64_t tag, int64_t timeout_ms)
{
    *sockets = (struct http_sockets){.epoll_fd = epoll_fd, .tag = tag, .timeout_ms = timeout_ms};
}

void http_sockets_done(struct http_sockets *sockets)
{
    free(sockets->list);
    *sockets = (struct http_sockets){0};
}

static struct http_socket *http_sockets_at(struct http_sockets *sockets, curl_socket_t fd)
{
    size_t place = (size_t)fd;
    if (place >= sockets->count) {
        size_t count = place * 2 + 16;
        sockets->list = mem_grow(sockets->list, count, sizeof(*sockets->list));
        memset(sockets->list + sockets->count, 0, (count - sockets->count) * sizeof(*sockets->list));
        sockets->count = count;
    }
    return &sockets->list[place];
}

/* A request given up must not arrive later: closing resets the connection, and data that nobody acknowledges is dropped
 * when we stop waiting for the answer. Corked, a request's head waits for its body, which libcurl sends by a call of its
 * own (before 8.7): one packet, and one wake-up at the other end. */
static int http_sockets_opened(void *context, curl_socket_t fd, curlsocktype purpose)
{
    struct http_sockets *sockets = context;
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    unsigned int user_timeout = (unsigned int)sockets->timeout_ms;
    int on = 1;
    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKOPT_OK;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof(user_timeout));
    setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
    *http_sockets_at(sockets, fd) = (struct http_socket){.connection = true};
    return CURL_SOCKOPT_OK;
}

static int http_sockets_closed(void *context, curl_socket_t fd)
{
    *http_sockets_at(context, fd) = (struct http_socket){0};
    return close(fd); /* which takes it out of epoll */
}

void http_sockets_set(struct http_sockets *sockets, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, http_sockets_opened);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, sockets);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, http_sockets_closed);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, sockets);
}

static void http_sockets_register(struct http_sockets *sockets, curl_socket_t fd, uint32_t events)
{
    struct http_socket *one = http_sockets_at(sockets, fd);
    struct epoll_event event = {.events = events, .data.u64 = sockets->tag | (uint32_t)fd};
    int change = events == 0 ? EPOLL_CTL_DEL : one->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (events == one->watched)
        return;
    epoll_ctl(sockets->epoll_fd, change, fd, &event);
    one->watched = events;
}

/* Lets go what was written since the last time. */
static void http_sockets_push(curl_socket_t fd)
{
    int off = 0, on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
    setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

void http_sockets_watch(struct http_sockets *sockets, curl_socket_t fd, int what)
{
    struct http_socket *one = http_sockets_at(sockets, fd);
    one->wanted = what == CURL_POLL_REMOVE ? 0
                                           : ((what & CURL_POLL_IN) != 0 ? (uint32_t)EPOLLIN : 0u) |
                                                 ((what & CURL_POLL_OUT) != 0 ? (uint32_t)EPOLLOUT : 0u);
    if (one->wanted != 0 || !one->connection)
        http_sockets_register(sockets, fd, one->wanted);
    if (one->connection && (one->wanted & EPOLLIN) != 0)
        http_sockets_push(fd);
}

/* What was written in answer to an event, and libcurl goes on waiting for what it waited for: a TLS handshake's end and
 * the request behind it. */
void http_sockets_served(struct http_sockets *sockets, curl_socket_t fd)
{
    struct http_socket *one = http_sockets_at(sockets, fd);
    if (one->connection && one->wanted != 0)
        http_sockets_push(fd);
}

bool http_sockets_wanted(struct http_sockets *sockets, curl_socket_t fd)
{
    struct http_socket *one = http_sockets_at(sockets, fd);
    if (one->wanted == 0)
        http_sockets_register(sockets, fd, 0);
    return one->wanted != 0;
}
