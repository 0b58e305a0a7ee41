#include "demo/standin/calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "demo/standin/render.h"

#define PAGE_SIZE_DEFAULT 50

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The character behind the one at `at`. */
static size_t next_character(struct span text, size_t at)
{
    at++;
    while (at < text.size && ((unsigned char)text.data[at] & 0xc0) == 0x80)
        at++;
    return at;
}

/* SQL's ILIKE, but that only A–Z have another case here: "%" stands for anything, "_" for one character, and what
 * follows a backslash for itself. */
static bool pattern_fits(struct span pattern, struct span text)
{
    size_t p = 0, t = 0, after_any = SIZE_MAX, any_until = 0;
    while (t < text.size) {
        bool more = p < pattern.size;
        bool escaped = more && pattern.data[p] == '\\' && p + 1 < pattern.size;
        if (more && pattern.data[p] == '%') {
            after_any = ++p;
            any_until = t;
        } else if (more && pattern.data[p] == '_') {
            p++;
            t = next_character(text, t);
        } else if (more && lower(pattern.data[p + escaped]) == lower(text.data[t])) {
            p += 1 + (size_t)escaped;
            t++;
        } else if (after_any != SIZE_MAX) {
            any_until = next_character(text, any_until);
            p = after_any;
            t = any_until;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '%')
        p++;
    return p == pattern.size;
}

/* Whether a column's text, JSON or NULL, is what a query asks for; null is never, and to ask for nothing is no question. */
static bool column_fits(const char *json, struct span wanted)
{
    if (wanted.size == 0)
        return true;
    if (json == NULL)
        return false;
    json_t *value = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    bool fits = pattern_fits(wanted, json_span(value));
    json_decref(value);
    return fits;
}

static bool customer_fits(const struct standin_customer *customer, struct span host, struct span email)
{
    return column_fits(customer->texts[STANDIN_HOST], host) &&
           column_fits(customer->texts[STANDIN_EMAIL], email);
}

struct standin_customer *standin_customer_identify(struct standin_store *store,
                                                   const struct standin_owner *owner, struct span external_id,
                                                   struct span host, struct span email)
{
    const struct standin_person *person = standin_store_person(store, owner, external_id);
    struct standin_customer *best = NULL;
    for (struct standin_customer *at = person == NULL ? NULL : person->customers; at != NULL;
         at = at->next_of_person)
        if (customer_fits(at, host, email) && (best == NULL || strcmp(at->updated_at, best->updated_at) >= 0))
            best = at;
    return best;
}

void standin_customers_identify(const struct standin_call *call)
{
    const struct standin_request *request = call->request;
    struct standin_reply *reply = call->reply;
    struct span account_id = standin_request_param(request, "account_id");
    struct span external_id = standin_request_param(request, "external_id");
    char id[STANDIN_ID_SIZE];
    if (external_id.data == NULL || !standin_id_read(account_id, id)) {
        standin_reply_detail(reply, 400);
        return;
    }
    const struct standin_owner *owner = standin_store_owner(call->store, id);
    if (owner == NULL) {
        reply->status = 404;
        buf_printf(&reply->body,
                   "{\"error\":{\"host\":\"localhost\",\"message\":\"No account found with ID: %s. Are you "
                   "pointing at the correct host?\",\"status\":404}}",
                   id);
        return;
    }
    standin_store_lock(call->store);
    const struct standin_customer *customer =
        standin_customer_identify(call->store, owner, external_id, standin_request_param(request, "host"),
                                  standin_request_param(request, "email"));
    standin_store_unlock(call->store);
    if (customer == NULL)
        buf_add_text(&reply->body, "{\"data\":{\"customer_id\":null}}");
    else
        buf_printf(&reply->body, "{\"data\":{\"customer_id\":\"%s\"}}", customer->id);
}

/* Latest seen first; within a second in no order that anyone could count on. */
static int customer_compare(const void *left, const void *right)
{
    const struct standin_customer *const *a = left, *const *b = right;
    int order = strcmp((*b)->last_seen_at, (*a)->last_seen_at);
    return order != 0 ? order : strcmp((*a)->id, (*b)->id);
}

/* Those that the query names, sorted; the array is to be freed. */
static struct standin_customer **customers_find(const struct standin_call *call, size_t *out_count)
{
    struct span external_id = standin_request_param(call->request, "external_id");
    struct span host = standin_request_param(call->request, "host");
    struct span email = standin_request_param(call->request, "email");
    struct standin_customer *first = call->owner->customers;
    if (external_id.data != NULL) {
        struct standin_person *person = standin_store_person(call->store, call->owner, external_id);
        first = person == NULL ? NULL : person->customers;
    }
    struct standin_customer **found = NULL;
    size_t count = 0, capacity = 0;
    for (struct standin_customer *customer = first; customer != NULL;
         customer = external_id.data != NULL ? customer->next_of_person : customer->next_of_owner) {
        if (!customer_fits(customer, host, email))
            continue;
        if (count == capacity) {
            capacity = capacity == 0 ? 16 : capacity * 2;
            found = mem_grow(found, capacity, sizeof(struct standin_customer *));
        }
        found[count++] = customer;
    }
    if (count > 0)
        qsort(found, count, sizeof(struct standin_customer *), customer_compare);
    *out_count = count;
    return found;
}

void standin_customers_list(const struct standin_call *call)
{
    static const char *const filters[] = {"external_id", "host", "email"};
    for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
        if (standin_request_param_is_list(call->request, filters[i])) {
            standin_reply_detail(call->reply, 400);
            return;
        }
    }
    struct buf *out = &call->reply->body;
    long long size = standin_request_number(call->request, "page_size", PAGE_SIZE_DEFAULT);
    long long page = standin_request_number(call->request, "page", 1);
    size_t page_size = size < 1 ? PAGE_SIZE_DEFAULT : (size_t)size;
    page = page < 1 ? 1 : page;
    standin_store_lock(call->store);
    size_t count;
    struct standin_customer **found = customers_find(call, &count);
    buf_add_text(out, "{\"data\":[");
    size_t pages = count == 0 ? 1 : (count + page_size - 1) / page_size;
    size_t start = (size_t)page > pages ? count : ((size_t)page - 1) * page_size;
    for (size_t i = start; i < count && i - start < page_size; i++) {
        standin_render_comma(out, i - start);
        standin_render_customer(out, found[i], STANDIN_WITH_LATEST);
    }
    standin_store_unlock(call->store);
    free(found);
    buf_printf(out, "],\"page_number\":%lld,\"page_size\":%zu,\"total_entries\":%zu,\"total_pages\":%zu}",
               page, page_size, count, pages);
}
