#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"
#include "event/envelope.h"
#include "gate/handlers.h"

#define WAIT_MAX_S    60
#define KEEP_ALIVE_MS 15000
#define TOLD_AT_ONCE  100

static bool routes_may_wait(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    if (waiting_begin(&gate->waiting, request->token->hash))
        return true;
    reply->retry_after_s = 5;
    gate_reply_error(
        reply, 503, NULL, NULL,
        "%zu callers wait for receipts already, or %zu with this token: ask again later, or without wait",
        gate->waiting.max, gate->waiting.of_one);
    return false;
}

/* ---- GET /v1/events/{id}/receipt ---- */

static bool query_read(const struct gate_request *request, struct receipts_query *query, int64_t *wait_s,
                       struct gate_reply *reply)
{
    int64_t partition;
    *query = (struct receipts_query){
        .event_id = request->target.parts[2], .may_see = token_sees_account, .context = request->token};
    const char *field = NULL;
    if (!gate_request_number(request, "wait", WAIT_MAX_S, 0, wait_s))
        field = "wait";
    else if (!gate_request_number(request, "partition", INT32_MAX, -1, &partition))
        field = "partition";
    else if (!gate_request_number(request, "offset", INT64_MAX, -1, &query->offset))
        field = "offset";
    else if ((partition < 0) != (query->offset < 0))
        field = partition < 0 ? "partition" : "offset";
    if (field == NULL && event_id_is_valid(query->event_id)) {
        query->partition = (int32_t)partition;
        return true;
    }
    gate_reply_error(
        reply, field == NULL ? 404 : 400, NULL, field,
        field == NULL
            ? "this cannot be an event's id"
            : "wait is 0 to 60 seconds; partition and offset, as the 202 told them, belong together");
    return false;
}

void receipt_answer(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    struct receipts_query query;
    int64_t wait_s;
    if (!query_read(request, &query, &wait_s, reply) ||
        (wait_s > 0 && !routes_may_wait(gate, request, reply)))
        return;
    reply->status = receipts_wait(gate->receipts, &query, wait_s * 1000, &reply->body) ? 200 : 204;
    if (wait_s > 0)
        waiting_end(&gate->waiting, request->token->hash);
}

/* ---- GET /v1/receipts ---- */

/* One listener. */
struct listener {
    struct gate *gate;
    unsigned char hash[TOKEN_BYTES]; /* its token, which may be revoked meanwhile */
    receipts_place place;
    bool has_gap;
    /* While receipts are told: */
    const struct token *token;
    struct buf *out;
};

static void listener_tell(void *context, const struct receipt_seen *seen)
{
    struct listener *listener = context;
    if (!token_grants_account(listener->token, seen->account))
        return;
    buf_printf(listener->out, "event: receipt\nid: %s/%d/%lld\ndata: ", listener->gate->start_id,
               (int)seen->partition, (long long)seen->offset);
    buf_add_span(listener->out, seen->json); /* one line: workers write it without white space */
    buf_add_text(listener->out, "\n\n");
}

static bool listener_more(void *context, struct buf *out)
{
    struct listener *listener = context;
    struct gate *gate = listener->gate;
    listener->out = out;
    /* Waits first, then checks whether the token is still good. */
    bool goes_on = receipts_follow(gate->receipts, &listener->place, KEEP_ALIVE_MS, 0, &listener->has_gap,
                                   listener_tell, listener);
    const struct token_list *tokens = tokens_take(gate->tokens);
    listener->token = token_list_find_hash(tokens, listener->hash);
    goes_on = goes_on && listener->token != NULL;
    if (goes_on && listener->has_gap)
        buf_add_text(out, "event: gap\ndata: {}\n\n");
    listener->has_gap = false;
    /* Some may be dropped between the two: the next call reports that. */
    if (goes_on)
        receipts_follow(gate->receipts, &listener->place, 0, TOLD_AT_ONCE, &listener->has_gap, listener_tell,
                        listener);
    snapshot_give(gate->tokens, tokens);
    return goes_on;
}

static void listener_done(void *context)
{
    struct listener *listener = context;
    waiting_end(&listener->gate->waiting, listener->hash);
    free(listener);
}

/* Where the stream begins: behind the listener's Last-Event-ID, else with what comes next. The order of partitions differs from
 * start to start and from gate to gate: behind an id of another start something may be missing. */
static void listener_begin(struct listener *listener, struct span last_id)
{
    int64_t partition, offset;
    struct span rest = last_id;
    if (last_id.data == NULL) {
        listener->place = receipts_next(listener->gate->receipts);
        return;
    }
    bool is_id = span_equal(span_cut(&rest, '/'), span_of(listener->gate->start_id)) && rest.data != NULL &&
                 span_number(span_cut(&rest, '/'), 9, &partition) && rest.data != NULL &&
                 span_number(rest, 18, &offset);
    listener->has_gap = !receipts_behind(listener->gate->receipts, is_id ? (int32_t)partition : -1,
                                         is_id ? offset : -1, &listener->place);
}

void receipts_answer_stream(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    if (!routes_may_wait(gate, request, reply))
        return;
    struct listener *listener = mem_new(1, sizeof(*listener));
    listener->gate = gate;
    memcpy(listener->hash, request->token->hash, sizeof(listener->hash));
    listener_begin(listener, gate_request_header(request, "last-event-id"));
    reply->type = "text/event-stream";
    reply->stream = listener_more;
    reply->stream_context = listener;
    reply->stream_done = listener_done;
}
