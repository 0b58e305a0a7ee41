#include "fake_papercups.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time_text.h"

void fake_papercups_done(struct fake_papercups *papercups)
{
    free(papercups->customers);
    free(papercups->conversations);
    free(papercups->messages);
    *papercups = (struct fake_papercups){0};
}

/* ---- what is there ---- */

static void *fake_more(void *list, unsigned count, size_t size)
{
    return (count & (count - 1)) == 0 ? mem_grow(list, count == 0 ? 1 : count * 2, size) : list;
}

static unsigned fake_add_conversation(struct fake_papercups *p, unsigned customer, struct moment now)
{
    p->conversations = fake_more(p->conversations, p->conversation_count, sizeof(*p->conversations));
    p->conversations[p->conversation_count] = (struct fake_conversation){.customer = customer, .begun = now};
    return ++p->conversation_count;
}

static unsigned fake_add_message(struct fake_papercups *p, unsigned conversation, const char *event,
                                 const char *mark)
{
    p->messages = fake_more(p->messages, p->message_count, sizeof(*p->messages));
    struct fake_message *message = &p->messages[p->message_count];
    *message = (struct fake_message){.conversation = conversation, .stored_at = p->now};
    snprintf(message->event, sizeof(message->event), "%s", event);
    snprintf(message->mark, sizeof(message->mark), "%s", mark);
    return ++p->message_count;
}

unsigned fake_papercups_add_row(struct fake_papercups *p, const struct fake_customer *row)
{
    p->customers = fake_more(p->customers, p->customer_count, sizeof(*p->customers));
    struct fake_customer *customer = &p->customers[p->customer_count];
    *customer = *row;
    customer->number = ++p->customer_count;
    fake_papercups_touch_row(p, customer->number);
    return customer->number;
}

void fake_papercups_touch_row(struct fake_papercups *p, unsigned customer)
{
    p->customers[customer - 1].updated = ++p->updates;
    p->customers[customer - 1].updated_at = p->now;
}

static unsigned fake_add_customer(struct fake_papercups *p, const char *account,
                                  const struct fake_request *request)
{
    struct fake_customer row = {0};
    snprintf(row.account, sizeof(row.account), "%s", account);
    snprintf(row.external_id, sizeof(row.external_id), "%s", request->external_id);
    snprintf(row.host, sizeof(row.host), "%s", request->host);
    snprintf(row.email, sizeof(row.email), "%s", request->email);
    return fake_papercups_add_row(p, &row);
}

static bool fake_has_mark(const struct fake_papercups *p, const char *mark)
{
    for (unsigned i = 0; i < p->message_count; i++)
        if (strcmp(p->messages[i].mark, mark) == 0)
            return true;
    return false;
}

static unsigned fake_post(struct fake_papercups *p, const struct fake_request *request, struct moment now)
{
    int64_t age_ms = now.mono.ms - p->conversations[request->id - 1].begun.mono.ms;
    unsigned number = fake_add_message(p, request->id, request->event, request->mark);
    p->messages[number - 1].missed = age_ms >= FAKE_FETCH_MS && age_ms < FAKE_JOIN_MS;
    return number;
}

void fake_papercups_unhide(struct fake_papercups *p, unsigned conversation)
{
    for (unsigned i = 0; i < p->message_count; i++)
        if (p->messages[i].conversation == conversation)
            p->messages[i].hidden = false;
}

unsigned fake_papercups_store(struct fake_papercups *p, const char *account,
                              const struct fake_request *request, struct moment now)
{
    if (request->kind == CALL_CREATE_CUSTOMER)
        return fake_add_customer(p, account, request);
    if (request->kind == CALL_REOPEN && request->id <= p->conversation_count) {
        p->conversations[request->id - 1].closed = false;
        fake_papercups_unhide(p, request->id);
    }
    if (request->kind == CALL_SET_HOST && request->id <= p->customer_count) {
        struct fake_customer *row = &p->customers[request->id - 1];
        snprintf(row->host, sizeof(row->host), "%s", request->host);
        fake_papercups_touch_row(p, row->number);
    }
    if (!fake_request_posts(request))
        return request->id;
    if (p->unique_marks && fake_has_mark(p, request->mark)) {
        if (request->kind == CALL_POST_CONVERSATION && request->id <= p->customer_count)
            fake_add_conversation(p, request->id, now); /* two writes: an empty one stays */
        return 0;
    }
    if (request->kind == CALL_POST_MESSAGE && request->id <= p->conversation_count)
        return fake_post(p, request, now);
    if (request->kind != CALL_POST_CONVERSATION || request->id > p->customer_count)
        return 0;
    unsigned conversation = fake_add_conversation(p, request->id, now);
    fake_add_message(p, conversation, request->event, request->mark);
    return conversation;
}

/* ---- answers ---- */

static void write_id(struct buf *out, char kind, unsigned number)
{
    buf_printf(out, "\"id\":\"%c0000000-0000-4000-8000-%012u\"", kind, number);
}

static void write_member(struct buf *out, const char *name, char kind, unsigned number)
{
    buf_printf(out, ",\"%s\":\"%c0000000-0000-4000-8000-%012u\"", name, kind, number);
}

static void write_message(struct buf *out, const struct fake_papercups *p, unsigned number)
{
    const struct fake_message *message = &p->messages[number - 1];
    buf_add_text(out, "{");
    write_id(out, 'e', number);
    write_member(out, "conversation_id", 'b', message->conversation);
    buf_printf(out, ",\"metadata\":{\"cupbearer\":\"%s\"}}", message->mark);
}

static void write_messages(struct buf *out, const struct fake_papercups *p, unsigned conversation)
{
    const char *comma = "";
    for (unsigned i = p->message_count; i > 0; i--) {
        if (p->messages[i - 1].conversation != conversation ||
            p->now.ms - p->messages[i - 1].stored_at.ms < p->behind_ms)
            continue;
        buf_add_text(out, comma);
        write_message(out, p, i);
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

static void write_state(struct buf *out, const struct fake_conversation *conversation)
{
    char begun[21];
    time_text_write(begun, conversation->begun.wall.ms);
    begun[19] = 0; /* Papercups says it without its Z */
    buf_printf(out, ",\"created_at\":\"%s\",\"status\":\"%s\"", begun,
               conversation->closed ? "closed" : "open");
}

/* The list of all is that of a customer's row, without messages. In the others the newest comes first: some may have begun
 * in the same second. */
static void write_conversations(struct buf *out, const struct fake_papercups *p, unsigned customer,
                                enum listed which)
{
    const char *comma = "";
    for (unsigned place = 1; place <= p->conversation_count; place++) {
        unsigned i = which == LISTED_ALL ? place : p->conversation_count + 1 - place;
        if (!is_listed(&p->conversations[i - 1], customer, which))
            continue;
        buf_printf(out, "%s{", comma);
        write_id(out, 'b', i);
        write_member(out, "customer_id", 'a', customer);
        if (which != LISTED_ALL) {
            write_state(out, &p->conversations[i - 1]);
            buf_add_text(out, ",\"messages\":[");
            write_messages(out, p, i);
            buf_add_text(out, "]");
        }
        buf_add_text(out, "}");
        comma = ",";
    }
}

/* As ILIKE: any case, `_` for any character, `%` for any number of them. */
static bool is_like(const char *text, const char *pattern)
{
    if (*pattern == 0)
        return *text == 0;
    if (*pattern == '%')
        return is_like(text, pattern + 1) || (*text != 0 && is_like(text + 1, pattern));
    return *text != 0 &&
           (*pattern == '_' || tolower((unsigned char)*text) == tolower((unsigned char)*pattern)) &&
           is_like(text + 1, pattern + 1);
}

/* What is not asked for (""), matches; a row's null matches nothing else. */
static bool answers(const char *text, const char *pattern)
{
    return pattern[0] == 0 || (text[0] != 0 && is_like(text, pattern));
}

static bool row_answers(const struct fake_customer *row, const char *account,
                        const struct fake_request *request)
{
    return strcmp(row->account, account) == 0 && strcmp(row->external_id, request->external_id) == 0 &&
           answers(row->host, request->host) && answers(row->email, request->email);
}

static void write_text_or_null(struct buf *out, const char *name, const char *text)
{
    if (text[0] == 0)
        buf_printf(out, ",\"%s\":null", name);
    else
        buf_printf(out, ",\"%s\":\"%s\"", name, text);
}

static void write_row(struct buf *out, const struct fake_customer *row)
{
    write_id(out, 'a', row->number);
    buf_printf(out, ",\"external_id\":\"%s\",\"updated_at\":\"%09u\"", row->external_id, row->updated);
    write_text_or_null(out, "host", row->host);
    write_text_or_null(out, "email", row->email);
}

/* One page of them; how many pages there are. */
static unsigned write_customers(struct buf *out, const struct fake_papercups *p, const char *account,
                                const struct fake_request *request)
{
    unsigned size = p->page_size == 0 ? 50 : p->page_size, found = 0;
    for (unsigned i = 0; i < p->customer_count; i++) {
        if (!row_answers(&p->customers[i], account, request))
            continue;
        if (found / size == request->page) {
            buf_add_text(out, found % size == 0 ? "{" : ",{");
            write_row(out, &p->customers[i]);
            buf_add_text(out, "}");
        }
        found++;
    }
    return found == 0 ? 1 : (found + size - 1) / size;
}

/* What is another account's is as if it were not there; only posts are taken for it. */
static bool knows_customer(const struct fake_papercups *p, const char *account, unsigned customer)
{
    return customer >= 1 && customer <= p->customer_count &&
           strcmp(p->customers[customer - 1].account, account) == 0;
}

static bool knows_conversation(const struct fake_papercups *p, const char *account, unsigned conversation)
{
    return conversation >= 1 && conversation <= p->conversation_count &&
           knows_customer(p, account, p->conversations[conversation - 1].customer);
}

static int answer_customer(const struct fake_papercups *p, const char *account, unsigned customer,
                           struct buf *body)
{
    if (!knows_customer(p, account, customer))
        return 404;
    buf_add_text(body, "{");
    write_id(body, 'a', customer);
    write_text_or_null(body, "host", p->customers[customer - 1].host);
    buf_add_text(body, ",\"conversations\":[");
    write_conversations(body, p, customer, LISTED_ALL);
    buf_add_text(body, "]}}");
    return 200;
}

static int answer_read(const struct fake_papercups *p, const char *account,
                       const struct fake_request *request, struct buf *body)
{
    buf_add_text(body, "{\"data\":");
    switch (request->kind) {
    case CALL_FIND_CUSTOMERS:
    case CALL_LIST_CUSTOMERS:
        buf_add_text(body, "[");
        buf_printf(body, "],\"page_number\":%u,\"total_pages\":%u}", request->page + 1,
                   write_customers(body, p, account, request));
        return 200;
    case CALL_READ_CUSTOMER:
        return answer_customer(p, account, request->id, body);
    case CALL_LIST_CONVERSATIONS:
    case CALL_LIST_CLOSED:
        buf_add_text(body, "[");
        if (knows_customer(p, account, request->id))
            write_conversations(body, p, request->id,
                                request->kind == CALL_LIST_CLOSED ? LISTED_CLOSED : LISTED_OPEN);
        buf_add_text(body, "]}");
        return 200;
    case CALL_READ_MESSAGES:
        buf_add_text(body, "[");
        if (knows_conversation(p, account, request->id))
            write_messages(body, p, request->id);
        buf_add_text(body, "]}");
        return 200;
    case CALL_READ_CONVERSATION:
        if (!knows_conversation(p, account, request->id))
            return 404;
        buf_add_text(body, "{");
        write_id(body, 'b', request->id);
        write_member(body, "customer_id", 'a', p->conversations[request->id - 1].customer);
        write_state(body, &p->conversations[request->id - 1]);
        buf_add_text(body, "}}");
        return 200;
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

/* What a write has made, or changed. */
static void answer_written(const struct fake_papercups *p, const struct fake_request *request, unsigned made,
                           struct buf *body)
{
    buf_add_text(body, "{\"data\":");
    if (request->kind == CALL_POST_MESSAGE) {
        write_message(body, p, made);
        buf_add_text(body, "}");
        return;
    }
    buf_add_text(body, "{");
    if (request->kind == CALL_CREATE_CUSTOMER)
        write_row(body, &p->customers[made - 1]);
    else
        write_id(body, request->kind == CALL_SET_HOST ? 'a' : 'b', made);
    if (request->kind == CALL_POST_CONVERSATION)
        write_member(body, "customer_id", 'a', request->id);
    buf_add_text(body, "}}");
}

/* Its errors have two forms: Papercups' own, and Phoenix'. */
int fake_papercups_error(int status, struct buf *body)
{
    buf_clear(body);
    if (status == 401)
        buf_add_text(body, "{\"error\":{\"code\":401,\"message\":\"Not authenticated\"}}");
    else
        buf_printf(body, "{\"errors\":{\"detail\":\"%s\"}}",
                   status == 404 ? "Not Found" : "Internal Server Error");
    return status;
}

int fake_papercups_answer(const struct fake_papercups *p, const char *account,
                          const struct fake_request *request, unsigned made, struct buf *body)
{
    bool writes = fake_request_writes(request);
    int status = !writes ? answer_read(p, account, request, body) : made > 0 ? 201 : 500;
    if (status >= 400)
        return fake_papercups_error(status, body);
    if (writes)
        answer_written(p, request, made, body);
    return status;
}

/* ---- for tests ---- */

const struct fake_customer *fake_papercups_reader(const struct fake_papercups *p,
                                                  const struct fake_message *message)
{
    return &p->customers[p->conversations[message->conversation - 1].customer - 1];
}

const struct fake_customer *fake_papercups_row(const struct fake_papercups *p, const char *account,
                                               const struct fake_request *question)
{
    const struct fake_customer *newest = NULL;
    for (unsigned i = 0; i < p->customer_count; i++)
        if (row_answers(&p->customers[i], account, question) &&
            (newest == NULL || p->customers[i].updated > newest->updated))
            newest = &p->customers[i];
    return newest;
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
    struct fake_request request = {.host = "shop.example"};
    snprintf(request.external_id, sizeof(request.external_id), "%s", external_id);
    unsigned customer = fake_add_customer(p, account, &request);
    fake_add_message(p, fake_add_conversation(p, customer, (struct moment){0}), event, mark);
}
