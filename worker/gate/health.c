#include "gate/gate_metrics.h"
#include "gate/handlers.h"

static bool can_go_on(struct gate *gate, struct gate_reply *reply)
{
    if (publisher_fatal(gate->publisher) == NULL)
        return true;
    gate_reply_error(reply, 503, NULL, NULL, "nothing can be published any more: the log says why");
    return false;
}

static void answer_ok(struct gate_reply *reply)
{
    gate_reply_json(reply, 200, json_pack("{s:s}", "status", "ok"));
}

void health_answer(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    (void)request;
    if (can_go_on(gate, reply))
        answer_ok(reply);
}

void readiness_answer(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    (void)request;
    if (!can_go_on(gate, reply))
        return;
    if (probe_found_kafka(gate->probe))
        answer_ok(reply);
    else
        gate_reply_error(reply, 503, NULL, NULL, "Kafka does not answer: what is published now may get 503");
}

void metrics_answer(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    (void)request;
    reply->type = "text/plain; version=0.0.4; charset=utf-8";
    gate_metrics_write(gate, &reply->body);
}
