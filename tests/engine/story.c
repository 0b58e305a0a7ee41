#include "story.h"

#include <stdlib.h>

#include "base/mem.h"

struct world *story_begin(const struct world_options *options)
{
    const struct world_options plain = world_options();
    struct world *world = world_new(options == NULL ? &plain : options);
    world_assign(world, 0, 0);
    world_rebuild(world, 0, 0);
    story_skip(world);
    return world;
}

struct world *story_begin_in_doubt(const struct world_options *options)
{
    const struct world_options plain = world_options();
    struct world *world = world_new(options == NULL ? &plain : options);
    char mark[26];
    world_mark(world, "acme/e/ann", "e1", mark);
    fake_papercups_plant(&world->papercups, "acme", "ann", "e1", mark);
    story_publish(world, "ann", "e1");
    fake_log_commit(&world->log, 0, 0, "v1 reach=5000 receipts=0 admitted=0");
    world_assign(world, 0, 0);
    world_rebuild(world, 0, 0);
    story_skip(world);
    return world;
}

void story_begin_again(struct world *world)
{
    world_crash(world, 0);
    world_forget(world);
    story_skip(world);
    world_assign(world, 0, 0);
    world_rebuild(world, 0, 0);
    story_feed(world);
}

void story_end(struct world *world)
{
    assert_string_equal(world->failure, "");
    world_free(world);
}

void story_expect(struct world *world, const char *text)
{
    struct buf joined;
    buf_init(&joined, SIZE_MAX / 2);
    struct span rest = buf_span(&world->trace);
    while (rest.size > 0) {
        struct span line = span_cut(&rest, '\n');
        if (joined.size > 0)
            buf_add_text(&joined, "; ");
        buf_add_span(&joined, line);
    }
    buf_clear(&world->trace);
    char *copy = mem_copy(buf_span(&joined));
    buf_done(&joined);
    assert_string_equal(world->failure, "");
    assert_string_equal(copy, text);
    free(copy);
}

void story_expect_nothing(struct world *world)
{
    story_expect(world, "");
}

void story_skip(struct world *world)
{
    buf_clear(&world->trace);
}

const struct record *story_publish(struct world *world, const char *customer, const char *event_id)
{
    return world_publish(world, &(struct publication){.customer = customer, .event_id = event_id});
}

void story_feed(struct world *world)
{
    for (int32_t i = 0; i < world->options.partition_count; i++)
        while (world_feed(world, 0, i))
            continue;
}

void story_arrive(struct world *world, const char *customer, const char *event_id)
{
    story_publish(world, customer, event_id);
    story_feed(world);
    while (world->commit_count > 0)
        story_commit(world);
}

void story_answer(struct world *world, enum fate fate)
{
    assert_true(world->request_count > 0);
    world_answer(world, 0, fate);
}

void story_acknowledge(struct world *world)
{
    assert_true(world->produce_count > 0);
    world_acknowledge(world, 0, PRODUCED_OK);
}

void story_commit(struct world *world)
{
    assert_true(world->commit_count > 0);
    world_committed(world, 0, true, true);
}

void story_answers(struct world *world, size_t count)
{
    for (size_t i = 0; i < count; i++)
        story_answer(world, FATE_DONE);
}
