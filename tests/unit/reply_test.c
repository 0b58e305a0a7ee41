#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/json.h"
#include "base/time_text.h"
#include "papercups/content.h"
#include "papercups/reply.h"
#include "papercups/request.h"
#include "unit/tables/table.h"

#define UUID "0f8fad5b-d9cb-469f-a165-70867728950e"

/* Whose rows are asked for, where the row of the table says nothing else. */
static const struct question user_42 = {.external_id = SPAN("user_42"), .host = SPAN("shop.example")};

/* Under the mark secret, and under the one before it: v1: and 22 times A, v1: and 21 times _ and w. */
static struct identity marks[2];

static int group_setup(void **state)
{
    (void)state;
    memset(marks[1].bytes, 0xff, sizeof(marks[1].bytes));
    return 0;
}

static struct span text_of(const json_t *row, const char *name)
{
    const json_t *value = json_object_get(row, name);
    return (struct span){json_string_value(value), json_string_length(value)};
}

static struct call call_of(const json_t *row)
{
    const char *id = json_string_value(json_object_get(row, "id"));
    struct uuid uuid = {UUID};
    if (id != NULL)
        memcpy(uuid.text, id, sizeof(uuid.text));
    for (int kind = CALL_FIND_CUSTOMERS; kind <= CALL_ME; kind++)
        if (span_equal(text_of(row, "call"), span_of(call_word((enum call_kind)kind))))
            return (struct call){.kind = (enum call_kind)kind,
                                 .id = uuid,
                                 .page = (unsigned)json_integer_value(json_object_get(row, "page"))};
    fail_msg("no such call");
    return (struct call){.kind = CALL_ME};
}

/* {"ask": {"account", "inbox", "external_id", "host", "email", "some_email"}}. */
static struct question question_of(const json_t *row)
{
    const json_t *ask = json_object_get(row, "ask");
    struct question question = user_42;
    if (json_object_get(ask, "external_id") != NULL)
        question.external_id = text_of(ask, "external_id");
    if (json_object_get(ask, "host") != NULL)
        question.host = text_of(ask, "host");
    question.account = text_of(ask, "account");
    question.inbox = text_of(ask, "inbox");
    question.email = text_of(ask, "email");
    question.some_email = json_is_true(json_object_get(ask, "some_email"));
    return question;
}

/* ---- the table ---- */

static const char *wrong_ids(const json_t *row, const struct answer *answer)
{
    const json_t *ids = json_object_get(row, "ids");
    if (json_array_size(ids) != answer->id_count)
        return "the number of ids";
    for (size_t i = 0; i < answer->id_count; i++)
        if (strcmp(json_string_value(json_array_get(ids, i)), answer->ids[i].text) != 0)
            return "the ids";
    return NULL;
}

static const char *wrong_mark(const json_t *row, const struct answer *answer)
{
    const char *mark = json_string_value(json_object_get(row, "mark"));
    if (answer->mark_found != (mark != NULL))
        return "whether the mark is found";
    if (mark != NULL && strcmp(mark, answer->marked.text) != 0)
        return "the marked id";
    const char *in = json_string_value(json_object_get(row, "mark_in"));
    return in == NULL || strcmp(in, answer->marked_in.text) == 0 ? NULL : "where the mark is";
}

/* Where a row says nothing of it, nothing is known. */
static bool is_as_old(const json_t *row, const struct answer *answer)
{
    const json_t *age = json_object_get(row, "age_ms");
    return answer->age_ms == (age == NULL ? -1 : json_integer_value(age));
}

/* What is not as the row says, or NULL. */
static const char *wrong_answer(const json_t *row, const struct answer *answer)
{
    const struct {
        const char *name;
        bool found;
    } flags[] = {{"incomplete", answer->incomplete},
                 {"host_missing", answer->host_missing},
                 {"closed", answer->closed},
                 {"unassigned", answer->unassigned}};
    const char *detail = json_string_value(json_object_get(row, "detail"));
    if (!span_equal(text_of(row, "kind"), span_of(answer_word(answer->kind))))
        return answer_word(answer->kind);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (json_is_true(json_object_get(row, flags[i].name)) != flags[i].found)
            return flags[i].name;
    if (detail != NULL && strcmp(detail, answer->detail.text) != 0)
        return answer->detail.text;
    if (answer->kind == ANSWER_LATER &&
        answer->retry_after_ms != json_integer_value(json_object_get(row, "waits")))
        return "how long to wait";
    if (!is_as_old(row, answer))
        return "the age";
    if (answer->status != json_integer_value(json_object_get(row, "status")))
        return "the status";
    const char *wrong = wrong_ids(row, answer);
    return wrong != NULL ? wrong : wrong_mark(row, answer);
}

/* The same body as it comes from http/client/http: in pieces, folded. */
static const char *wrong_folded(const json_t *row, const struct reply *whole, const struct call *call)
{
    struct json_fold fold;
    struct reply reply = *whole;
    struct answer answer;
    json_fold_init(&fold, REPLY_BODY_MAX);
    json_fold_begin(&fold, content_fold(call->kind));
    for (size_t at = 0; at < whole->body.size; at += 7)
        json_fold_add(&fold, whole->body.data + at, whole->body.size - at < 7 ? whole->body.size - at : 7);
    reply.body = buf_span(&fold.text);
    struct question question = question_of(row);
    reply_read(&reply, call, marks, 2, &question, &answer);
    const char *wrong = wrong_answer(row, &answer);
    answer_done(&answer);
    json_fold_done(&fold);
    return wrong;
}

static void answers_mean_what_the_table_says(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, TESTS_DIR "/unit/tables/replies.jsonl");
    while (getline(&table.raw, &table.raw_size, table.file) > 0) {
        table.line++;
        json_t *row = json_loads(table.raw, 0, NULL);
        assert_non_null(row);
        const json_t *retry_after = json_object_get(row, "retry_after");
        const struct call call = call_of(row);
        struct span body = text_of(row, "body");
        char *exact = table_exact(body);
        struct wall date = {0};
        time_text_read(text_of(row, "date"), &date.ms);
        const struct reply reply = {.transport = TRANSPORT_ANSWERED,
                                    .date = date,
                                    .status = (int)json_integer_value(json_object_get(row, "status")),
                                    .is_json = reply_type_is_json(text_of(row, "type")),
                                    .has_retry_after = json_integer_value(retry_after) > 0,
                                    .retry_after_ms = json_integer_value(retry_after),
                                    .body = {exact, body.size}};
        struct answer answer;
        struct question question = question_of(row);
        reply_read(&reply, &call, marks, 2, &question, &answer);
        const char *wrong = wrong_answer(row, &answer);
        if (wrong == NULL)
            wrong = wrong_folded(row, &reply, &call);
        free(exact); /* the answer must not point into it */
        if (wrong == NULL)
            wrong = wrong_answer(row, &answer);
        if (wrong != NULL)
            table_wrong(&table, "%s: %s", json_string_value(json_object_get(row, "name")), wrong);
        answer_done(&answer);
        json_decref(row);
    }
    assert_true(table.line > 250);
    table_done(&table);
}

/* ---- what no table holds ---- */

static enum answer_kind read_json(enum call_kind kind, struct span body, size_t mark_count,
                                  struct answer *answer)
{
    const struct call call = {.kind = kind, .id = {UUID}};
    const struct reply reply = {
        .transport = TRANSPORT_ANSWERED, .status = 200, .is_json = true, .body = body};
    reply_read(&reply, &call, marks, mark_count, &user_42, answer);
    return answer->kind;
}

static void without_an_answer_it_counts_whether_anything_was_sent(void **state)
{
    (void)state;
    const struct call call = {.kind = CALL_POST_MESSAGE, .id = {UUID}};
    struct reply reply = {.transport = TRANSPORT_NOT_SENT, .failure = SPAN("Couldn't connect")};
    struct answer answer;
    reply_read(&reply, &call, marks, 2, NULL, &answer);
    assert_int_equal(answer.kind, ANSWER_NOT_SENT);
    assert_string_equal(answer.detail.text, "no answer: Couldn't connect");
    answer_done(&answer);
    reply = (struct reply){.transport = TRANSPORT_LOST,
                           .status = 201,
                           .is_json = true,
                           .body = SPAN("{\"data\":{\"id\":\"" UUID "\"}}"),
                           .failure = SPAN("Timeout")};
    reply_read(&reply, &call, marks, 2, NULL, &answer);
    assert_int_equal(answer.kind, ANSWER_LOST);
    assert_int_equal(answer.id_count, 0);
    assert_string_equal(answer.detail.text, "no answer: Timeout");
    answer_done(&answer);
}

/* {"data":[ `count` customers ],"total_pages":1} */
static void customers(struct buf *out, int count)
{
    buf_init(out, 1u << 20);
    buf_add_text(out, "{\"total_pages\":1,\"data\":[");
    for (int i = 0; i < count; i++)
        buf_printf(out,
                   "%s{\"id\":\"%08x-d9cb-469f-a165-70867728950e\",\"updated_at\":\"%06d\","
                   "\"external_id\":\"user_42\",\"host\":\"shop.example\"}",
                   i == 0 ? "" : ",", (unsigned)i, i);
    buf_add_text(out, "]}");
    assert_false(out->failed);
}

static void a_thousand_ids_are_read_and_one_more_is_not(void **state)
{
    (void)state;
    struct buf body;
    struct answer answer;
    customers(&body, REPLY_IDS_MAX);
    assert_int_equal(read_json(CALL_FIND_CUSTOMERS, buf_span(&body), 1, &answer), ANSWER_OK);
    assert_int_equal(answer.id_count, REPLY_IDS_MAX);
    assert_string_equal(answer.ids[0].text, "000003e7-d9cb-469f-a165-70867728950e");
    answer_done(&answer);
    buf_done(&body);
    customers(&body, REPLY_IDS_MAX + 1);
    assert_int_equal(read_json(CALL_FIND_CUSTOMERS, buf_span(&body), 1, &answer), ANSWER_UNREADABLE);
    assert_int_equal(answer.id_count, 0);
    assert_null(answer.ids);
    buf_done(&body);
}

static void a_body_over_8_mib_is_unreadable(void **state)
{
    (void)state;
    const struct span head = SPAN("{\"data\":[]}");
    char *body = malloc(REPLY_BODY_MAX + 1);
    struct answer answer;
    assert_non_null(body);
    memset(body, ' ', REPLY_BODY_MAX + 1);
    memcpy(body, head.data, head.size);
    assert_int_equal(read_json(CALL_READ_MESSAGES, (struct span){body, REPLY_BODY_MAX}, 1, &answer),
                     ANSWER_OK);
    answer_done(&answer);
    assert_int_equal(read_json(CALL_READ_MESSAGES, (struct span){body, REPLY_BODY_MAX + 1}, 1, &answer),
                     ANSWER_UNREADABLE);
    answer_done(&answer);
    free(body);
}

/* Ten messages of 2 MB, one of them ours, in pieces as they come: 20 MB in a text of a few hundred bytes. */
static void messages_are_folded_to_what_counts_of_them(void **state)
{
    (void)state;
    static const char letters[] = "All work and no play makes Jack a dull boy. ";
    struct json_fold fold;
    struct answer answer;
    json_fold_init(&fold, 3u << 20);
    json_fold_begin(&fold, content_fold(CALL_LIST_CONVERSATIONS));
    const char *head =
        "{\"data\":[{\"id\":\"" UUID "\",\"customer_id\":\"" UUID "\",\"created_at\":\"2026\",\"messages\":[";
    json_fold_add(&fold, head, strlen(head));
    for (int i = 0; i < 10; i++) {
        json_fold_add(&fold, i == 0 ? "{\"body\":\"" : ",{\"body\":\"", i == 0 ? 9 : 10);
        for (int j = 0; j < 46000; j++)
            json_fold_add(&fold, letters, sizeof(letters) - 1);
        const char *tail =
            i == 6 ? "\",\"id\":\"" UUID "\",\"metadata\":{\"cupbearer\":\"v1:_____________________w\"}}"
                   : "\",\"id\":\"" UUID "\",\"metadata\":{\"cupbearer\":\"v1:another_one_of_theirs__\"}}";
        json_fold_add(&fold, tail, strlen(tail));
    }
    json_fold_add(&fold, "]}]}", 4);
    assert_false(fold.text.failed);
    assert_true(fold.text.size < 1500);
    assert_int_equal(read_json(CALL_LIST_CONVERSATIONS, buf_span(&fold.text), 2, &answer), ANSWER_OK);
    assert_true(answer.mark_found);
    assert_string_equal(answer.marked.text, UUID);
    assert_int_equal(answer.id_count, 1);
    answer_done(&answer);
    json_fold_done(&fold);
}

static void what_is_too_large_is_that_for_lists_of_messages_only(void **state)
{
    (void)state;
    for (int kind = CALL_FIND_CUSTOMERS; kind <= CALL_ME; kind++) {
        const struct call call = {.kind = (enum call_kind)kind, .id = {UUID}};
        struct reply reply = {.status = 200, .too_large = true, .body = SPAN("{\"data\":[")};
        struct answer answer;
        reply_read(&reply, &call, marks, 2, NULL, &answer);
        assert_int_equal(answer.kind, call_lists(&call) ? ANSWER_TOO_LARGE : ANSWER_UNREADABLE);
        assert_int_equal(call_lists(&call), content_fold(call.kind) != NULL);
        answer_done(&answer);
        reply.status = 500;
        reply_read(&reply, &call, marks, 2, NULL, &answer);
        assert_int_equal(answer.kind, ANSWER_SERVER_ERROR);
        answer_done(&answer);
    }
}

static void a_body_that_is_nested_deeper_than_32_is_unreadable(void **state)
{
    (void)state;
    for (int depth = 29; depth <= 30; depth++) { /* beside the three of the answer itself */
        struct buf body;
        struct answer answer;
        buf_init(&body, 4096);
        buf_add_text(&body, "{\"data\":[{\"conversation_id\":\"" UUID "\",\"metadata\":");
        for (int i = 0; i < depth; i++)
            buf_add_text(&body, "[");
        for (int i = 0; i < depth; i++)
            buf_add_text(&body, "]");
        buf_add_text(&body, "}]}");
        assert_int_equal(read_json(CALL_READ_MESSAGES, buf_span(&body), 1, &answer),
                         depth == 29 ? ANSWER_OK : ANSWER_UNREADABLE);
        answer_done(&answer);
        buf_done(&body);
    }
}

static void words_are_looked_for_in_small_errors_only(void **state)
{
    (void)state;
    for (size_t size = 65536; size <= 65537; size++) {
        const struct span head = SPAN("{\"error\":{\"message\":\"why\"}}");
        char *body = malloc(size);
        assert_non_null(body);
        memset(body, ' ', size);
        memcpy(body, head.data, head.size);
        const struct reply reply = {.status = 422, .is_json = true, .body = {body, size}};
        struct answer answer;
        reply_read(&reply, &(struct call){.kind = CALL_POST_MESSAGE}, NULL, 0, NULL, &answer);
        assert_string_equal(answer.detail.text,
                            size <= 65536 ? "Papercups answered: 422 why"
                                          : "answered by something in between, not Papercups: 422");
        answer_done(&answer);
        free(body);
    }
}

static void a_mark_counts_only_where_it_is_asked_for(void **state)
{
    (void)state;
    struct answer answer;
    const struct span body = SPAN("{\"data\":[{\"id\":\"" UUID "\",\"conversation_id\":\"" UUID
                                  "\",\"metadata\":{\"cupbearer\":\"v1:_____________________w\"}}]}");
    for (size_t count = 0; count <= 2; count++) {
        assert_int_equal(read_json(CALL_READ_MESSAGES, body, count, &answer), ANSWER_OK);
        assert_int_equal(answer.mark_found, count == 2);
        answer_done(&answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_mean_what_the_table_says),
        cmocka_unit_test(without_an_answer_it_counts_whether_anything_was_sent),
        cmocka_unit_test(a_thousand_ids_are_read_and_one_more_is_not),
        cmocka_unit_test(a_body_over_8_mib_is_unreadable),
        cmocka_unit_test(messages_are_folded_to_what_counts_of_them),
        cmocka_unit_test(what_is_too_large_is_that_for_lists_of_messages_only),
        cmocka_unit_test(a_body_that_is_nested_deeper_than_32_is_unreadable),
        cmocka_unit_test(a_mark_counts_only_where_it_is_asked_for),
        cmocka_unit_test(words_are_looked_for_in_small_errors_only),
    };
    return cmocka_run_group_tests(tests, group_setup, NULL);
}
