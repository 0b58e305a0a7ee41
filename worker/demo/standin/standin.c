#include "demo/standin/standin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "demo/standin/server.h"
#include "http/server/daemon.h"

#define CONNECTIONS_MAX    4000U
#define THREAD_STACK_BYTES ((size_t)2 << 20) /* jansson's 2,048 levels of nesting fit */

struct standin {
    struct MHD_Daemon *daemon;
    struct standin_store *store;
    struct standin_control control;
    struct idle idle;
    struct standin_http http;
    uint16_t port;
};

/* A listening socket on 127.0.0.1; *port is set to the one that it has. */
static int listen_local(uint16_t *port, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        err_os(err, errno, "stand-in: cannot listen on 127.0.0.1:%u; choose another port", *port);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

struct standin *standin_start(const struct standin_account *accounts, size_t count, uint16_t port,
                              struct err *err)
{
    if (count == 0 || sodium_init() < 0) {
        err_set(err, ERR_USAGE, "stand-in: %s", count == 0 ? "want an account" : "libsodium cannot start");
        return NULL;
    }
    struct standin *standin = mem_new(1, sizeof(*standin));
    standin->store = standin_store_new();
    standin_control_init(&standin->control, standin->store);
    idle_init(&standin->idle, standin->control.fresh_s);
    standin->http = (struct standin_http){standin->store, &standin->control, &standin->idle};
    standin->port = port;
    for (size_t i = 0; i < count; i++) {
        if (standin_store_add_owner(standin->store, &accounts[i], err) != 0) {
            standin_stop(standin);
            return NULL;
        }
    }
    int fd = listen_local(&standin->port, err);
    const struct http_daemon_options options = {.fd = fd,
                                                .threads = true,
                                                .flags = MHD_USE_SUPPRESS_DATE_NO_CLOCK,
                                                .connections = CONNECTIONS_MAX,
                                                .stack_bytes = THREAD_STACK_BYTES,
                                                .idle = &standin->idle,
                                                .request = standin_http_request,
                                                .completed = standin_http_completed,
                                                .connection = standin_http_connection,
                                                .context = &standin->http};
    if (fd >= 0)
        standin->daemon = http_daemon_start(&options, err);
    if (standin->daemon != NULL)
        return standin;
    if (fd >= 0)
        close(fd);
    standin_stop(standin);
    return NULL;
}

uint16_t standin_port(const struct standin *standin)
{
    return standin->port;
}

void standin_stop(struct standin *standin)
{
    if (standin == NULL)
        return;
    standin_store_stop(standin->store);
    if (standin->daemon != NULL)
        MHD_stop_daemon(standin->daemon);
    idle_done(&standin->idle);
    standin_control_done(&standin->control);
    standin_store_free(standin->store);
    free(standin);
}
