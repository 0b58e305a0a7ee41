#include "composer/customers.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "delivery/delivery.h"
#include "http/client/account_site.h"
#include "http/client/http.h"
#include "papercups/message.h"
#include "papercups/request.h"

#define ANSWER_MS 5000

/* One answer of Papercups: what the worker would read in it, and the tree for what only people want to know. */
struct looked {
    struct answer answer;
    json_t *root;
};

static void looked_done(struct looked *looked)
{
    answer_done(&looked->answer);
    json_decref(looked->root);
}

struct lookup_site {
    const struct config_account *account;
    struct http_site *http;
    struct message message;
};

/* The key is read anew each time: it may have been replaced. */
static int site_open(struct lookup_site *site, const struct config_account *account,
                     const struct payload *payload, struct err *err)
{
    const struct identity nobody = {0};
    const struct message_options options = {.widget_host = account->widget_host,
                                            .email_given = account->email_given};
    *site = (struct lookup_site){.account = account, .http = account_site_new(account, NULL, err)};
    int result = site->http == NULL ? -1 : account_site_key(site->http, account, err);
    if (result == 0)
        message_init(&site->message, payload, &nobody, &options);
    else
        http_site_free(site->http);
    return result;
}

static void site_close(struct lookup_site *site)
{
    message_done(&site->message);
    http_site_free(site->http);
}

/* 0 with what was found or not found, -1 with err for all else. */
static int site_ask(struct lookup_site *site, const struct call *call, struct looked *out, struct err *err)
{
    struct request request;
    struct reply reply;
    struct buf body;
    request_init(&request, call, &site->message, site->account->inbox);
    http_get(site->http, request.path.data, ANSWER_MS, &reply, &body);
    struct question question = message_question(&site->message);
    question.account = span_of(site->account->papercups_account);
    if (site->account->inbox != NULL)
        question.inbox = span_of(site->account->inbox);
    reply_read(&reply, call, NULL, 0, &question, &out->answer);
    bool found = out->answer.kind == ANSWER_OK;
    out->root = found ? json_read_loose(reply.body, REPLY_DEPTH_MAX, NULL) : NULL;
    buf_done(&body);
    request_done(&request);
    if (found || out->answer.kind == ANSWER_NOT_FOUND)
        return 0;
    err_set(
        err, ERR_UNREACHABLE,
        "Papercups (%s) cannot be asked who that is: %s. Try again; if it stays so, whoever runs the gate "
        "looks at [account %s] url and api_key_file",
        site->account->url, out->answer.detail.text, site->account->name);
    looked_done(out);
    return -1;
}

static char *text_of(const json_t *object, const char *name)
{
    struct span text = json_member_span(object, name);
    return text.size == 0 ? NULL : mem_copy(text);
}

static void lookup_people(struct lookup *lookup, const json_t *customer)
{
    free(lookup->name);
    free(lookup->email);
    lookup->name = text_of(customer, "name");
    lookup->email = text_of(customer, "email");
}

static const json_t *thing_of_id(const json_t *list, const char *id)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (span_equal(json_member_span(json_array_get(list, i), "id"), span_of(id)))
            return json_array_get(list, i);
    return NULL;
}

static int lookup_conversation_of(struct lookup_site *site, const struct uuid *customer, struct lookup *out,
                                  struct err *err)
{
    struct looked looked;
    if (site_ask(site, &(struct call){.kind = CALL_LIST_CONVERSATIONS, .id = *customer}, &looked, err) != 0)
        return -1;
    if (looked.answer.id_count > 0)
        out->conversation = looked.answer.ids[0];
    looked_done(&looked);
    return 0;
}

/* As the worker does: the newest row of all pages that the page's widget finds. */
static int lookup_external_id(struct lookup_site *site, struct lookup *out, struct err *err)
{
    struct call call = {.kind = CALL_FIND_CUSTOMERS};
    struct uuid newest = {{0}};
    char updated_at[ANSWER_TIME_SIZE] = "";
    for (bool more = true; more; call.page++) {
        struct looked looked;
        if (site_ask(site, &call, &looked, err) != 0)
            return -1;
        const struct answer *answer = &looked.answer;
        if (answer->id_count > 0 && (out->matches == 0 || strcmp(answer->updated_at, updated_at) > 0)) {
            memcpy(updated_at, answer->updated_at, sizeof(updated_at));
            newest = answer->ids[0];
            lookup_people(out, thing_of_id(json_object_get(looked.root, "data"), answer->ids[0].text));
        }
        out->matches += answer->id_count;
        more = answer->incomplete && call.page + 1 < CUSTOMER_PAGES;
        looked_done(&looked);
    }
    bool unsure = site->message.some_email && out->matches != 1; /* which row it is depends on the e-mail */
    out->found = out->matches > 0 && !unsure;
    out->creates = out->matches == 0 && !unsure;
    return out->found ? lookup_conversation_of(site, &newest, out, err) : 0;
}

static int lookup_uuid(struct lookup_site *site, const struct payload *payload, struct lookup *out,
                       struct err *err)
{
    bool of_customer = payload->address == ADDRESS_CUSTOMER_ID;
    struct call call = {.kind = of_customer ? CALL_READ_CUSTOMER : CALL_READ_CONVERSATION};
    struct looked looked;
    memcpy(call.id.text, payload->to.data, sizeof(call.id.text) - 1);
    if (site_ask(site, &call, &looked, err) != 0)
        return -1;
    int result = 0;
    const json_t *data = json_object_get(looked.root, "data");
    out->found = looked.answer.kind == ANSWER_OK;
    out->matches = out->found ? 1 : 0;
    lookup_people(out, of_customer ? data : json_object_get(data, "customer"));
    if (out->found && of_customer)
        result = lookup_conversation_of(site, &call.id, out, err);
    else if (out->found)
        out->conversation = call.id;
    looked_done(&looked);
    return result;
}

int lookup_ask(const struct config_account *account, const struct payload *payload, struct lookup *out,
               struct err *err)
{
    struct lookup_site site;
    *out = (struct lookup){0};
    if (site_open(&site, account, payload, err) != 0)
        return -1;
    int result = payload->address == ADDRESS_EXTERNAL_ID ? lookup_external_id(&site, out, err)
                                                         : lookup_uuid(&site, payload, out, err);
    site_close(&site);
    if (result != 0)
        lookup_done(out);
    return result;
}

void lookup_done(struct lookup *lookup)
{
    free(lookup->name);
    free(lookup->email);
    *lookup = (struct lookup){0};
}
