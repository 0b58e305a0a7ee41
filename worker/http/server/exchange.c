#include "http/server/exchange.h"

#include <stdlib.h>

struct values {
    struct http_value *out;
    size_t count, most;
};

static enum MHD_Result values_add(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_size, const char *value,
                                  size_t value_size)
{
    struct values *values = cls;
    (void)kind;
    if (values->count < values->most)
        values->out[values->count] =
            (struct http_value){{name, name_size}, value == NULL ? SPAN("") : (struct span){value, value_size}};
    values->count++;
    return MHD_YES;
}

size_t http_values(struct MHD_Connection *connection, enum MHD_ValueKind kind, struct http_value *out, size_t most)
{
    struct values values = {.out = out, .most = most};
    MHD_get_connection_values_n(connection, kind, values_add, &values);
    return values.count;
}

enum MHD_Result http_reply(struct MHD_Connection *connection, unsigned status, struct MHD_Response *response,
                           const struct http_header *headers, size_t header_count)
{
    if (response == NULL)
        return MHD_NO;
    for (size_t i = 0; i < header_count; i++)
        if (headers[i].value != NULL && headers[i].value[0] != 0)
            MHD_add_response_header(response, headers[i].name, headers[i].value);
    enum MHD_Result sent = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return sent;
}

static void body_free(void *data)
{
    free(data);
}

struct MHD_Response *http_body_response(struct buf *body)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(body->size, body->data, body_free);
    if (response != NULL)
        *body = (struct buf){0};
    return response;
}
