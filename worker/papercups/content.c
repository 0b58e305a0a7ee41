#include "papercups/content.h"

#include "base/json_scan.h"
#include "base/mem.h"
#include "base/time_text.h"
#include "event/payload.h"
#include "papercups/asked.h"
#include "papercups/reply.h"

struct reading {
    struct json_scan scan;
    struct asked asked;
    const struct identity *marks;
    size_t mark_count;
    struct answer *out;
};

static bool reading_things(struct reading *r, struct thing *first);
static bool reading_messages(struct reading *r);

static bool uuid_of(struct span id, struct uuid *out)
{
    if (!uuid_is_valid(id))
        return false;
    memcpy(out->text, id.data, 36);
    out->text[36] = 0;
    return true;
}

static struct span reading_text(struct reading *r)
{
    struct span text = SPAN_NONE;
    if (!json_scan_raw(&r->scan, &text))
        json_scan_skip(&r->scan);
    return text;
}

/* Takes the value; whether there was something. */
static bool reading_anything(struct reading *r)
{
    if (json_scan_null(&r->scan))
        return false;
    json_scan_skip(&r->scan);
    return true;
}

static bool is_mark(struct span text, const struct identity *marks, size_t mark_count)
{
    char mark[MARK_TEXT_SIZE + 1];
    for (size_t i = 0; i < mark_count; i++) {
        identity_mark(&marks[i], mark);
        if (span_equal(text, span_of(mark)))
            return true;
    }
    return false;
}

static bool reading_marked(struct reading *r)
{
    struct span name;
    bool marked = false;
    if (!json_scan_object(&r->scan)) {
        json_scan_skip(&r->scan);
        return false;
    }
    while (json_scan_member(&r->scan, &name))
        if (span_equal(name, SPAN("cupbearer")))
            marked = is_mark(reading_text(r), r->marks, r->mark_count) || marked;
        else
            json_scan_skip(&r->scan);
    return marked;
}

/* A list in a thing counts only where the call asks for it. */
static bool reading_list(struct reading *r, struct span name, struct thing *out)
{
    enum call_kind kind = r->asked.call->kind;
    if (span_equal(name, SPAN("conversations")) && kind == CALL_READ_CUSTOMER) {
        out->has_conversations = true;
        return reading_things(r, NULL);
    }
    if (span_equal(name, SPAN("messages")) &&
        (asked_lists_conversations(&r->asked) || kind == CALL_READ_CONVERSATION)) {
        out->has_messages = true;
        return reading_messages(r);
    }
    json_scan_skip(&r->scan);
    return true;
}

static bool reading_thing(struct reading *r, struct thing *out)
{
    const struct {
        struct span name, *text;
    } texts[] = {
        {SPAN("id"), &out->id},
        {SPAN("account_id"), &out->account_id},
        {SPAN("status"), &out->status},
        {SPAN("created_at"), &out->created_at},
        {SPAN("updated_at"), &out->updated_at},
        {SPAN("customer_id"), &out->customer_id},
        {SPAN("conversation_id"), &out->conversation_id},
        {SPAN("inbox_id"), &out->inbox_id},
        {SPAN("source"), &out->source},
        {SPAN("external_id"), &out->external_id},
        {SPAN("host"), &out->host},
        {SPAN("email"), &out->email},
    };
    struct span name;
    *out = (struct thing){0};
    if (!json_scan_object(&r->scan))
        return false;
    while (json_scan_member(&r->scan, &name)) {
        struct span *text = NULL;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
            if (span_equal(name, texts[i].name))
                text = texts[i].text;
        if (text != NULL && text->data != NULL)
            return false; /* a member twice */
        if (text != NULL)
            *text = reading_text(r);
        else if (span_equal(name, SPAN("assignee_id")))
            out->has_assignee = reading_anything(r);
        else if (span_equal(name, SPAN("metadata")))
            out->marked = reading_marked(r);
        else if (!reading_list(r, name, out))
            return false;
    }
    return !r->scan.failed;
}

static bool reading_add_id(struct answer *out, struct span id)
{
    if (out->id_count == REPLY_IDS_MAX)
        return false;
    if ((out->id_count & (out->id_count - 1)) == 0) /* 0, or a power of two: full */
        out->ids = mem_grow(out->ids, out->id_count == 0 ? 1 : out->id_count * 2, sizeof(*out->ids));
    return uuid_of(id, &out->ids[out->id_count]) && ++out->id_count > 0;
}

/* Papercups says it without a zone, and means UTC. */
static struct wall wall_of(struct span time)
{
    char text[20];
    struct wall wall = {0};
    if (time.size < 19)
        return wall;
    memcpy(text, time.data, 19);
    text[19] = 'Z';
    if (!time_text_read((struct span){text, sizeof(text)}, &wall.ms))
        wall.ms = 0;
    return wall;
}

/* What of the conversation to post to counts. */
static void reading_chosen(struct answer *out, const struct thing *conversation)
{
    out->closed = span_equal(conversation->status, SPAN("closed"));
    out->unassigned = out->id_count > 0 && !conversation->has_assignee;
    out->begun = wall_of(conversation->created_at);
}

/* By their bytes: the times of one list are all written alike. */
static bool is_later(struct span a, struct span b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return order > 0 || (order == 0 && a.size > b.size);
}

/* By what the things of a list are told apart; where all have none, the list's own first is it. */
static struct span time_of(const struct reading *r, const struct thing *thing)
{
    return asked_lists_customers(&r->asked)       ? thing->updated_at
           : asked_lists_conversations(&r->asked) ? thing->created_at
                                                  : SPAN_NONE;
}

/* The ids of a list, that of the latest thing first, which `first` becomes (NULL: nobody asks). */
static bool reading_things(struct reading *r, struct thing *first)
{
    struct answer *out = r->out;
    struct thing thing;
    struct span latest = SPAN_NONE;
    size_t before = out->id_count;
    if (!json_scan_array(&r->scan))
        return false;
    while (json_scan_item(&r->scan)) {
        bool found_before = out->mark_found;
        if (!reading_thing(r, &thing) || !asked_is_listed(&r->asked, &thing))
            return false;
        if (r->asked.call->kind == CALL_FIND_CUSTOMERS && !asked_is_found(&r->asked, &thing))
            continue;
        if (!reading_add_id(out, thing.id) || (asked_lists_conversations(&r->asked) && !thing.has_messages))
            return false;
        if (out->mark_found && !found_before)
            out->marked_in = out->ids[out->id_count - 1];
        struct span at = time_of(r, &thing);
        if (out->id_count - before > 1 && !is_later(at, latest))
            continue;
        struct uuid id = out->ids[out->id_count - 1];
        out->ids[out->id_count - 1] = out->ids[before];
        out->ids[before] = id;
        latest = at;
        if (first != NULL)
            *first = thing;
    }
    return !r->scan.failed;
}

static bool reading_messages(struct reading *r)
{
    struct thing message;
    if (!json_scan_array(&r->scan))
        return false;
    while (json_scan_item(&r->scan)) {
        if (!reading_thing(r, &message))
            return false;
        if (r->asked.call->kind == CALL_READ_MESSAGES && !asked_is_call(&r->asked, message.conversation_id))
            return false;
        if (message.marked) {
            r->out->mark_found = true;
            uuid_of(message.id, &r->out->marked);
        }
    }
    return !r->scan.failed;
}

static void text_cut(struct span text, char *out, size_t size)
{
    size_t length = text.size < size ? text.size : size - 1;
    memcpy(out, text.size == 0 ? "" : text.data, length);
    out[length] = 0;
}

static bool reading_data(struct reading *r)
{
    struct answer *out = r->out;
    struct thing thing = {0};
    switch (r->asked.call->kind) {
    case CALL_FIND_CUSTOMERS:
    case CALL_LIST_CUSTOMERS:
        if (!reading_things(r, &thing))
            return false;
        text_cut(thing.updated_at, out->updated_at, sizeof(out->updated_at));
        return true;
    case CALL_LIST_CONVERSATIONS:
    case CALL_LIST_CLOSED:
        if (!reading_things(r, &thing))
            return false;
        reading_chosen(out, &thing);
        return true;
    case CALL_READ_MESSAGES:
        return reading_messages(r);
    case CALL_READ_CUSTOMER:
        if (!reading_thing(r, &thing) || !thing.has_conversations || !asked_is_call(&r->asked, thing.id))
            return false;
        out->host_missing = thing.host.data == NULL;
        return true;
    case CALL_READ_CONVERSATION:
        if (!reading_thing(r, &thing) || !asked_is_call(&r->asked, thing.id) ||
            !asked_is_account(&r->asked, &thing) || !reading_add_id(out, thing.id))
            return false;
        reading_chosen(out, &thing);
        if (out->mark_found)
            out->marked_in = out->ids[0];
        return true;
    case CALL_ME: /* whose key it is: the account's id stands where other answers have the thing's own */
        return reading_thing(r, &thing) && reading_add_id(out, thing.account_id);
    case CALL_CREATE_CUSTOMER:
        return reading_thing(r, &thing) && asked_is_made(&r->asked, &thing) && reading_add_id(out, thing.id);
    case CALL_SET_HOST:
        return reading_thing(r, &thing) && asked_is_call(&r->asked, thing.id) &&
               reading_add_id(out, thing.id);
    case CALL_REOPEN:
    case CALL_UNASSIGN:
        return reading_thing(r, &thing) && asked_is_call(&r->asked, thing.id) &&
               asked_is_account(&r->asked, &thing) && reading_add_id(out, thing.id);
    case CALL_POST_MESSAGE:
        return reading_thing(r, &thing) && asked_is_posted(&r->asked, &thing) &&
               reading_add_id(out, thing.id);
    case CALL_POST_CONVERSATION:
        return reading_thing(r, &thing) && asked_is_call(&r->asked, thing.customer_id) &&
               asked_is_account(&r->asked, &thing) && reading_add_id(out, thing.id);
    }
    return false;
}

bool content_read(struct span body, const struct call *call, const struct identity *marks, size_t mark_count,
                  const struct question *question, struct answer *out)
{
    struct reading r = {
        .asked = {call, question, mark_count > 0}, .marks = marks, .mark_count = mark_count, .out = out};
    struct span name;
    bool has_data = false, has_pages = false;
    size_t pages = 0, page = 0;
    json_scan_init(&r.scan, body, REPLY_DEPTH_MAX);
    if (!json_scan_object(&r.scan))
        return false;
    while (json_scan_member(&r.scan, &name)) {
        if (span_equal(name, SPAN("data"))) {
            if (has_data || !reading_data(&r))
                return false;
            has_data = true;
        } else if (span_equal(name, SPAN("page_number")) && json_scan_count(&r.scan, &page)) {
            if (asked_lists_customers(&r.asked) && page != (size_t)call->page + 1)
                return false; /* of another page than was asked for */
        } else if (!span_equal(name, SPAN("total_pages")) ||
                   !(has_pages = json_scan_count(&r.scan, &pages))) {
            json_scan_skip(&r.scan);
        }
    }
    out->incomplete = asked_lists_customers(&r.asked) && pages > (size_t)call->page + 1;
    return json_scan_is_done(&r.scan) && has_data && (has_pages || !asked_lists_customers(&r.asked));
}
