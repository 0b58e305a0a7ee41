#include "demo/standin/server.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "http/server/exchange.h"

#define CHAT_POLICY                                                                                          \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "         \
    "form-action 'none'"
#define BLOCK_BYTES 16384

/* A body that ends before it should. */
struct cut_body {
    char *data;
    size_t size;
};

static ssize_t cut_body_read(void *cls, uint64_t position, char *to, size_t most)
{
    const struct cut_body *body = cls;
    if (position >= body->size)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t size = body->size - (size_t)position;
    size = size > most ? most : size;
    memcpy(to, body->data + position, size);
    return (ssize_t)size;
}

static void cut_body_free(void *cls)
{
    struct cut_body *body = cls;
    free(body->data);
    free(body);
}

/* The response takes the body over. */
static struct MHD_Response *response_new(struct standin_reply *reply)
{
    struct buf *body = &reply->body;
    struct MHD_Response *response;
    if (reply->missing == 0)
        return http_body_response(body);
    struct cut_body *cut = mem_new(1, sizeof(*cut));
    *cut = (struct cut_body){body->data, body->size - reply->missing};
    response = MHD_create_response_from_callback(body->size, BLOCK_BYTES, cut_body_read, cut, cut_body_free);
    if (response == NULL)
        free(cut);
    else
        body->data = NULL;
    return response;
}

/* Connecting a TCP socket to nowhere sends a reset: a mere close would end the stream in order. */
static void connection_reset(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    if (info != NULL && connect(info->connect_fd, &nowhere, sizeof(nowhere)) != 0)
        return; /* gone already */
}

enum MHD_Result standin_send(struct MHD_Connection *connection, struct standin_reply *reply)
{
    if (reply->end == STANDIN_RESET)
        connection_reset(connection);
    if (reply->end == STANDIN_RESET || reply->end == STANDIN_LOST)
        return MHD_NO;
    if (reply->body.failed)
        standin_reply_detail(reply, 500);
    const struct http_header headers[] = {
        {"content-type", reply->other_type[0] != 0 ? reply->other_type
                         : reply->type == NULL     ? "application/json; charset=utf-8"
                                                   : reply->type},
        {"location", reply->location},
        {"retry-after", reply->retry_after},
        {"date", reply->date},
        {"connection", reply->end == STANDIN_LAST ? "close" : ""},
        {"content-security-policy", reply->page ? CHAT_POLICY : ""},
        {"x-content-type-options", reply->page ? "nosniff" : ""},
        {"cache-control", reply->page ? "no-store" : ""},
    };
    return http_reply(connection, reply->status, response_new(reply), headers, sizeof(headers) / sizeof(*headers));
}
