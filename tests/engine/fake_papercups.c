#include "fake_papercups.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void fake_papercups_done(struct fake_papercups *papercups)
{
    free(papercups->customers);
    free(papercups->conversations);
    free(papercups->messages);
    *papercups = (struct fake_papercups){0};
}

/* ---- requests ---- */

/* What stands behind `before`, up to one of the characters of `end`. False where `before` is not in text. */
static bool text_after(struct span text, const char *before, const char *end, char *out, size_t size)
{
    const char *at = text.size == 0 ? NULL : memmem(text.data, text.size, before, strlen(before));
    out[0] = 0;
    if (at == NULL)
        return false;
    at += strlen(before);
    size_t length = 0;
    while (at + length < text.data + text.size && strchr(end, at[length]) == NULL && length + 1 < size)
        length++;
    memcpy(out, at, length);
    out[length] = 0;
    return true;
}

static bool number_after(struct span text, const char *before, unsigned *out)
{
    char uuid[37];
    if (!text_after(text, before, "\"&?", uuid, sizeof(uuid)) || strlen(uuid) != 36)
        return false;
    *out = (unsigned)strtoul(uuid + 24, NULL, 10);
    return true;
}

static bool fake_post_read(struct span path, struct span body, struct fake_request *out)
{
    if (span_equal(path, SPAN("/api/v1/customers"))) {
        out->kind = CALL_CREATE_CUSTOMER;
        return text_after(body, "\"external_id\":\"", "\"", out->external_id, sizeof(out->external_id));
    }
    bool message = span_equal(path, SPAN("/api/v1/messages"));
    out->kind = message ? CALL_POST_MESSAGE : CALL_POST_CONVERSATION;
    return (message || span_equal(path, SPAN("/api/v1/conversations"))) && out->event[0] != 0 &&
           number_after(body, message ? "\"conversation_id\":\"" : "\"customer_id\":\"", &out->id);
}

static bool fake_put_read(struct span path, struct span body, struct fake_request *out)
{
    char status[8];
    out->kind = CALL_SET_HOST;
    if (number_after(path, "/api/v1/customers/", &out->id))
        return true;
    out->kind = text_after(body, "\"status\":\"", "\"", status, sizeof(status)) ? CALL_REOPEN : CALL_UNASSIGN;
    return number_after(path, "/api/v1/conversations/", &out->id);
}

bool fake_request_read(struct span method, struct span path, struct span body, struct fake_request *out)
{
    static const struct {
        const char *before;
        enum call_kind kind;
    } reads[] = {{"/api/v1/customers/", CALL_READ_CUSTOMER},
                 {"/api/v1/conversations?customer_id=", CALL_LIST_CONVERSATIONS},
                 {"/api/v1/conversations/", CALL_READ_CONVERSATION},
                 {"/api/v1/messages?conversation_id=", CALL_READ_MESSAGES}};
    *out = (struct fake_request){0};
    text_after(body, "\"cupbearer_event\":\"", "\"", out->event, sizeof(out->event));
    text_after(body, "\"cupbearer\":\"", "\"", out->mark, sizeof(out->mark));
    if (span_equal(method, SPAN("POST")))
        return fake_post_read(path, body, out);
    if (span_equal(method, SPAN("PUT")))
        return fake_put_read(path, body, out);
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        out->kind = reads[i].kind;
        if (number_after(path, reads[i].before, &out->id)) {
            if (memmem(path.data, path.size, "status=closed", strlen("status=closed")) != NULL)
                out->kind = CALL_LIST_CLOSED;
            return true;
        }
    }
    out->kind = CALL_ME;
    if (span_equal(path, SPAN("/api/v1/me")))
        return true;
    out->kind = CALL_FIND_CUSTOMERS;
    return text_after(path, "/api/v1/customers?external_id=", "&", out->external_id,
                      sizeof(out->external_id));
}

bool fake_request_writes(const struct fake_request *request)
{
    return call_writes(&(struct call){.kind = request->kind});
}

bool fake_request_posts(const struct fake_request *request)
{
    return call_posts(&(struct call){.kind = request->kind});
}

void fake_request_write(struct buf *out, const struct fake_request *request)
{
    static const char *const forms[] = {[CALL_FIND_CUSTOMERS] = "find",
                                        [CALL_CREATE_CUSTOMER] = "create",
                                        [CALL_READ_CUSTOMER] = "read c",
                                        [CALL_SET_HOST] = "host c",
                                        [CALL_LIST_CONVERSATIONS] = "list c",
                                        [CALL_LIST_CLOSED] = "list closed c",
                                        [CALL_REOPEN] = "reopen v",
                                        [CALL_UNASSIGN] = "unassign v",
                                        [CALL_READ_CONVERSATION] = "read v",
                                        [CALL_READ_MESSAGES] = "messages v",
                                        [CALL_POST_MESSAGE] = "post v",
                                        [CALL_POST_CONVERSATION] = "open c",
                                        [CALL_ME] = "me"};
    buf_add_text(out, forms[request->kind]);
    if (request->id != 0)
        buf_printf(out, "%u", request->id);
    if (request->external_id[0] != 0)
        buf_printf(out, " %s", request->external_id);
    if (fake_request_posts(request))
        buf_printf(out, " %s", request->event);
}

/* ---- what is there ---- */

static void *fake_more(void *list, unsigned count, size_t size)
{
    return (count & (count - 1)) == 0 ? mem_grow(list, count == 0 ? 1 : count * 2, size) : list;
}

static unsigned fake_add_conversation(struct fake_papercups *p, unsigned customer)
{
    p->conversations = fake_more(p->conversations, p->conversation_count, sizeof(*p->conversations));
    p->conversations[p->conversation_count] = (struct fake_conversation){.customer = customer};
    return ++p->conversation_count;
}

static unsigned fake_add_message(struct fake_papercups *p, unsigned conversation, const char *event,
                                 const char *mark)
{
    p->messages = fake_more(p->messages, p->message_count, sizeof(*p->messages));
    struct fake_message *message = &p->messages[p->message_count];
    *message = (struct fake_message){.conversation = conversation};
    snprintf(message->event, sizeof(message->event), "%s", event);
    snprintf(message->mark, sizeof(message->mark), "%s", mark);
    return ++p->message_count;
}

static unsigned fake_add_customer(struct fake_papercups *p, const char *account, const char *external_id)
{
    p->customers = fake_more(p->customers, p->customer_count, sizeof(*p->customers));
    struct fake_customer *customer = &p->customers[p->customer_count];
    *customer = (struct fake_customer){0};
    snprintf(customer->account, sizeof(customer->account), "%s", account);
    snprintf(customer->external_id, sizeof(customer->external_id), "%s", external_id);
    return ++p->customer_count;
}

static bool fake_has_mark(const struct fake_papercups *p, const char *mark)
{
    for (unsigned i = 0; i < p->message_count; i++)
        if (strcmp(p->messages[i].mark, mark) == 0)
            return true;
    return false;
}

unsigned fake_papercups_store(struct fake_papercups *p, const char *account,
                              const struct fake_request *request)
{
    if (request->kind == CALL_CREATE_CUSTOMER)
        return fake_add_customer(p, account, request->external_id);
    if (request->kind == CALL_REOPEN && request->id <= p->conversation_count)
        p->conversations[request->id - 1].closed = false;
    if (!fake_request_posts(request))
        return request->id;
    if (p->unique_marks && fake_has_mark(p, request->mark))
        return 0;
    if (request->kind == CALL_POST_MESSAGE && request->id <= p->conversation_count)
        return fake_add_message(p, request->id, request->event, request->mark);
    if (request->kind != CALL_POST_CONVERSATION || request->id > p->customer_count)
        return 0;
    unsigned conversation = fake_add_conversation(p, request->id);
    fake_add_message(p, conversation, request->event, request->mark);
    return conversation;
}

/* ---- answers ---- */

static void write_id(struct buf *out, char kind, unsigned number)
{
    buf_printf(out, "\"id\":\"%c0000000-0000-4000-8000-%012u\"", kind, number);
}

static void write_messages(struct buf *out, const struct fake_papercups *p, unsigned conversation)
{
    const char *comma = "";
    for (unsigned i = p->message_count; i > 0; i--) {
        if (p->messages[i - 1].conversation != conversation)
            continue;
        buf_printf(out, "%s{", comma);
        write_id(out, 'e', i);
        buf_printf(out, ",\"metadata\":{\"cupbearer\":\"%s\"}}", p->messages[i - 1].mark);
        comma = ",";
    }
}

enum listed { LISTED_ALL, LISTED_OPEN, LISTED_CLOSED };

static bool is_listed(const struct fake_conversation *conversation, unsigned customer, enum listed which)
{
    if (conversation->customer != customer || which == LISTED_ALL)
        return conversation->customer == customer;
    return !conversation->archived && conversation->closed == (which == LISTED_CLOSED);
}

/* The list of all is that of a customer's row, without messages. */
static void write_conversations(struct buf *out, const struct fake_papercups *p, unsigned customer,
                                enum listed which)
{
    const char *comma = "";
    for (unsigned i = 1; i <= p->conversation_count; i++) {
        if (!is_listed(&p->conversations[i - 1], customer, which))
            continue;
        buf_printf(out, "%s{", comma);
        write_id(out, 'b', i);
        if (which != LISTED_ALL) {
            buf_printf(out, ",\"created_at\":\"%09u\",\"status\":\"%s\",\"messages\":[", i,
                       which == LISTED_OPEN ? "open" : "closed");
            write_messages(out, p, i);
            buf_add_text(out, "]");
        }
        buf_add_text(out, "}");
        comma = ",";
    }
}

static void write_customers(struct buf *out, const struct fake_papercups *p, const char *account,
                            const char *external_id)
{
    const char *comma = "";
    for (unsigned i = 1; i <= p->customer_count; i++) {
        if (strcmp(p->customers[i - 1].account, account) != 0 ||
            strcmp(p->customers[i - 1].external_id, external_id) != 0)
            continue;
        buf_printf(out, "%s{", comma);
        write_id(out, 'a', i);
        buf_printf(out, ",\"host\":\"shop.example\",\"updated_at\":\"%09u\"}", i);
        comma = ",";
    }
}

static int answer_read(const struct fake_papercups *p, const char *account,
                       const struct fake_request *request, struct buf *body)
{
    bool customer_known = request->id >= 1 && request->id <= p->customer_count;
    buf_add_text(body, "{\"total_pages\":1,\"data\":");
    switch (request->kind) {
    case CALL_FIND_CUSTOMERS:
        buf_add_text(body, "[");
        write_customers(body, p, account, request->external_id);
        buf_add_text(body, "]}");
        return 200;
    case CALL_READ_CUSTOMER:
        buf_add_text(body, "{\"host\":\"shop.example\",\"conversations\":[");
        write_conversations(body, p, request->id, LISTED_ALL);
        buf_add_text(body, "]}}");
        return customer_known ? 200 : 404;
    case CALL_LIST_CONVERSATIONS:
    case CALL_LIST_CLOSED:
        buf_add_text(body, "[");
        write_conversations(body, p, request->id,
                            request->kind == CALL_LIST_CLOSED ? LISTED_CLOSED : LISTED_OPEN);
        buf_add_text(body, "]}");
        return 200;
    case CALL_READ_MESSAGES:
        buf_add_text(body, "[");
        write_messages(body, p, request->id);
        buf_add_text(body, "]}");
        return 200;
    case CALL_READ_CONVERSATION:
        buf_add_text(body, "{");
        write_id(body, 'b', request->id);
        buf_add_text(body, "}}");
        return request->id >= 1 && request->id <= p->conversation_count ? 200 : 404;
    case CALL_ME:
        buf_add_text(body, "{\"account_id\":\"" FAKE_ACCOUNT_ID "\"}}");
        return 200;
    case CALL_CREATE_CUSTOMER:
    case CALL_SET_HOST:
    case CALL_REOPEN:
    case CALL_UNASSIGN:
    case CALL_POST_MESSAGE:
    case CALL_POST_CONVERSATION:
        break;
    }
    return 500;
}

int fake_papercups_answer(const struct fake_papercups *p, const char *account,
                          const struct fake_request *request, unsigned made, struct buf *body)
{
    if (!fake_request_writes(request))
        return answer_read(p, account, request, body);
    buf_add_text(body, "{\"data\":{");
    write_id(body, request->kind == CALL_CREATE_CUSTOMER ? 'a' : 'b', made);
    buf_add_text(body, "}}");
    return made > 0 ? 201 : 500;
}

/* ---- for tests ---- */

const struct fake_customer *fake_papercups_reader(const struct fake_papercups *p,
                                                  const struct fake_message *message)
{
    return &p->customers[p->conversations[message->conversation - 1].customer - 1];
}

void fake_papercups_plant_row(struct fake_papercups *p, unsigned customer)
{
    const struct fake_customer like = p->customers[customer - 1];
    fake_add_customer(p, like.account, like.external_id);
}

unsigned fake_papercups_shown(const struct fake_papercups *p, const char *customer, const char *event)
{
    unsigned count = 0;
    for (unsigned i = 0; i < p->message_count; i++)
        count += strcmp(p->messages[i].event, event) == 0 &&
                 strcmp(fake_papercups_reader(p, &p->messages[i])->external_id, customer) == 0;
    return count;
}

void fake_papercups_plant(struct fake_papercups *p, const char *account, const char *external_id,
                          const char *event, const char *mark)
{
    unsigned customer = fake_add_customer(p, account, external_id);
    fake_add_message(p, fake_add_conversation(p, customer), event, mark);
}
