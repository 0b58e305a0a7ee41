/* A signed payload, and all that is made of it for Papercups: paths that are paths, bodies that are JSON. */
#include <stdlib.h>

#include "base/json.h"
#include "fuzz/fuzz.h"
#include "papercups/request.h"

#define KEY_SIZE_MAX (PAYLOAD_SIZE_MAX + 64)

static void check_request(const struct request *request)
{
    for (size_t i = 0; i < request->path.size; i++)
        if (request->path.data[i] <= ' ' || request->path.data[i] > '~' || request->path.data[i] == '#')
            abort();
    json_t *body =
        request->body.size == 0 ? NULL : json_read(buf_span(&request->body), PAYLOAD_DEPTH_MAX + 4, NULL);
    if (request->body.size > 0 && body == NULL)
        abort();
    json_decref(body);
}

static void check_key(const struct payload *payload)
{
    struct buf key;
    buf_init(&key, KEY_SIZE_MAX);
    payload_routing_key(payload, &key);
    if (key.failed || !payload_routes_to(payload, buf_span(&key)))
        abort();
    buf_done(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct payload payload;
    struct detail detail;
    struct identity identity = {{0}};
    if (payload_read((struct span){(const char *)data, size}, &payload, &detail) != OUTCOME_NONE)
        return 0;
    check_key(&payload);
    const struct message_options options = {"localhost", true, SPAN("evt_1")};
    struct message message;
    message_init(&message, &payload, &identity, &options);
    for (int kind = CALL_FIND_CUSTOMERS; kind <= CALL_ME; kind++) {
        struct request request;
        const struct call call = {(enum call_kind)kind, {"0b4a7c1e-52d1-4c5c-9a3e-6f1d2a7b8c90"}, 1};
        /* Only events that name a customer by the external id ask for it or make it. */
        if (payload.customer == NULL && (kind == CALL_FIND_CUSTOMERS || kind == CALL_CREATE_CUSTOMER))
            continue;
        request_init(&request, &call, &message, NULL);
        check_request(&request);
        request_done(&request);
    }
    message_done(&message);
    payload_done(&payload);
    return 0;
}
