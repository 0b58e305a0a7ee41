#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "papercups/seen.h"

#define UUID "0f8fad5b-d9cb-469f-a165-70867728950e"
#define MARK "v1:AAAAAAAAAAAAAAAAAAAAAA"

static struct message message;
static const struct identity marks[2] = {{{1}}, {{0}}};
static const struct uuid id = {UUID};

static int group_setup(void **state)
{
    (void)state;
    const struct message_options options = {"acme.example", false, SPAN_NONE};
    struct payload payload;
    struct detail detail;
    const struct span value = SPAN("{\"account\":\"acme\",\"to\":{\"customer\":{\"external_id\":\"ada\"}},\"message\":{"
                                   "\"body\":\"Hi \\u00e9\",\"quick_replies\":[\"Yes\"],\"metadata\":{\"n\":1e2}}}");
    if (payload_read(value, &payload, &detail) != OUTCOME_NONE)
        return -1;
    message_init(&message, &payload, &marks[1], &options);
    payload_done(&payload);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    message_done(&message);
    return 0;
}

/* As recorded, with what a row says in place of the members that are looked at. */
struct row {
    const char *id, *type, *body, *mark, *more, *seen_at;
    enum seen_found found;
    bool whole;
    const char *at;
};

#define REPLIES ",\"quick_replies\":[{\"text\":\"Yes\",\"action\":\"Yes\"}]"

static const struct row rows[] = {
    {UUID, "bot", "Hi \xc3\xa9", MARK, REPLIES ",\"n\":100", "null", SEEN_THERE, true, ""},
    {UUID, "bot", "Hi \xc3\xa9", MARK, REPLIES, "\"2026-11-29T13:55:21Z\"", SEEN_THERE, true, "2026-11-29T13:55:21Z"},
    {UUID, "bot", "changed", MARK, REPLIES, "null", SEEN_THERE, false, ""},
    {UUID, "bot", "Hi \xc3\xa9", MARK, "", "null", SEEN_THERE, false, ""},
    {UUID, "reply", "Hi \xc3\xa9", MARK, REPLIES, "null", SEEN_THERE, false, ""},
    {UUID, "bot", "Hi \xc3\xa9", "v1:AQAAAAAAAAAAAAAAAAAAAA", REPLIES, "null", SEEN_THERE, true, ""},
    {UUID, "bot", "Hi \xc3\xa9", "v1:AgAAAAAAAAAAAAAAAAAAAA", REPLIES, "null", SEEN_UNREADABLE, false, ""},
    {"7c9e6679-7425-40de-944b-e07fc1f90ae7", "bot", "Hi \xc3\xa9", MARK, REPLIES, "null", SEEN_UNREADABLE, false, ""},
    {UUID, "bot", "Hi \xc3\xa9", MARK, REPLIES, "true", SEEN_UNREADABLE, false, ""},
    {UUID, "bot", "Hi \xc3\xa9", MARK, REPLIES, "\"\"", SEEN_UNREADABLE, false, ""},
    {UUID, "bot", "Hi \xc3\xa9", MARK, REPLIES, "\"yesterday, \\u001b[31m\"", SEEN_UNREADABLE, false, ""},
};

static enum seen_found read(int status, bool is_json, const char *body, struct seen *out)
{
    const struct reply reply = {
        .transport = TRANSPORT_ANSWERED, .status = status, .is_json = is_json, .body = span_of(body)};
    return seen_read(&reply, &id, marks, 2, &message, out);
}

static void a_message_is_there_whole_and_seen_as_its_answer_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        char body[1000];
        struct seen seen;
        snprintf(body, sizeof(body),
                 "{\"data\":{\"account_id\":\"a\",\"attachments\":[],\"body\":\"%s\",\"content_type\":\"text\",\"id\":\"%s\","
                 "\"metadata\":{\"cupbearer\":\"%s\",\"disable_webhook_events\":true%s},\"object\":\"message\","
                 "\"seen_at\":%s,\"type\":\"%s\",\"user\":{\"id\":2}}}",
                 row->body, row->id, row->mark, row->more, row->seen_at, row->type);
        enum seen_found found = read(200, true, body, &seen);
        if (found != row->found || (found == SEEN_THERE && (seen.whole != row->whole || strcmp(seen.at, row->at) != 0)))
            fail_msg("row %zu: found %d, whole %d, at '%s'", i, (int)found, seen.whole, seen.at);
    }
}

static void only_papercups_own_404_says_that_it_is_gone(void **state)
{
    (void)state;
    struct seen seen;
    assert_int_equal(read(404, true, "{\"errors\":{\"detail\":\"Not Found\"}}", &seen), SEEN_GONE);
    assert_int_equal(read(404, true, "{\"error\":{\"message\":\"Not found\",\"status\":404}}", &seen), SEEN_GONE);
    assert_int_equal(read(404, true, "{\"error\":\"no route\"}", &seen), SEEN_UNREADABLE);
    assert_int_equal(read(404, false, "<html>404</html>", &seen), SEEN_UNREADABLE);
    assert_int_equal(read(401, true, "{\"error\":{\"code\":401}}", &seen), SEEN_UNREADABLE);
    assert_int_equal(read(200, false, "<html>a login</html>", &seen), SEEN_UNREADABLE);
    assert_int_equal(read(200, true, "{\"data\":null}", &seen), SEEN_UNREADABLE);
    assert_int_equal(seen_read(&(struct reply){.transport = TRANSPORT_LOST}, &id, marks, 2, &message, &seen), SEEN_UNREADABLE);
}

static void it_is_asked_for_by_its_id(void **state)
{
    (void)state;
    struct buf path;
    buf_init(&path, 100);
    seen_path(&id, &path);
    assert_string_equal(path.data, "/api/v1/messages/" UUID);
    buf_done(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_there_whole_and_seen_as_its_answer_says),
        cmocka_unit_test(only_papercups_own_404_says_that_it_is_gone),
        cmocka_unit_test(it_is_asked_for_by_its_id),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
