#include "papercups/content.h"

#include "base/json_scan.h"
#include "papercups/reply.h"

#define UUID_SIZE      36
#define FOLD_DEPTH_MAX 5 /* of the rules below */

/* What of a message counts for content_read; a span without data is not there. */
struct folded {
    struct span id, mark, conversation;
    unsigned seen; /* of the members that content_read looks at, one bit each */
    bool
        odd; /* one of them twice, or what messages do not have: what to think of that is left to content_read */
};

/* Notes that the member is there. */
static void folded_see(struct folded *folded, struct span name)
{
    static const char *const looked_at[] = {
        "messages",   "conversations", "id",          "account_id", "status",
        "created_at", "updated_at",    "external_id", "host",       "email",
        "metadata",   "customer_id",   "source",      "inbox_id",   "conversation_id"};
    for (unsigned i = 0; i < sizeof(looked_at) / sizeof(looked_at[0]); i++) {
        if (!span_equal(name, span_of(looked_at[i])))
            continue;
        folded->odd = folded->odd || (folded->seen & 1u << i) != 0 || i < 2;
        folded->seen |= 1u << i;
    }
}

/* Takes a string. */
static void folded_text(struct json_scan *scan, struct span *out)
{
    if (!json_scan_string(scan, out))
        json_scan_skip(scan);
}

static void folded_metadata(struct json_scan *scan, struct folded *folded)
{
    struct span name;
    if (!json_scan_object(scan)) {
        json_scan_skip(scan);
        return;
    }
    while (json_scan_member(scan, &name))
        if (span_equal(name, SPAN("cupbearer"))) {
            folded->odd = folded->odd || folded->mark.data != NULL;
            folded_text(scan, &folded->mark);
        } else {
            json_scan_skip(scan);
        }
}

static bool fold_read(struct span object, struct folded *folded)
{
    struct json_scan scan;
    struct span name;
    *folded = (struct folded){0};
    json_scan_init(&scan, object, REPLY_DEPTH_MAX - FOLD_DEPTH_MAX);
    if (!json_scan_object(&scan))
        return false;
    while (json_scan_member(&scan, &name)) {
        folded_see(folded, name);
        if (span_equal(name, SPAN("metadata")))
            folded_metadata(&scan, folded);
        else if (span_equal(name, SPAN("id")))
            folded_text(&scan, &folded->id);
        else if (span_equal(name, SPAN("conversation_id")))
            folded_text(&scan, &folded->conversation);
        else
            json_scan_skip(&scan);
    }
    return json_scan_is_done(&scan) && !folded->odd;
}

/* One that is none has no bytes. */
static struct span folded_uuid(struct span id)
{
    return id.size == UUID_SIZE ? id : SPAN("");
}

/* Strangers write marks, too: only what may be one of ours is kept. */
static void fold_mark(const struct folded *folded, struct buf *out)
{
    if (folded->mark.size != MARK_TEXT_SIZE)
        return;
    if (folded->conversation.data != NULL)
        buf_add_text(out, ",");
    struct span id = folded_uuid(folded->id);
    buf_printf(out, "\"id\":\"%.*s\",\"metadata\":{\"cupbearer\":\"%.*s\"}", SPAN_ARGS(id),
               SPAN_ARGS(folded->mark));
}

/* In a conversation, which says itself which one it is. */
static bool fold_message(struct span object, struct buf *out)
{
    struct folded folded;
    if (!fold_read(object, &folded))
        return false;
    folded.conversation = SPAN_NONE;
    buf_add_text(out, "{");
    fold_mark(&folded, out);
    buf_add_text(out, "}");
    return true;
}

/* In a list, of which each message says where it is from. */
static bool fold_listed(struct span object, struct buf *out)
{
    struct folded folded;
    if (!fold_read(object, &folded))
        return false;
    buf_add_text(out, "{");
    if (folded.conversation.data != NULL)
        buf_printf(out, "\"conversation_id\":\"%.*s\"", SPAN_ARGS(folded_uuid(folded.conversation)));
    fold_mark(&folded, out);
    buf_add_text(out, "}");
    return true;
}

const struct json_fold_rule *content_fold(enum call_kind call)
{
    static const struct json_fold_rule messages = {3, fold_listed}, /* {"data":[{ */
        conversation = {4, fold_message},                           /* {"data":{"messages":[{ */
        conversations = {5, fold_message};                          /* {"data":[{"messages":[{ */
    switch (call) {
    case CALL_READ_MESSAGES:
        return &messages;
    case CALL_READ_CONVERSATION:
        return &conversation;
    case CALL_LIST_CONVERSATIONS:
    case CALL_LIST_CLOSED:
        return &conversations;
    case CALL_FIND_CUSTOMERS:
    case CALL_LIST_CUSTOMERS:
    case CALL_CREATE_CUSTOMER:
    case CALL_READ_CUSTOMER:
    case CALL_SET_HOST:
    case CALL_REOPEN:
    case CALL_UNASSIGN:
    case CALL_POST_MESSAGE:
    case CALL_POST_CONVERSATION:
    case CALL_ME:
        break;
    }
    return NULL;
}
