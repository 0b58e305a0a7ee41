/* A signed payload, and all that is made of it for Papercups. */
#include "fuzz/fuzz.h"
#include "papercups/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct payload payload;
    struct detail detail;
    struct identity identity = {{0}};
    if (payload_read((struct span){(const char *)data, size}, &payload, &detail) != OUTCOME_NONE)
        return 0;
    const struct message_options options = {"localhost", SPAN("evt_1")};
    struct message message;
    message_init(&message, &payload, &identity, &options);
    for (int kind = CALL_FIND_CUSTOMERS; kind <= CALL_ME; kind++) {
        struct request request;
        const struct call call = {(enum call_kind)kind, {"0b4a7c1e-52d1-4c5c-9a3e-6f1d2a7b8c90"}, 1};
        request_init(&request, &call, &message, NULL);
        request_done(&request);
    }
    message_done(&message);
    payload_done(&payload);
    return 0;
}
