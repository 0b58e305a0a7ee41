#include "demo/standin/calls.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "demo/standin/render.h"

#define PAGE_MAX 50 /* recorded: conversations a page, whatever `limit` says */

/* What a list asks for; an empty id, and text without data, is any. */
struct conversation_filter {
    char customer_id[STANDIN_ID_SIZE], inbox_id[STANDIN_ID_SIZE];
    struct span status, source;
};

static bool conversation_fits(const struct standin_conversation *conversation,
                              const struct conversation_filter *filter)
{
    if (conversation->archived_at[0] != 0)
        return false;
    if (filter->status.data != NULL && !span_equal(span_of(conversation->status), filter->status))
        return false;
    if (filter->source.data != NULL && !span_equal(span_of(conversation->source), filter->source))
        return false;
    return filter->inbox_id[0] == 0 || strcmp(conversation->inbox_id, filter->inbox_id) == 0;
}

static int conversation_compare(const void *left, const void *right)
{
    const struct standin_conversation *const *a = left, *const *b = right;
    return standin_conversation_order(*a, *b);
}

/* Those of the key's account that fit, sorted; the array is to be freed. */
static struct standin_conversation **conversations_find(const struct standin_call *call,
                                                        const struct conversation_filter *filter,
                                                        size_t *out_count)
{
    bool one = filter->customer_id[0] != 0;
    struct standin_conversation *at = call->owner->conversations;
    if (one) {
        struct standin_customer *customer = standin_store_customer(call->store, filter->customer_id);
        at = customer == NULL ? NULL : customer->conversations;
    }
    struct standin_conversation **found = NULL;
    size_t count = 0, capacity = 0;
    for (; at != NULL; at = one ? at->next_of_customer : at->next_of_owner) {
        if (at->owner != call->owner || !conversation_fits(at, filter))
            continue;
        if (count == capacity) {
            capacity = capacity == 0 ? 16 : capacity * 2;
            found = mem_grow(found, capacity, sizeof(struct standin_conversation *));
        }
        found[count++] = at;
    }
    if (count > 0)
        qsort(found, count, sizeof(struct standin_conversation *), conversation_compare);
    *out_count = count;
    return found;
}

/* A cursor names the conversation behind which, or before which, the page lies: "conversation/ID" in base64url. */
#define CURSOR_PREFIX "conversation/"
#define CURSOR_SIZE                                                                                          \
    sodium_base64_ENCODED_LEN(sizeof(CURSOR_PREFIX) + STANDIN_ID_SIZE, sodium_base64_VARIANT_URLSAFE)

static void conversation_write_cursor(struct buf *out, const struct standin_conversation *conversation)
{
    char text[sizeof(CURSOR_PREFIX) + STANDIN_ID_SIZE], cursor[CURSOR_SIZE];
    int size = snprintf(text, sizeof(text), CURSOR_PREFIX "%s", conversation->id);
    sodium_bin2base64(cursor, sizeof(cursor), (unsigned char *)text, (size_t)size,
                      sodium_base64_VARIANT_URLSAFE);
    buf_printf(out, "\"%s\"", cursor);
}

static struct standin_conversation *conversation_read_cursor(struct standin_store *store, struct span cursor)
{
    char text[sizeof(CURSOR_PREFIX) + STANDIN_ID_SIZE], id[STANDIN_ID_SIZE];
    size_t size;
    if (sodium_base642bin((unsigned char *)text, sizeof(text), cursor.data, cursor.size, NULL, &size, NULL,
                          sodium_base64_VARIANT_URLSAFE) != 0)
        return NULL;
    struct span rest = {text, size};
    if (!span_starts(rest, SPAN(CURSOR_PREFIX)) ||
        !standin_id_read(span_skip(rest, sizeof(CURSOR_PREFIX) - 1), id))
        return NULL;
    return standin_store_conversation(store, id);
}

static void conversations_write_page(struct buf *out, struct standin_conversation **found, size_t count,
                                     const struct standin_conversation *after, size_t limit)
{
    size_t start = 0;
    while (after != NULL && start < count && standin_conversation_order(found[start], after) <= 0)
        start++;
    size_t end = count - start > limit ? start + limit : count;
    buf_add_text(out, "{\"data\":[");
    for (size_t i = start; i < end; i++) {
        standin_render_comma(out, i - start);
        standin_render_conversation_expanded(out, found[i]);
    }
    buf_printf(out, "],\"limit\":%zu,\"next\":", limit);
    if (end < count)
        conversation_write_cursor(out, found[end - 1]);
    else
        buf_add_text(out, "null");
    buf_add_text(out, ",\"previous\":");
    if (start > 0 && start < end)
        conversation_write_cursor(out, found[start]);
    else
        buf_add_text(out, "null");
    buf_printf(out, ",\"total\":%zu}", count);
}

/* The widget shows the first of these. Whose conversation it is, and to whom it is given, is its id's secret. */
void standin_conversations_of_customer(const struct standin_call *call)
{
    const struct standin_request *request = call->request;
    struct span inbox_id = standin_request_param(request, "inbox_id");
    char account[STANDIN_ID_SIZE], id[STANDIN_ID_SIZE];
    struct conversation_filter filter = {.status = SPAN("open"), .source = SPAN("chat")};
    if (!standin_id_read(standin_request_param(request, "account_id"), account) ||
        !standin_id_read(standin_request_param(request, "customer_id"), id) ||
        (inbox_id.data != NULL && !standin_id_read(inbox_id, filter.inbox_id))) {
        standin_reply_detail(call->reply, 400);
        return;
    }
    struct buf *out = &call->reply->body;
    size_t count = 0;
    standin_store_lock(call->store);
    const struct standin_customer *customer = standin_store_customer(call->store, id);
    const struct standin_conversation *at = customer == NULL ? NULL : customer->conversations;
    buf_add_text(out, "{\"data\":[");
    for (; at != NULL; at = at->next_of_customer) {
        if (strcmp(at->owner->account_id, account) != 0 || !conversation_fits(at, &filter))
            continue;
        standin_render_comma(out, count++);
        standin_render_conversation_expanded(out, at);
    }
    standin_store_unlock(call->store);
    buf_add_text(out, "]}");
}

void standin_conversations_list(const struct standin_call *call)
{
    const struct standin_request *request = call->request;
    struct conversation_filter filter = {
        .status = standin_request_param(request, "status"),
        .source = standin_request_param(request, "source"),
    };
    struct span customer_id = standin_request_param(request, "customer_id");
    struct span inbox_id = standin_request_param(request, "inbox_id");
    if ((customer_id.data != NULL && !standin_id_read(customer_id, filter.customer_id)) ||
        (inbox_id.data != NULL && !standin_id_read(inbox_id, filter.inbox_id)) ||
        standin_request_param_is_list(request, "status") ||
        standin_request_param_is_list(request, "source")) {
        standin_reply_detail(call->reply, 400);
        return;
    }
    long long limit = standin_request_number(request, "limit", PAGE_MAX);
    limit = limit < 1 ? 1 : limit > PAGE_MAX ? PAGE_MAX : limit;
    struct span cursor = standin_request_param(request, "after");
    standin_store_lock(call->store);
    const struct standin_conversation *after = NULL;
    if (cursor.data != NULL && (after = conversation_read_cursor(call->store, cursor)) == NULL) {
        standin_store_unlock(call->store);
        standin_reply_detail(call->reply, 500);
        return;
    }
    size_t count;
    struct standin_conversation **found = conversations_find(call, &filter, &count);
    conversations_write_page(&call->reply->body, found, count, after, (size_t)limit);
    standin_store_unlock(call->store);
    free(found);
}
