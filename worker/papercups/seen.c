#include "papercups/seen.h"

#include "base/json.h"

void seen_path(const struct uuid *message, struct buf *path)
{
    buf_add_text(path, "/api/v1/messages/");
    buf_add_text(path, message->text);
}

static bool is_marked(const json_t *message, const struct identity *marks, size_t mark_count)
{
    struct span given = json_member_span(json_object_get(message, "metadata"), "cupbearer");
    char mark[MARK_TEXT_SIZE + 1];
    for (size_t i = 0; i < mark_count; i++) {
        identity_mark(&marks[i], mark);
        if (span_equal(given, span_of(mark)))
            return true;
    }
    return false;
}

/* Whether the member is the same, or missing in both. */
static bool is_same(const json_t *one, const json_t *other, const char *name)
{
    const json_t *left = json_object_get(one, name), *right = json_object_get(other, name);
    return left == right || json_equal(left, right);
}

static bool is_whole(const json_t *message, const struct message *posted)
{
    struct buf text;
    buf_init(&text, MESSAGE_JSON_MAX + 2);
    buf_add_text(&text, "{");
    buf_add_span(&text, buf_span(&posted->json));
    buf_add_text(&text, "}");
    json_t *own = json_read_loose(buf_span(&text), REPLY_DEPTH_MAX, NULL);
    bool whole = own != NULL && is_same(own, message, "type") && is_same(own, message, "body") &&
                 is_same(json_object_get(own, "metadata"), json_object_get(message, "metadata"), "quick_replies");
    json_decref(own);
    buf_done(&text);
    return whole;
}

static bool time_take(const json_t *value, char out[ANSWER_TIME_SIZE])
{
    struct span text = json_span(value);
    out[0] = 0;
    if (json_is_null(value))
        return true;
    if (text.size == 0 || text.size >= ANSWER_TIME_SIZE || !span_only(text, "0123456789-:.TZ"))
        return false;
    memcpy(out, text.data, text.size);
    out[text.size] = 0;
    return true;
}

enum seen_found seen_read(const struct reply *reply, const struct uuid *message, const struct identity *marks,
                          size_t mark_count, const struct message *posted, struct seen *out)
{
    *out = (struct seen){0};
    if (reply->transport != TRANSPORT_ANSWERED)
        return SEEN_UNREADABLE;
    if (reply->status == 404 && reply_is_own_error(reply))
        return SEEN_GONE;
    if (reply->status != 200 || !reply->is_json || reply->too_large || reply->body.size > REPLY_BODY_MAX)
        return SEEN_UNREADABLE;
    json_t *root = json_read_loose(reply->body, REPLY_DEPTH_MAX, NULL);
    const json_t *data = json_object_get(root, "data");
    bool good = span_equal(json_member_span(data, "id"), span_of(message->text)) && is_marked(data, marks, mark_count) &&
                time_take(json_object_get(data, "seen_at"), out->at);
    if (good)
        out->whole = is_whole(data, posted);
    json_decref(root);
    return good ? SEEN_THERE : SEEN_UNREADABLE;
}
