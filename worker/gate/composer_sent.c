/* What the composer sends, and what became of it. */
#include "base/json.h"
#include "cupbearer/cupbearer.h"
#include "event/envelope.h"
#include "gate/door.h"
#include "gate/composer.h"
#include "gate/history.h"
#include "gate/receipts.h"
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
    door_pass(gate, &view, false, reply);
    for (size_t i = 0; reply->status == 202 && i < view.header_count; i++)
        if (span_equal(view.headers[i].name, SPAN(HEADER_ID)))
            history_published(gate->history, view.headers[i].value);
    cupbearer_record_free(record);
}

static bool sees_all(const void *context, struct span account)
{
    (void)context, (void)account;
    return true;
}

/* The receipt there is by then, also kept in the history; NULL where there is none. */
static json_t *receipt_of(struct gate *gate, struct span event_id, int64_t wait_ms)
{
    const struct receipts_query query = {
        .event_id = event_id, .may_see = sees_all, .partition = -1, .offset = -1};
    struct buf text;
    buf_init(&text, GATE_BODY_MAX);
    json_t *receipt = receipts_wait(gate->receipts, &query, wait_ms, &text)
                          ? json_loadb(text.data, text.size, 0, NULL)
                          : NULL;
    buf_done(&text);
    if (receipt != NULL)
        history_settle(gate->history, event_id, receipt);
    return receipt;
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
    json_t *receipt = receipt_of(gate, event_id, wait_s * 1000);
    if (receipt != NULL)
        gate_reply_json(reply, 200, receipt);
    else
        reply->status = 204;
}

void composer_history(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    json_t *entries = history_list(gate->history);
    (void)request;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        json_t *entry = json_array_get(entries, i), *receipt = json_object_get(entry, "receipt");
        if (json_is_null(receipt) &&
            (receipt = receipt_of(gate, json_member_span(entry, "event_id"), 0)) != NULL)
            json_object_set_new(entry, "receipt", receipt);
    }
    gate_reply_json(reply, 200, json_pack("{s:o}", "entries", entries));
}
