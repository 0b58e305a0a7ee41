/* A worker stands still: SIGSTOP, or a suspended machine. */
#include <assert.h>

#include "world_take.h"

void world_freeze(struct world *world, int worker)
{
    world_tell(world, worker, "is frozen");
    world->workers[worker].frozen = true;
    world->workers[worker].frozen_at = world->now.mono;
}

void world_unwritten(struct world *world, size_t place)
{
    struct world_request *request = &world->requests[place];
    assert(world->workers[request->worker].frozen && request->status == 0);
    world_tell_request(world, request->worker, &request->what, "has not left");
    request->unwritten = true;
}

void world_thaw(struct world *world, int worker)
{
    world_tell(world, worker, "goes on");
    world->workers[worker].frozen = false;
    for (size_t i = 0; i < world->request_count; i++) {
        struct world_request *request = &world->requests[i];
        if (request->worker != worker || !request->unwritten)
            continue;
        request->unwritten = false;
        request->sent_at = world->now.mono;
        request->too_late =
            fake_request_writes(&request->what) && mono_reached(request->until, world->now.mono);
    }
}
