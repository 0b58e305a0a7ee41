/* Where a message goes is found out anew when what was known may not be true any more. */
#include "engine/story.h"

/* ann has a conversation, in which e0 is, and which is known. */
static struct world *world_with_a_known_chat(void)
{
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e0");
    story_answers(w, 3);
    story_acknowledge(w);
    assert_int_equal(w->papercups.message_count, 1);
    return w;
}

/* The agent closes the first conversation; the event is expected in a new one, for no widget shows the closed one. */
static void expect_in_a_new_chat(struct world *w, const char *event_id)
{
    world_go_for(w, 5 * 60 * 1000);
    const struct fake_message *last = &w->papercups.messages[w->papercups.message_count - 1];
    assert_string_equal(last->event, event_id);
    assert_int_equal(last->conversation, 2);
    story_end(w);
}

static void behind_a_bad_answer_what_was_known_is_not_believed(void **state)
{
    (void)state;
    struct world *w = world_with_a_known_chat();
    story_arrive(w, "ann", "e1");
    w->papercups.conversations[0].closed = true;
    assert_true(fake_request_posts(&w->requests[0].what)); /* where that goes is known */
    story_answer(w, FATE_REFUSED);
    story_publish(w, "ann", "e2");
    story_feed(w);
    expect_in_a_new_chat(w, "e2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behind_a_bad_answer_what_was_known_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
