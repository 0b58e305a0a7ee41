/* What the composer sends, and its outcome. */
#include "base/json.h"
#include "composer/composer.h"
#include "cupbearer/cupbearer.h"
#include "event/envelope.h"
#include "gate/admission.h"
#include "gate/history.h"
#include "gate/receipts.h"
#include "gate/seen_routes.h"
#include "lib/record.h"

#define WAIT_MAX_S 60

void composer_publish(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    struct cupbearer_record *record;
    struct buf text;
    char why[CUPBEARER_ERROR_SIZE];
    buf_init(&text, GATE_BODY_MAX);
    json_write(&text, json_object_get(request->json, "record"));
    int result =
        cupbearer_record_from_json(text.size == 0 ? "" : text.data, text.size, &record, why, sizeof(why));
    buf_done(&text);
    if (result != CUPBEARER_OK) {
        gate_reply_error(reply, 422, NULL, "record", "%s", why);
        return;
    }
    struct record view = record_view(record, 0);
    admission_pass(gate, request, &view, false, reply);
    cupbearer_record_free(record);
}

static bool sees_all(const void *context, struct span account)
{
    (void)context, (void)account;
    return true;
}

void composer_receipt(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    int64_t wait_s;
    struct span event_id = target_param(&request->target, "event_id");
    if (!event_id_is_valid(event_id) || !gate_request_number(request, "wait", WAIT_MAX_S, 0, &wait_s)) {
        gate_reply_error(reply, 400, NULL, NULL, "say which event_id, and wait for 0 to %d seconds",
                         WAIT_MAX_S);
        return;
    }
    const struct receipts_query query = {
        .event_id = event_id, .may_see = sees_all, .partition = -1, .offset = -1};
    struct buf text;
    buf_init(&text, GATE_BODY_MAX);
    if (receipts_wait(gate->receipts, &query, wait_s * 1000, &text))
        gate_reply_json(reply, 200, json_loadb(text.data, text.size, 0, NULL));
    else
        reply->status = 204;
    buf_done(&text);
}

void composer_history(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    (void)request;
    gate_reply_json(reply, 200, json_pack("{s:o}", "entries", history_list(gate->history)));
}

/* By the routing key too: to another recipient the same id is another event. */
void composer_seen(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    struct span key = json_member_span(request->json, "key"), event_id = json_member_span(request->json, "event_id");
    if (key.size == 0 || event_id.size == 0) {
        gate_reply_error(reply, 422, NULL, key.size == 0 ? "key" : "event_id",
                         "say which event of the history: its key and its event_id");
        return;
    }
    json_t *receipt = history_receipt(gate->history, key, event_id);
    if (receipt == NULL)
        reply->status = 204;
    else
        seen_tell(gate, &(struct seen_question){.routing_key = key, .receipt = receipt}, reply);
    json_decref(receipt);
}
