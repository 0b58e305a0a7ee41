#include "gate/handlers.h"

void health_answer(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    (void)request;
    const char *fatal = publisher_fatal(gate->publisher);
    if (fatal == NULL)
        gate_reply_json(reply, 200, json_pack("{s:s}", "status", "ok"));
    else
        gate_reply_error(reply, 503, NULL, NULL, "nothing can be published any more: %s", fatal);
}
