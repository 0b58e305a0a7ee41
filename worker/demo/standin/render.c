#include "demo/standin/render.h"

/* `name` comes with its quotes, colon and the comma before it: ,"name": */
static void render_json(struct buf *out, const char *name, const char *json)
{
    buf_add_text(out, name);
    buf_add_text(out, json == NULL ? "null" : json);
}

static void render_plain(struct buf *out, const char *name, const char *text)
{
    buf_add_text(out, name);
    buf_add(out, "\"", 1);
    buf_add_text(out, text);
    buf_add(out, "\"", 1);
}

/* `zone`: "Z", or "" for the times that Papercups writes without one. */
static void render_time(struct buf *out, const char *name, const char *time, const char *zone)
{
    buf_add_text(out, name);
    if (time[0] == 0) {
        buf_add_text(out, "null");
        return;
    }
    buf_add(out, "\"", 1);
    buf_add_text(out, time);
    buf_add_text(out, zone);
    buf_add(out, "\"", 1);
}

static void render_bool(struct buf *out, const char *name, bool value)
{
    render_json(out, name, value ? "true" : "false");
}

static const char *customer_title(const struct standin_customer *customer)
{
    if (customer->texts[STANDIN_NAME] != NULL)
        return customer->texts[STANDIN_NAME];
    if (customer->texts[STANDIN_EMAIL] != NULL)
        return customer->texts[STANDIN_EMAIL];
    return "\"Anonymous User\"";
}

static void render_customer_conversations(struct buf *out, const struct standin_customer *customer,
                                          unsigned with)
{
    const struct standin_conversation *latest = NULL;
    buf_add_text(out, ",\"conversations\":[");
    size_t count = 0;
    for (const struct standin_conversation *c = customer->conversations; c != NULL; c = c->next_of_customer) {
        if (with & STANDIN_WITH_CONVERSATIONS) {
            standin_render_comma(out, count++);
            standin_render_conversation(out, c);
        } else if (latest == NULL || standin_conversation_order(c, latest) < 0) {
            latest = c;
        }
    }
    if (latest != NULL)
        standin_render_conversation(out, latest);
    buf_add_text(out, "]");
}

static void render_customer_messages(struct buf *out, const struct standin_customer *customer)
{
    buf_add_text(out, ",\"messages\":[");
    size_t count = 0;
    for (const struct standin_conversation *c = customer->conversations; c != NULL; c = c->next_of_customer) {
        for (const struct standin_message *message = c->first; message != NULL; message = message->next) {
            if (message->customer != customer)
                continue;
            standin_render_comma(out, count++);
            standin_render_message(out, message);
        }
    }
    buf_add_text(out, "]");
}

/* Members come by their names; these have none of another kind in between. */
static void render_customer_middle(struct buf *out, const struct standin_customer *customer)
{
    char *const *texts = customer->texts;
    render_json(out, ",\"metadata\":", customer->metadata);
    render_json(out, ",\"name\":", texts[STANDIN_NAME]);
    buf_add_text(out, ",\"object\":\"customer\"");
    render_json(out, ",\"os\":", texts[STANDIN_OS]);
    render_json(out, ",\"pathname\":", texts[STANDIN_PATHNAME]);
    render_json(out, ",\"phone\":", texts[STANDIN_PHONE]);
    render_json(out, ",\"profile_photo_url\":", texts[STANDIN_PROFILE_PHOTO_URL]);
}

void standin_render_customer(struct buf *out, const struct standin_customer *customer, unsigned with)
{
    char *const *texts = customer->texts;
    render_json(out, "{\"browser\":", texts[STANDIN_BROWSER]);
    if (with & STANDIN_WITH_COMPANY)
        buf_add_text(out, ",\"company\":null");
    buf_add_text(out, ",\"company_id\":null");
    if (with & (STANDIN_WITH_CONVERSATIONS | STANDIN_WITH_LATEST))
        render_customer_conversations(out, customer, with);
    render_time(out, ",\"created_at\":", customer->created_at, "");
    render_json(out, ",\"current_url\":", texts[STANDIN_CURRENT_URL]);
    render_json(out, ",\"email\":", texts[STANDIN_EMAIL]);
    render_json(out, ",\"external_id\":", texts[STANDIN_EXTERNAL_ID]);
    buf_printf(out, ",\"first_seen\":\"%.10s\"", customer->first_seen);
    render_json(out, ",\"host\":", texts[STANDIN_HOST]);
    render_plain(out, ",\"id\":", customer->id);
    buf_add_text(out, ",\"ip\":\"127.0.0.1\"");
    render_time(out, ",\"last_seen_at\":", customer->last_seen_at, "Z");
    if (with & STANDIN_WITH_MESSAGES)
        render_customer_messages(out, customer);
    render_customer_middle(out, customer);
    if (with & STANDIN_WITH_TAGS)
        buf_add_text(out, ",\"tags\":[]");
    render_json(out, ",\"time_zone\":", texts[STANDIN_TIME_ZONE]);
    render_json(out, ",\"title\":", customer_title(customer));
    render_time(out, ",\"updated_at\":", customer->updated_at, "");
    buf_add_text(out, "}");
}

/* A message's customer has fewer members. */
static void render_customer_basic(struct buf *out, const struct standin_customer *customer)
{
    char *const *texts = customer->texts;
    render_json(out, ",\"customer\":{\"browser\":", texts[STANDIN_BROWSER]);
    buf_add_text(out, ",\"company_id\":null");
    render_time(out, ",\"created_at\":", customer->created_at, "");
    render_json(out, ",\"current_url\":", texts[STANDIN_CURRENT_URL]);
    render_json(out, ",\"email\":", texts[STANDIN_EMAIL]);
    render_json(out, ",\"external_id\":", texts[STANDIN_EXTERNAL_ID]);
    render_json(out, ",\"host\":", texts[STANDIN_HOST]);
    render_plain(out, ",\"id\":", customer->id);
    render_customer_middle(out, customer);
    render_json(out, ",\"title\":", customer_title(customer));
    render_time(out, ",\"updated_at\":", customer->updated_at, "");
    buf_add_text(out, "}");
}

static void render_user(struct buf *out, const struct standin_message *message)
{
    if (message->customer != NULL) {
        buf_add_text(out, ",\"user\":null,\"user_id\":null");
        return;
    }
    const struct standin_owner *owner = message->owner;
    buf_add_text(out, ",\"user\":{\"archived_at\":null");
    render_time(out, ",\"created_at\":", owner->created_at, "");
    render_json(out, ",\"disabled_at\":null,\"email\":", owner->email);
    buf_printf(out, ",\"id\":%d,\"object\":\"user\",\"role\":\"admin\"},\"user_id\":%d", owner->user_id,
               owner->user_id);
}

static void render_conversation_start(struct buf *out, const struct standin_conversation *conversation)
{
    render_plain(out, "{\"account_id\":", conversation->owner->account_id);
    if (conversation->assignee_id == 0)
        buf_add_text(out, ",\"assignee_id\":null");
    else
        buf_printf(out, ",\"assignee_id\":%d", conversation->assignee_id);
    render_time(out, ",\"closed_at\":", conversation->closed_at, "Z");
    render_time(out, ",\"created_at\":", conversation->created_at, "");
}

static void render_conversation_ids(struct buf *out, const struct standin_conversation *conversation)
{
    render_plain(out, ",\"customer_id\":", conversation->customer->id);
    render_plain(out, ",\"id\":", conversation->id);
    render_plain(out, ",\"inbox_id\":", conversation->inbox_id);
    render_time(out, ",\"last_activity_at\":", conversation->last_activity_at, "Z");
}

static void render_conversation_end(struct buf *out, const struct standin_conversation *conversation)
{
    render_json(out, ",\"metadata\":", conversation->metadata);
    buf_add_text(out, ",\"object\":\"conversation\"");
    render_json(
        out, ",\"priority\":", conversation->priority == NULL ? "\"not_priority\"" : conversation->priority);
    render_bool(out, ",\"read\":", conversation->read);
    render_plain(out, ",\"source\":", conversation->source);
    render_plain(out, ",\"status\":", conversation->status);
    render_json(out, ",\"subject\":", conversation->subject);
}

void standin_render_conversation(struct buf *out, const struct standin_conversation *conversation)
{
    render_conversation_start(out, conversation);
    render_conversation_ids(out, conversation);
    render_conversation_end(out, conversation);
    buf_add_text(out, "}");
}

void standin_render_conversation_expanded(struct buf *out, const struct standin_conversation *conversation)
{
    render_conversation_start(out, conversation);
    buf_add_text(out, ",\"customer\":");
    standin_render_customer(out, conversation->customer, 0);
    render_conversation_ids(out, conversation);
    buf_add_text(out, ",\"mentions\":[],\"messages\":[");
    size_t count = 0;
    for (const struct standin_message *message = conversation->first; message != NULL;
         message = message->next) {
        standin_render_comma(out, count++);
        standin_render_message_expanded(out, message);
    }
    buf_add_text(out, "]");
    render_conversation_end(out, conversation);
    buf_add_text(out, ",\"tags\":[]}");
}

static void render_message_rest(struct buf *out, const struct standin_message *message)
{
    render_plain(out, ",\"id\":", message->id);
    render_json(out, ",\"metadata\":", message->metadata);
    buf_add_text(out, ",\"object\":\"message\"");
    render_bool(out, ",\"private\":", message->is_private);
    render_time(out, ",\"seen_at\":", message->seen_at, "Z");
    render_time(out, ",\"sent_at\":", message->sent_at, "Z");
    render_plain(out, ",\"source\":", message->source);
    render_plain(out, ",\"type\":", message->type);
}

static void render_message_start(struct buf *out, const struct standin_message *message, bool expanded)
{
    render_plain(out, "{\"account_id\":", message->owner->account_id);
    if (expanded)
        buf_add_text(out, ",\"attachments\":[]");
    render_json(out, ",\"body\":", message->body);
    render_json(out,
                ",\"content_type\":", message->content_type == NULL ? "\"text\"" : message->content_type);
    render_plain(out, ",\"conversation_id\":", message->conversation->id);
    render_time(out, ",\"created_at\":", message->created_at, "");
    if (message->customer == NULL) {
        buf_add_text(out, ",\"customer_id\":null");
        return;
    }
    if (expanded)
        render_customer_basic(out, message->customer);
    render_plain(out, ",\"customer_id\":", message->customer->id);
}

void standin_render_message(struct buf *out, const struct standin_message *message)
{
    render_message_start(out, message, false);
    render_message_rest(out, message);
    if (message->customer == NULL)
        buf_printf(out, ",\"user_id\":%d}", message->owner->user_id);
    else
        buf_add_text(out, ",\"user_id\":null}");
}

void standin_render_message_expanded(struct buf *out, const struct standin_message *message)
{
    render_message_start(out, message, true);
    render_message_rest(out, message);
    render_user(out, message);
    buf_add_text(out, "}");
}
