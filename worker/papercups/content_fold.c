#include "papercups/content.h"

#include "base/json_scan.h"
#include "papercups/reply.h"

#define UUID_SIZE      36
#define FOLD_DEPTH_MAX 5 /* of the rules below */

/* What of a message counts for content_read; a span without data is not there. */
struct folded {
    struct span id, mark;
    unsigned seen; /* of the members that content_read looks at, one bit each */
    bool
        odd; /* one of them twice, or what messages do not have: what to think of that is left to content_read */
};

/* Notes that the member is there. */
static void folded_see(struct folded *folded, struct span name)
{
    static const char *const looked_at[] = {"messages", "conversations", "id",         "account_id",
                                            "status",   "created_at",    "updated_at", "external_id",
                                            "host",     "email",         "metadata"};
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

/* Strangers write marks, too: only what may be one of ours is kept. */
static bool fold_message(struct span object, struct buf *out)
{
    struct folded folded = {0};
    struct json_scan scan;
    struct span name;
    json_scan_init(&scan, object, REPLY_DEPTH_MAX - FOLD_DEPTH_MAX);
    if (!json_scan_object(&scan))
        return false;
    while (json_scan_member(&scan, &name)) {
        folded_see(&folded, name);
        if (span_equal(name, SPAN("metadata")))
            folded_metadata(&scan, &folded);
        else if (span_equal(name, SPAN("id")))
            folded_text(&scan, &folded.id);
        else
            json_scan_skip(&scan);
    }
    if (!json_scan_is_done(&scan) || folded.odd)
        return false;
    if (folded.mark.size != MARK_TEXT_SIZE)
        buf_add_text(out, "{}");
    else
        buf_printf(out, "{\"id\":\"%.*s\",\"metadata\":{\"cupbearer\":\"%.*s\"}}",
                   folded.id.size == UUID_SIZE ? UUID_SIZE : 0,
                   folded.id.size == UUID_SIZE ? folded.id.data : "", SPAN_ARGS(folded.mark));
    return true;
}

const struct json_fold_rule *content_fold(enum call_kind call)
{
    static const struct json_fold_rule messages = {3, fold_message}, /* {"data":[{ */
        conversation = {4, fold_message},                            /* {"data":{"messages":[{ */
        conversations = {5, fold_message};                           /* {"data":[{"messages":[{ */
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
