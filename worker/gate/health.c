#include "gate/handlers.h"

void health_answer(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    (void)gate, (void)request;
    gate_reply_json(reply, 200, json_pack("{s:s}", "status", "ok"));
}
