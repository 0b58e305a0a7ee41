#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "papercups/request.h"

#define UUID  "0f8fad5b-d9cb-469f-a165-70867728950e"
#define INBOX "7c9e6679-7425-40de-944b-e07fc1f90ae7"

#define MESSAGE                                                                                              \
    "\"type\":\"bot\",\"body\":\"Hi\",\"metadata\":{\"cupbearer\":\"v1:AAAAAAAAAAAAAAAAAAAAAA\","            \
    "\"disable_webhook_events\":true}"

static struct message message;

static int group_setup(void **state)
{
    (void)state;
    const struct identity identity = {{0}};
    const struct message_options options = {"acme.example", true, SPAN_NONE};
    struct payload payload;
    struct detail detail;
    const struct span value = SPAN("{\"account\":\"acme\",\"to\":{\"customer\":{\"external_id\":\"user 42\","
                                   "\"email\":\"a_b@acme.example\"}},"
                                   "\"message\":{\"body\":\"Hi\"}}");
    if (payload_read(value, &payload, &detail) != OUTCOME_NONE)
        return -1;
    message_init(&message, &payload, &identity, &options);
    payload_done(&payload);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    message_done(&message);
    return 0;
}

struct row {
    enum call_kind kind;
    unsigned page;
    const char *inbox, *method, *path, *body;
};

static const struct row rows[] = {
    {CALL_FIND_CUSTOMERS, 0, INBOX, "GET",
     "/api/v1/customers?external_id=user%2042&host=acme.example&email=a_b%40acme.example", ""},
    {CALL_FIND_CUSTOMERS, 1, NULL, "GET",
     "/api/v1/customers?external_id=user%2042&host=acme.example&email=a_b%40acme.example&page=2", ""},
    {CALL_LIST_CUSTOMERS, 0, INBOX, "GET", "/api/v1/customers?external_id=user%2042", ""},
    {CALL_LIST_CUSTOMERS, 19, NULL, "GET", "/api/v1/customers?external_id=user%2042&page=20", ""},
    {CALL_CREATE_CUSTOMER, 0, INBOX, "POST", "/api/v1/customers",
     "{\"customer\":{\"external_id\":\"user 42\",\"email\":\"a_b@acme.example\",\"host\":\"acme.example\"}}"},
    {CALL_READ_CUSTOMER, 0, INBOX, "GET", "/api/v1/customers/" UUID "?expand[]=conversations", ""},
    {CALL_SET_HOST, 0, INBOX, "PUT", "/api/v1/customers/" UUID, "{\"customer\":{\"host\":\"acme.example\"}}"},
    {CALL_LIST_CONVERSATIONS, 0, NULL, "GET",
     "/api/v1/conversations?customer_id=" UUID "&status=open&source=chat", ""},
    {CALL_LIST_CONVERSATIONS, 0, INBOX, "GET",
     "/api/v1/conversations?customer_id=" UUID "&status=open&source=chat&inbox_id=" INBOX, ""},
    {CALL_LIST_CLOSED, 0, NULL, "GET", "/api/v1/conversations?customer_id=" UUID "&status=closed&source=chat",
     ""},
    {CALL_LIST_CLOSED, 0, INBOX, "GET",
     "/api/v1/conversations?customer_id=" UUID "&status=closed&source=chat&inbox_id=" INBOX, ""},
    {CALL_REOPEN, 0, INBOX, "PUT", "/api/v1/conversations/" UUID, "{\"conversation\":{\"status\":\"open\"}}"},
    {CALL_UNASSIGN, 0, INBOX, "PUT", "/api/v1/conversations/" UUID,
     "{\"conversation\":{\"assignee_id\":null}}"},
    {CALL_READ_CONVERSATION, 0, INBOX, "GET", "/api/v1/conversations/" UUID, ""},
    {CALL_READ_MESSAGES, 0, INBOX, "GET", "/api/v1/messages?conversation_id=" UUID "&type=bot", ""},
    {CALL_POST_MESSAGE, 0, INBOX, "POST", "/api/v1/messages",
     "{\"message\":{\"conversation_id\":\"" UUID "\",\"source\":\"api\"," MESSAGE "}}"},
    {CALL_POST_CONVERSATION, 0, NULL, "POST", "/api/v1/conversations",
     "{\"conversation\":{\"customer_id\":\"" UUID "\",\"source\":\"chat\",\"message\":{" MESSAGE "}}}"},
    {CALL_POST_CONVERSATION, 0, INBOX, "POST", "/api/v1/conversations",
     "{\"conversation\":{\"customer_id\":\"" UUID "\",\"source\":\"chat\",\"inbox_id\":\"" INBOX
     "\",\"message\":{" MESSAGE "}}}"},
    {CALL_ME, 0, NULL, "GET", "/api/v1/me", ""},
};

static void every_call_is_written_byte_for_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct call call = {.kind = rows[i].kind, .id = {UUID}, .page = rows[i].page};
        struct request request;
        request_init(&request, &call, call.kind == CALL_ME ? NULL : &message, rows[i].inbox);
        assert_string_equal(request.method, rows[i].method);
        assert_string_equal(request.path.data, rows[i].path);
        assert_string_equal(request.body.data == NULL ? "" : request.body.data, rows[i].body);
        request_done(&request);
    }
}

/* The dashboard would show a message with a customer_id as the customer's own, and an account_id would be believed. */
static void no_request_holds_what_would_be_believed_of_the_sender(void **state)
{
    (void)state;
    const struct call call = {.kind = CALL_POST_MESSAGE, .id = {UUID}};
    struct request request;
    request_init(&request, &call, &message, INBOX);
    assert_null(strstr(request.body.data, "customer_id"));
    assert_null(strstr(request.body.data, "account_id"));
    assert_null(strstr(request.body.data, "user_id"));
    request_done(&request);
}

static void every_call_has_a_word_and_says_what_it_changes(void **state)
{
    (void)state;
    for (int a = CALL_FIND_CUSTOMERS; a <= CALL_ME; a++) {
        const struct call call = {.kind = (enum call_kind)a, .id = {UUID}};
        struct request request;
        request_init(&request, &call, &message, NULL);
        assert_int_equal(call_writes(&call), strcmp(request.method, "GET") != 0);
        assert_int_equal(call_posts(&call),
                         request.body.data != NULL && strstr(request.body.data, "v1:") != NULL);
        request_done(&request);
        for (int b = CALL_FIND_CUSTOMERS; b < a; b++)
            assert_string_not_equal(call_word(call.kind), call_word((enum call_kind)b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_is_written_byte_for_byte),
        cmocka_unit_test(no_request_holds_what_would_be_believed_of_the_sender),
        cmocka_unit_test(every_call_has_a_word_and_says_what_it_changes),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
