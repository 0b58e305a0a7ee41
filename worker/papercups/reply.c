#include "papercups/reply.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "event/payload.h"
#include "papercups/content.h"

/* A type is written in any case, with blanks around it and before its parameters. */
bool reply_type_is_json(struct span content_type)
{
    static const char json[] = "application/json";
    struct span type = span_cut(&content_type, ';');
    while (type.size > 0 && (type.data[0] == ' ' || type.data[0] == '\t'))
        type = span_skip(type, 1);
    type = span_trim_end(type);
    for (size_t i = 0; i < type.size; i++) {
        char small = type.data[i] >= 'A' && type.data[i] <= 'Z' ? (char)(type.data[i] + 32) : type.data[i];
        if (small != json[i]) /* its end is a 0, and no type holds one */
            return false;
    }
    return type.size == sizeof(json) - 1;
}

/* Many a tool writes a byte order mark, and no JSON may begin with one: people are told what they do not see. */
static const char *reply_oddity(const struct reply *reply)
{
    return span_starts(reply->body, SPAN("\xef\xbb\xbf")) ? ", for it begins with a byte order mark" : "";
}

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

/* An error of Papercups is a few hundred bytes; a tree of what is much larger costs memory and time for nothing. */
#define WORDS_BODY_MAX 65536

/* The errors of Papercups, and of the Phoenix under it, are JSON whose `error` or `errors` is an object. What something in
 * between says is a page mostly, or JSON in which that is a text. NULL: it is none of Papercups. */
static json_t *reply_error(const struct reply *reply)
{
    bool short_json = reply->is_json && reply->body.size <= WORDS_BODY_MAX;
    json_t *root = short_json ? json_read_loose(reply->body, REPLY_DEPTH_MAX, NULL) : NULL;
    if (json_is_object(json_object_get(root, "error")) || json_is_object(json_object_get(root, "errors")))
        return root;
    json_decref(root);
    return NULL;
}

bool reply_is_own_error(const struct reply *reply)
{
    json_t *root = reply_error(reply);
    json_decref(root);
    return root != NULL;
}

/* `own`: it is said in Papercups' words. A 4xx that is not says nothing of Papercups. */
static enum answer_kind reply_status(const struct reply *reply, bool own)
{
    int status = reply->status;
    if (status >= 300 && status <= 399)
        return ANSWER_REDIRECTED;
    if (status == 401 || status == 407)
        return ANSWER_UNAUTHORIZED;
    if (status == 403)
        return ANSWER_FORBIDDEN;
    if (status == 429 || (status == 503 && reply->has_retry_after))
        return ANSWER_LATER;
    if (status >= 400 && status <= 499 && status != 408)
        return !own ? ANSWER_UNREADABLE : status == 404 ? ANSWER_NOT_FOUND : ANSWER_REFUSED;
    return ANSWER_SERVER_ERROR; /* 408 too: a proxy that says so may have passed the request on */
}

/* What has failed, and by whose word. A 5xx without any is as often Papercups' own. */
static void reply_failure(const struct reply *reply, struct answer *out)
{
    struct buf words;
    buf_init(&words, 4096);
    json_t *root = reply_error(reply);
    out->own = root != NULL;
    out->kind = reply_status(reply, out->own);
    reply_words(root, &words);
    json_decref(root);
    bool maybe_own = reply->status < 300 || reply->status >= 500;
    const char *what = out->own || maybe_own            ? "Papercups answered"
                       : out->kind == ANSWER_REDIRECTED ? "answered with a redirect"
                                                        : "answered by something in between, not Papercups";
    detail_set(&out->detail, OUTCOME_NONE, "%s: %d%s%s", what, reply->status,
               words.data == NULL ? "" : words.data, out->own ? "" : reply_oddity(reply));
    buf_done(&words);
}

/* Both times have whole seconds, so it may be one younger than it seems; and it was there when the answer was given. */
static int64_t reply_age_ms(const struct reply *reply, const struct answer *answer)
{
    if (answer->begun.ms == 0 || reply->date.ms == 0)
        return -1;
    int64_t age_ms = reply->date.ms - answer->begun.ms - 1000;
    return age_ms > 0 ? age_ms : 0;
}

void reply_read(const struct reply *reply, const struct call *call, const struct identity *marks,
                size_t mark_count, const struct question *question, struct answer *out)
{
    *out = (struct answer){.status = reply->status, .age_ms = -1};
    if (reply->transport != TRANSPORT_ANSWERED) {
        out->kind = reply->transport == TRANSPORT_NOT_SENT ? ANSWER_NOT_SENT : ANSWER_LOST;
        detail_set(&out->detail, OUTCOME_NONE, "no answer: %.*s", SPAN_ARGS(reply->failure));
        return;
    }
    out->retry_after_ms = reply->has_retry_after ? reply->retry_after_ms : 1000;
    if (reply->status < 200 || reply->status > 299) {
        reply_failure(reply, out);
        return;
    }
    out->kind = ANSWER_OK;
    if (reply->too_large && call_lists(call)) {
        out->kind = ANSWER_TOO_LARGE;
        detail_set(&out->detail, OUTCOME_NONE,
                   "too large: the messages are more than %u MiB, or more than could be read in http_timeout",
                   REPLY_READ_MAX >> 20);
        return;
    }
    if (!reply->is_json || reply->body.size > REPLY_BODY_MAX ||
        !content_read(reply->body, call, marks, mark_count, question, out)) {
        answer_done(out);
        *out = (struct answer){.kind = ANSWER_UNREADABLE, .status = reply->status, .age_ms = -1};
        detail_set(&out->detail, OUTCOME_NONE, "Papercups answered %d with something unreadable%s",
                   reply->status, reply_oddity(reply));
        return;
    }
    out->age_ms = reply_age_ms(reply, out);
}
