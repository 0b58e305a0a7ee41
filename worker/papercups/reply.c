#include "papercups/reply.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "event/payload.h"

static bool reply_id(const json_t *object, struct uuid *out)
{
    struct span id = json_member_span(object, "id");
    if (!uuid_is_valid(id))
        return false;
    memcpy(out->text, id.data, 36);
    out->text[36] = 0;
    return true;
}

/* ---- what a 2xx says, by call; false: it is not what was asked for ---- */

static bool reply_add_id(const json_t *object, struct answer *out)
{
    if (out->id_count == REPLY_IDS_MAX)
        return false;
    if ((out->id_count & (out->id_count - 1)) == 0) /* 0, or a power of two: full */
        out->ids = mem_grow(out->ids, out->id_count == 0 ? 1 : out->id_count * 2, sizeof(*out->ids));
    return reply_id(object, &out->ids[out->id_count]) && ++out->id_count > 0;
}

/* The ids of a list of objects, the one with the greatest `by` (a time, as text) first. */
static bool reply_ids(const json_t *list, const char *by, struct answer *out)
{
    struct span greatest = SPAN("");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *object = json_array_get(list, i);
        if (!reply_add_id(object, out))
            return false;
        struct span at = by == NULL ? SPAN_NONE : json_member_span(object, by);
        size_t common = at.size < greatest.size ? at.size : greatest.size;
        int order = common == 0 ? 0 : memcmp(at.data, greatest.data, common);
        if (order > 0 || (order == 0 && at.size > greatest.size)) {
            struct uuid first = out->ids[out->id_count - 1];
            out->ids[out->id_count - 1] = out->ids[0];
            out->ids[0] = first;
            greatest = at;
        }
    }
    return json_is_array(list);
}

static bool is_marked(const json_t *message, const struct identity *marks, size_t mark_count)
{
    struct span found = json_member_span(json_object_get(message, "metadata"), "cupbearer");
    char mark[MARK_TEXT_SIZE + 1];
    for (size_t i = 0; i < mark_count; i++) {
        identity_mark(&marks[i], mark);
        if (span_equal(found, span_of(mark)))
            return true;
    }
    return false;
}

static bool reply_messages(const json_t *list, const struct identity *marks, size_t mark_count,
                           struct answer *out)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *message = json_array_get(list, i);
        if (!json_is_object(message))
            return false;
        if (is_marked(message, marks, mark_count)) {
            out->mark_found = true;
            reply_id(message, &out->marked);
        }
    }
    return json_is_array(list);
}

static bool is_null(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return value == NULL || json_is_null(value);
}

/* The object of a list whose id was put first. */
static const json_t *reply_first(const json_t *list, const struct answer *answer)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *object = json_array_get(list, i);
        if (answer->id_count > 0 && span_equal(json_member_span(object, "id"), span_of(answer->ids[0].text)))
            return object;
    }
    return NULL;
}

static void reply_conversation_state(const json_t *conversation, struct answer *out)
{
    out->closed = span_equal(json_member_span(conversation, "status"), SPAN("closed"));
    out->unassigned = conversation != NULL && is_null(conversation, "assignee_id");
}

static bool reply_conversations(const json_t *root, const struct identity *marks, size_t mark_count,
                                struct answer *out)
{
    const json_t *list = json_object_get(root, "data");
    if (!reply_ids(list, "created_at", out))
        return false;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!reply_messages(json_object_get(json_array_get(list, i), "messages"), marks, mark_count, out))
            return false;
    reply_conversation_state(reply_first(list, out), out);
    return true;
}

static bool reply_conversation(const json_t *data, const struct identity *marks, size_t mark_count,
                               struct answer *out)
{
    const json_t *messages = json_object_get(data, "messages");
    reply_conversation_state(data, out);
    return reply_add_id(data, out) && (messages == NULL || reply_messages(messages, marks, mark_count, out));
}

static bool reply_customers(const json_t *root, const struct call *call, struct answer *out)
{
    const json_t *pages = json_object_get(root, "total_pages"), *list = json_object_get(root, "data");
    out->incomplete = json_number_value(pages) > (double)call->page + 1;
    if (!reply_ids(list, "updated_at", out) || !json_is_number(pages))
        return false;
    out->host_missing = out->id_count > 0 && is_null(reply_first(list, out), "host");
    return true;
}

static bool reply_customer(const json_t *data, struct answer *out)
{
    out->host_missing = is_null(data, "host");
    return json_is_object(data) && reply_ids(json_object_get(data, "conversations"), NULL, out);
}

/* Whose key it is: the account's id stands where other answers have the thing's own. */
static bool reply_me(const json_t *data, struct answer *out)
{
    struct span id = json_member_span(data, "account_id");
    if (!uuid_is_valid(id))
        return false;
    out->ids = mem_new(1, sizeof(*out->ids));
    memcpy(out->ids[0].text, id.data, 36);
    out->id_count = 1;
    return true;
}

static bool reply_content(const json_t *root, const struct call *call, const struct identity *marks,
                          size_t mark_count, struct answer *out)
{
    const json_t *data = json_object_get(root, "data");
    switch (call->kind) {
    case CALL_FIND_CUSTOMERS:
        return reply_customers(root, call, out);
    case CALL_LIST_CONVERSATIONS:
    case CALL_LIST_CLOSED:
        return reply_conversations(root, marks, mark_count, out);
    case CALL_READ_CUSTOMER:
        return reply_customer(data, out);
    case CALL_READ_CONVERSATION:
        return reply_conversation(data, marks, mark_count, out);
    case CALL_READ_MESSAGES:
        return reply_messages(data, marks, mark_count, out);
    case CALL_ME:
        return reply_me(data, out);
    case CALL_CREATE_CUSTOMER:
    case CALL_SET_HOST:
    case CALL_REOPEN:
    case CALL_UNASSIGN:
    case CALL_POST_MESSAGE:
    case CALL_POST_CONVERSATION:
        return reply_add_id(data, out);
    }
    return false;
}

/* ---- by status ---- */

/* At most that many bytes of text, cut at a code point's end. */
static struct span words_cut(struct span text, size_t most)
{
    if (text.size > most) {
        text.size = most;
        text.size = utf8_whole(text);
    }
    return text;
}

/* Papercups' own words: {"error":{"message"}} , {"error":{"errors":{field:[text]}}} or {"errors":{"detail"}}. */
static void reply_words(const json_t *root, struct buf *out)
{
    const json_t *error = json_object_get(root, "error");
    const char *name = NULL;
    json_t *texts = NULL;
    json_object_foreach(json_object_get(error, "errors"), name, texts)
    {
        const char *text = json_string_value(json_array_get(texts, 0));
        struct span field = words_cut(span_of(name), 60);
        struct span why = words_cut(span_of(text == NULL ? "is refused" : text), 100);
        buf_printf(out, " %.*s %.*s;", SPAN_ARGS(field), SPAN_ARGS(why));
    }
    struct span message = json_member_span(error, "message");
    if (message.data == NULL)
        message = json_member_span(json_object_get(root, "errors"), "detail");
    message = words_cut(message, 200);
    if (message.data != NULL)
        buf_printf(out, " %.*s", SPAN_ARGS(message));
}

static void reply_failure(const struct reply *reply, const char *what, struct answer *out)
{
    struct buf words;
    buf_init(&words, 4096);
    json_t *root =
        reply->body.size <= REPLY_BODY_MAX ? json_read_loose(reply->body, REPLY_DEPTH_MAX, NULL) : NULL;
    reply_words(root, &words);
    json_decref(root);
    detail_set(&out->detail, OUTCOME_NONE, "%s: %d%s", what, reply->status,
               words.data == NULL ? "" : words.data);
    buf_done(&words);
}

static enum answer_kind reply_status(const struct reply *reply)
{
    int status = reply->status;
    if (status >= 200 && status <= 299)
        return ANSWER_OK;
    if (status >= 300 && status <= 399)
        return ANSWER_REDIRECTED;
    if (status == 401 || status == 403)
        return ANSWER_UNAUTHORIZED;
    if (status == 404)
        return ANSWER_NOT_FOUND;
    if (status == 429 || (status == 503 && reply->has_retry_after))
        return ANSWER_LATER;
    if (status >= 400 && status <= 499 && status != 408)
        return ANSWER_REFUSED;
    return ANSWER_SERVER_ERROR; /* 408 too: a proxy that says so may have passed the request on */
}

void reply_read(const struct reply *reply, const struct call *call, const struct identity *marks,
                size_t mark_count, struct answer *out)
{
    *out = (struct answer){.status = reply->status};
    if (reply->transport != TRANSPORT_ANSWERED) {
        out->kind = reply->transport == TRANSPORT_NOT_SENT ? ANSWER_NOT_SENT : ANSWER_LOST;
        detail_set(&out->detail, OUTCOME_NONE, "no answer: %.*s", SPAN_ARGS(reply->failure));
        return;
    }
    out->kind = reply_status(reply);
    out->retry_after_ms = reply->has_retry_after ? reply->retry_after_ms : 1000;
    if (out->kind != ANSWER_OK) {
        reply_failure(reply, "Papercups answered", out);
        return;
    }
    json_t *root = reply->is_json && reply->body.size <= REPLY_BODY_MAX
                       ? json_read_loose(reply->body, REPLY_DEPTH_MAX, NULL)
                       : NULL;
    if (root == NULL || !reply_content(root, call, marks, mark_count, out)) {
        answer_done(out);
        out->kind = ANSWER_UNREADABLE;
        out->status = reply->status;
        detail_set(&out->detail, OUTCOME_NONE, "Papercups answered %d with something unreadable",
                   reply->status);
    }
    json_decref(root);
}
