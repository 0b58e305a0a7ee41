#include "cupbearer_js.h"
#include "gate/handlers.h"
#include "openapi_json.h"

static void asset_answer(struct gate_reply *reply, const char *type, struct span bytes)
{
    reply->type = type;
    reply->fixed = bytes;
}

void openapi_answer(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    (void)gate, (void)request;
    asset_answer(reply, NULL, (struct span){(const char *)openapi_json, sizeof(openapi_json)});
}

void module_answer(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    (void)gate, (void)request;
    asset_answer(reply, "text/javascript; charset=utf-8",
                 (struct span){(const char *)cupbearer_js, sizeof(cupbearer_js)});
}
