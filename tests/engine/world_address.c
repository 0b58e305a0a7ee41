/* The recipients of events: a customer by the backend's own id, a row of Papercups, or a conversation. Each is a queue of its
 * own: order, deduplication and pauses are promised within one. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "world_take.h"

/* When a post to that address was last answered: what the pause between two runs from. */
struct world_answered {
    char routing_key[128];
    struct mono at;
};

struct world_target world_target(struct span routing_key)
{
    struct world_target target = {.account = span_cut(&routing_key, '/')};
    struct span form = span_cut(&routing_key, '/');
    char uuid[37] = "";
    target.form = form.size == 1 ? form.data[0] : 0;
    target.external_id = routing_key;
    if (target.form != 'e')
        snprintf(uuid, sizeof(uuid), "%.*s", SPAN_ARGS(routing_key));
    if (strlen(uuid) == 36)
        target.number = (unsigned)strtoul(uuid + 24, NULL, 10);
    return target;
}

void world_write_target(struct buf *out, const struct publication *publication)
{
    if (publication->customer_id != 0)
        buf_printf(out, "{\"customer_id\":\"a0000000-0000-4000-8000-%012u\"}", publication->customer_id);
    else if (publication->conversation_id != 0)
        buf_printf(out, "{\"conversation_id\":\"b0000000-0000-4000-8000-%012u\"}",
                   publication->conversation_id);
    if (publication->customer_id != 0 || publication->conversation_id != 0)
        return;
    buf_printf(out, "{\"customer\":{\"external_id\":\"%s\"", publication->customer);
    if (publication->host != NULL)
        buf_printf(out, ",\"host\":\"%s\"", publication->host);
    if (publication->email != NULL)
        buf_printf(out, ",\"email\":\"%s\"", publication->email);
    buf_add_text(out, "}}");
}

bool world_is_to(const struct world *world, const struct fake_message *message, struct span routing_key)
{
    const struct world_target target = world_target(routing_key);
    const struct fake_customer *reader = fake_papercups_reader(&world->papercups, message);
    if (!span_equal(target.account, span_of(reader->account)))
        return false;
    if (target.form == 'e')
        return span_equal(target.external_id, span_of(reader->external_id));
    return target.number == (target.form == 'c' ? reader->number : message->conversation);
}

bool world_knows_target(const struct world *world, const struct world_target *target)
{
    const struct fake_papercups *papercups = &world->papercups;
    unsigned customer = target->number;
    if (target->form == 'v')
        customer = target->number >= 1 && target->number <= papercups->conversation_count
                       ? papercups->conversations[target->number - 1].customer
                       : 0;
    return customer >= 1 && customer <= papercups->customer_count &&
           span_equal(target->account, span_of(papercups->customers[customer - 1].account));
}

void world_check_target(struct world *world, const struct world_request *request, struct span routing_key)
{
    const struct world_target target = world_target(routing_key);
    bool into = request->what.kind == CALL_POST_MESSAGE;
    unsigned id = request->what.id;
    unsigned customer = into ? world->papercups.conversations[id - 1].customer : id;
    bool right = target.form == 'v' ? into && id == target.number : customer == target.number;
    if (target.form != 'e' && !right)
        world_fail(world, "%s is posted to %c%u, and is addressed to %.*s", request->what.event,
                   into ? 'v' : 'c', id, SPAN_ARGS(routing_key));
    if (strcmp(world->papercups.customers[customer - 1].account, request->account) != 0)
        world_fail(world, "%s of %s is posted to %c%u, which is another account's", request->what.event,
                   request->account, into ? 'v' : 'c', id);
}

struct span world_routing_key(const struct world *world, int32_t partition, const char *event_id)
{
    const struct fake_partition *log = &world->log.partitions[partition];
    for (size_t i = log->event_count; i > 0; i--)
        if (span_equal(fake_log_header(log->events[i - 1], HEADER_ID), span_of(event_id)))
            return log->events[i - 1]->key;
    return SPAN_NONE;
}

/* ---- pauses ---- */

static struct world_answered *answered_of(const struct world *world, struct span routing_key)
{
    for (size_t i = 0; i < world->answered_count; i++)
        if (span_equal(span_of(world->answered[i].routing_key), routing_key))
            return &world->answered[i];
    return NULL;
}

struct mono world_answered_at(const struct world *world, struct span routing_key)
{
    const struct world_answered *found = answered_of(world, routing_key);
    return found == NULL ? (struct mono){0} : found->at;
}

void world_mark_answered(struct world *world, const struct world_request *request)
{
    struct span key = fake_request_posts(&request->what)
                          ? world_routing_key(world, request->partition, request->what.event)
                          : SPAN_NONE;
    if (key.data == NULL)
        return;
    struct world_answered *found = answered_of(world, key);
    if (found == NULL) {
        world->answered = mem_grow(world->answered, world->answered_count + 1, sizeof(*world->answered));
        found = &world->answered[world->answered_count++];
        snprintf(found->routing_key, sizeof(found->routing_key), "%.*s", SPAN_ARGS(key));
    }
    found->at = world->now.mono;
}

struct span world_answered_key(const struct world *world, size_t place)
{
    return place < world->answered_count ? span_of(world->answered[place].routing_key) : SPAN_NONE;
}
