#include <stdio.h>

#include "engine/story.h"

static void plant(struct world *world, const char *host, const char *email)
{
    struct fake_customer row = {.account = WORLD_ACCOUNT, .external_id = "ann"};
    snprintf(row.host, sizeof(row.host), "%s", host);
    snprintf(row.email, sizeof(row.email), "%s", email);
    fake_papercups_add_row(&world->papercups, &row);
}

static void arrive(struct world *world, const char *event_id, const char *host, const char *email)
{
    world_publish(
        world, &(struct publication){.customer = "ann", .event_id = event_id, .host = host, .email = email});
    world_go(world);
}

/* What is asked and posted, without what Kafka has to do with it. */
static void expect_calls(struct world *world, const char *text)
{
    struct buf calls;
    buf_init(&calls, 4096);
    struct span rest = buf_span(&world->trace);
    while (rest.size > 0) {
        struct span line = span_cut(&rest, '\n');
        bool kafka = span_starts(line, SPAN("receipt")) || span_starts(line, SPAN("settled")) ||
                     span_starts(line, SPAN("commit")) || span_starts(line, SPAN("dead"));
        if (!kafka && calls.size > 0)
            buf_add_text(&calls, "; ");
        if (!kafka)
            buf_add_span(&calls, line);
    }
    buf_clear(&world->trace);
    assert_string_equal(calls.data == NULL ? "" : calls.data, text);
    buf_done(&calls);
}

static void what_is_known_of_a_customer_is_known_of_one_page(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    arrive(w, "e1", NULL, NULL);
    expect_calls(w, "find ann; create ann; open c1 e1");
    arrive(w, "e2", "blog.example", NULL);
    expect_calls(w, "find ann; create ann; open c2 e2");
    arrive(w, "e3", "Shop.example", NULL);
    expect_calls(w, "post v1 e3");
    arrive(w, "e4", "BLOG.example", "ann@blog.example"); /* the pages give none: it changes nothing */
    expect_calls(w, "post v2 e4");
    story_end(w);
}

static void where_the_pages_give_an_e_mail_it_is_known_of_that_one(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.email_given = true;
    struct world *w = story_begin(&options);
    arrive(w, "e1", NULL, "ann@shop.example");
    expect_calls(w, "find ann; create ann; open c1 e1");
    arrive(w, "e2", NULL, "eve@shop.example");
    expect_calls(w, "find ann; create ann; open c2 e2");
    arrive(w, "e3", NULL, "ANN@shop.example");
    expect_calls(w, "post v1 e3");
    arrive(w, "e4", NULL, NULL); /* whose? */
    expect_calls(w, "find ann");
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 3), OUTCOME_CUSTOMER_NOT_FOUND);
    story_end(w);
}

static void rows_of_others_get_nothing_however_new_they_are(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    plant(w, "evil.example", "");
    plant(w, WORLD_HOST, "");
    plant(w, "evil.example", "");
    plant(w, "", "");
    plant(w, WORLD_HOST ".evil.example", "");
    arrive(w, "e1", NULL, NULL);
    expect_calls(w, "find ann; list c2; open c2 e1");
    story_end(w);
}

static void the_newest_row_of_all_pages_is_taken(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.customers_page = 2;
    struct world *w = story_begin(&options);
    for (int i = 0; i < 5; i++)
        plant(w, WORLD_HOST, "");
    fake_papercups_touch_row(&w->papercups, 3);
    arrive(w, "e1", NULL, NULL);
    expect_calls(w, "find ann; find ann page 2; find ann page 3; list c3; open c3 e1");
    story_end(w);
}

/* Under ambiguous_customer = refuse, only rows that the widget might take count. */
static void rows_of_others_are_no_ambiguity(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.refuse_ambiguous = true;
    struct world *w = story_begin(&options);
    plant(w, WORLD_HOST, "");
    plant(w, "evil.example", "");
    arrive(w, "e1", NULL, NULL);
    expect_calls(w, "find ann; list c1; open c1 e1");
    plant(w, WORLD_HOST, "");
    world_pass(w, 31000);
    story_skip(w);
    arrive(w, "e2", NULL, NULL);
    expect_calls(w, "find ann");
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_CUSTOMER_NOT_FOUND);
    story_end(w);
}

/* It was posted by a worker that took the newest row of any host. */
static void what_stands_with_a_row_of_another_host_is_read_back(void **state)
{
    (void)state;
    struct world *w = story_begin_in_doubt(NULL);
    w->papercups.customers[0].host[0] = 0;
    plant(w, WORLD_HOST, "");
    story_feed(w);
    story_answers(w, 4);
    story_expect(w, "rows of ann; read c2; read c1; messages v1; receipt 0/0 delivered");
    assert_int_equal(w->papercups.message_count, 1);
    story_end(w);
}

/* deploy/papercups-once.sql: the refused post was two writes, and the first has left an open conversation. */
static void the_empty_conversation_that_the_index_leaves_gets_the_next_message(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.unique_marks = true;
    struct world *w = world_new(&options);
    char mark[26];
    world_mark(w, "acme/e/ann", "e1", mark);
    fake_papercups_plant(&w->papercups, "acme", "ann", "other", mark);
    w->papercups.conversations[0].closed = true;
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_skip(w);
    arrive(w, "e1", NULL, NULL);
    expect_calls(w, "find ann; list c1; open c1 e1; trouble 0/0 post_conversation server_error; rows of ann; "
                    "read c1; messages v1");
    assert_int_equal(w->papercups.conversation_count, 2);
    arrive(w, "e2", NULL, NULL);
    expect_calls(w, "find ann; list c1; post v2 e2");
    assert_false(w->papercups.conversations[1].closed);
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_of_a_customer_is_known_of_one_page),
        cmocka_unit_test(where_the_pages_give_an_e_mail_it_is_known_of_that_one),
        cmocka_unit_test(rows_of_others_get_nothing_however_new_they_are),
        cmocka_unit_test(the_newest_row_of_all_pages_is_taken),
        cmocka_unit_test(rows_of_others_are_no_ambiguity),
        cmocka_unit_test(what_stands_with_a_row_of_another_host_is_read_back),
        cmocka_unit_test(the_empty_conversation_that_the_index_leaves_gets_the_next_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
