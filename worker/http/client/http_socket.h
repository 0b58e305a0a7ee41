/* The descriptors of libcurl's connections in the loop's epoll. libcurl takes its interest back after each transfer and
 * declares it again with the next one; here a connection stays registered between them, for two system calls less an
 * event. One that speaks while nobody asked (the server closes it) is taken out then: libcurl looks before it uses it
 * again. */
#ifndef HTTP_CLIENT_HTTP_SOCKET_H
#define HTTP_CLIENT_HTTP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

struct http_socket;

struct http_sockets {
    int epoll_fd;
    uint64_t tag; /* each event carries it, with the descriptor in its low 32 bits */
    int64_t timeout_ms;
    struct http_socket *list; /* by descriptor */
    size_t count;
};

/* tag: its low 32 bits are 0. timeout_ms: how long the kernel may send what nobody acknowledges. */
void http_sockets_init(struct http_sockets *sockets, int epoll_fd, uint64_t tag, int64_t timeout_ms);
void http_sockets_done(struct http_sockets *sockets);

/* Has these sockets' callbacks called for connections of `easy`. They must outlive the connections. */
void http_sockets_set(struct http_sockets *sockets, CURL *easy);

/* libcurl's CURLMOPT_SOCKETFUNCTION in short: `what` is one of CURL_POLL_*. */
void http_sockets_watch(struct http_sockets *sockets, curl_socket_t fd, int what);

/* To be called before and after libcurl is told of an event of that descriptor. False: it is not for libcurl. */
bool http_sockets_wanted(struct http_sockets *sockets, curl_socket_t fd);
void http_sockets_served(struct http_sockets *sockets, curl_socket_t fd);

#endif
