/* What the customer's widget shows: live, while it is open, and when its page is loaded again. */
#include "world.h"

void world_check_stored(struct world *world, const struct fake_message *message)
{
    world->missed += message->missed;
    if (message->missed && world->options.new_spacing_ms >= FAKE_JOIN_MS)
        world_fail(world, "%s comes while the widget joins its new conversation: it does not show it",
                   message->event);
}

void world_told(struct world *world, int worker, const struct record *receipt, struct span event_id)
{
    struct fake_papercups *papercups = &world->papercups;
    if (world->options.look_ms == 0 || world->options.breaches_are_counted)
        return;
    for (unsigned i = 0; i < papercups->message_count; i++) {
        struct fake_message *message = &papercups->messages[i];
        const struct fake_conversation *in = &papercups->conversations[message->conversation - 1];
        if (!span_equal(span_of(message->event), event_id) || !world_is_to(world, message, receipt->key))
            continue;
        if (message->told && message->told_by == worker)
            continue; /* its receipt could not be written, and is tried again */
        message->told = true;
        message->told_by = worker;
        message->told_of = receipt->partition;
        message->told_form = world_target(receipt->key).form;
        message->hidden = in->closed && !in->archived;
    }
}

void world_excuse(struct world *world, int worker, int32_t partition)
{
    for (unsigned i = 0; i < world->papercups.message_count; i++) {
        struct fake_message *message = &world->papercups.messages[i];
        if (message->told_by == worker && (partition < 0 || message->told_of == partition))
            message->told = message->hidden = false;
    }
}

void world_excuse_conversation(struct world *world, const struct world_request *request)
{
    if (request->what.kind == CALL_READ_CONVERSATION || request->what.kind == CALL_REOPEN)
        fake_papercups_unhide(&world->papercups, request->what.id);
}

/* A look that hangs is not waited for for ever. */
static bool is_looked_at(const struct world *world, unsigned conversation)
{
    for (size_t i = 0; i < world->request_count; i++) {
        const struct world_request *request = &world->requests[i];
        bool looks = request->what.kind == CALL_READ_CONVERSATION || request->what.kind == CALL_REOPEN;
        if (looks && request->what.id == conversation &&
            mono_reached(mono_after(request->sent_at, WORLD_HOLD_MS), world->now.mono))
            return true;
    }
    return false;
}

/* With a new conversation the older ones are hidden for ever. Nobody waits for what comes by another form of address. */
void world_check_begun(struct world *world, const struct world_request *request)
{
    const struct fake_papercups *papercups = &world->papercups;
    char form = world_target(world_routing_key(world, request->partition, request->what.event)).form;
    for (unsigned i = 0; i < papercups->message_count; i++) {
        const struct fake_message *message = &papercups->messages[i];
        if (papercups->conversations[message->conversation - 1].customer == request->what.id &&
            message->told_by == request->worker && message->told_form == form && message->hidden &&
            !is_looked_at(world, message->conversation))
            world_fail(
                world,
                "%s begins a new conversation, and %s was posted into the one before when it was closed",
                request->what.event, message->event);
    }
}

void world_check_shown(struct world *world)
{
    const struct fake_papercups *papercups = &world->papercups;
    for (unsigned i = 0; i < papercups->message_count; i++)
        if (papercups->messages[i].hidden)
            world_fail(world,
                       "%s is told as delivered, and no widget shows it: its conversation was closed before",
                       papercups->messages[i].event);
}
