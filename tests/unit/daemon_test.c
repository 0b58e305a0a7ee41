#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "http/server/daemon.h"
#include "http/server/exchange.h"
#include "http/server/listen.h"

/* Answers with the path, which `target` has before it is decoded, and the headers. */
struct server {
    struct MHD_Daemon *daemon;
    struct idle idle;
    struct sockaddr_in address;
    bool has_target, took_body;
    unsigned completed;
};

static void *target(void *context, const char *sent, struct MHD_Connection *connection)
{
    struct server *server = context;
    (void)connection, (void)sent;
    server->has_target = true;
    return NULL;
}

static enum MHD_Result request(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                               const char *version, const char *upload, size_t *upload_size, void **state)
{
    static const struct http_header headers[] = {{"X-Here", "1"}, {"X-None", NULL}, {"X-Empty", ""}};
    struct http_value first[1];
    struct buf body;
    struct server *server = context;
    (void)method, (void)version, (void)upload, (void)upload_size, (void)state;
    size_t count = http_values(connection, MHD_HEADER_KIND, first, 1);
    buf_init(&body, 100);
    buf_printf(&body, "%s, %zu headers, %.*s=%.*s", path, count, (int)first[0].name.size, first[0].name.data,
               (int)first[0].value.size, first[0].value.data);
    struct MHD_Response *response = http_body_response(&body);
    server->took_body = body.data == NULL;
    return http_reply(connection, MHD_HTTP_OK, response, headers, sizeof(headers) / sizeof(*headers));
}

static void completed(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    struct server *server = context;
    (void)connection, (void)state, (void)code;
    server->completed++;
}

static void server_start(struct server *server, bool threads, unsigned of_address, unsigned request_s)
{
    struct err err;
    *server = (struct server){0};
    idle_init(&server->idle, request_s);
    const struct http_daemon_options options = {.fd = listen_open("127.0.0.1:0", &err),
                                                .threads = threads,
                                                .connections = 8,
                                                .of_address = of_address,
                                                .idle = &server->idle,
                                                .request = request,
                                                .completed = completed,
                                                .target = target,
                                                .context = server};
    socklen_t size = sizeof(server->address);
    assert_int_equal(getsockname(options.fd, (struct sockaddr *)&server->address, &size), 0);
    server->daemon = http_daemon_start(&options, &err);
    assert_non_null(server->daemon);
}

static void server_stop(struct server *server)
{
    MHD_stop_daemon(server->daemon);
    idle_done(&server->idle);
}

static int server_connect(const struct server *server)
{
    const struct timeval patience = {.tv_sec = 10}; /* else what is never closed is waited for for ever */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&server->address, sizeof(server->address)), 0);
    return fd;
}

/* All that comes until the other side closes. */
static void read_all(int fd, char *out, size_t size)
{
    ssize_t got = 0;
    size_t used = 0;
    while (used + 1 < size && (got = read(fd, out + used, size - used - 1)) > 0)
        used += (size_t)got;
    out[used] = 0;
    assert_int_equal(got, 0);
}

static void it_answers_in_one_thread_and_in_many(void **state)
{
    static const char asked[] = "GET /here HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    (void)state;
    for (int threads = 0; threads < 2; threads++) {
        struct server server;
        char answer[2000];
        server_start(&server, threads == 1, 0, 60);
        int fd = server_connect(&server);
        assert_int_equal(write(fd, asked, sizeof(asked) - 1), sizeof(asked) - 1);
        read_all(fd, answer, sizeof(answer));
        close(fd);
        server_stop(&server);
        assert_non_null(strstr(answer, "200 OK"));
        assert_non_null(strstr(answer, "\r\n\r\n/here, 2 headers, Host=a"));
        assert_non_null(strstr(answer, "\r\nX-Here: 1\r\n"));
        assert_null(strstr(answer, "X-None"));
        assert_null(strstr(answer, "X-Empty"));
        assert_true(server.has_target && server.took_body);
        assert_int_equal(server.completed, 1);
    }
}

static void who_says_nothing_is_closed(void **state)
{
    struct server server;
    char answer[100];
    (void)state;
    server_start(&server, true, 0, 0);
    int fd = server_connect(&server);
    read_all(fd, answer, sizeof(answer));
    assert_string_equal(answer, "");
    close(fd);
    server_stop(&server);
}

static void one_address_has_no_more_connections_than_it_may(void **state)
{
    struct server server;
    char answer[100];
    (void)state;
    server_start(&server, false, 1, 60);
    int first = server_connect(&server), second = server_connect(&server);
    read_all(second, answer, sizeof(answer)); /* it ends, and the first is there still */
    assert_string_equal(answer, "");
    assert_int_equal(recv(first, answer, 1, MSG_DONTWAIT), -1);
    close(first);
    close(second);
    server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_answers_in_one_thread_and_in_many),
        cmocka_unit_test(who_says_nothing_is_closed),
        cmocka_unit_test(one_address_has_no_more_connections_than_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
