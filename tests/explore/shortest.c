/* Breadth first, to the first breach: nothing is shorter. Every state at the front is kept whole, so this is only for
 * what was found to be broken, and for faults as few as it takes. */
#include <stdlib.h>

#include "base/mem.h"
#include "explore/explore.h"
#include "explore/seen.h"

#define FRONT_MOST (4ull << 30) /* bytes */

struct state {
    size_t from; /* the state before it, and the choice */
    size_t step;
};

/* States are numbered as they are reached; those from `next` on have their snapshots still. */
struct front {
    struct seen seen;
    struct state *states;
    struct snapshot *snapshots;
    size_t count, next, capacity, bytes;
};

static void front_add(struct front *front, size_t from, size_t step)
{
    if (front->count == front->capacity) {
        front->capacity = front->capacity == 0 ? 1024 : front->capacity * 2;
        front->states = mem_grow(front->states, front->capacity, sizeof(*front->states));
        front->snapshots = mem_grow(front->snapshots, front->capacity, sizeof(*front->snapshots));
    }
    front->states[front->count] = (struct state){from, step};
    front->snapshots[front->count] = (struct snapshot){0};
    arena_save(&front->snapshots[front->count]);
    front->bytes += front->snapshots[front->count].capacity;
    front->count++;
}

static void front_path(const struct front *front, size_t last, size_t step, struct path *path)
{
    path->count = 0;
    path_push(path, step);
    for (size_t at = last; at != 0; at = front->states[at].from)
        path_push(path, front->states[at].step);
    for (size_t i = 0; i < path->count / 2; i++) {
        size_t other = path->steps[i];
        path->steps[i] = path->steps[path->count - 1 - i];
        path->steps[path->count - 1 - i] = other;
    }
}

/* All that can come of the next state. True: it came to a breach. */
static bool front_advance(struct exploration *exploration, struct front *front)
{
    size_t from = front->next++;
    struct choices choices, ahead;
    bool added;
    arena_restore(&front->snapshots[from]);
    choices_find(exploration->scene, &choices);
    for (size_t i = 0; i < choices.count; i++) {
        arena_restore(&front->snapshots[from]);
        bool well = explore_step(exploration, &choices.list[i]);
        if (well)
            seen_add(&front->seen, scene_fingerprint(exploration->scene, NULL), &added);
        if (!well || (added && !explore_look(exploration, &ahead))) {
            front_path(front, from, i, &exploration->path);
            return true;
        }
        if (added)
            front_add(front, from, i);
    }
    front->bytes -= front->snapshots[from].capacity;
    snapshot_done(&front->snapshots[from]);
    return false;
}

static bool shorten_with(struct exploration *exploration, int faults)
{
    struct front front = {0};
    bool added, found = false;
    exploration->scenario.faults = faults;
    exploration->breach[0] = 0;
    seen_init(&front.seen, false);
    arena_restore(&exploration->beginning);
    seen_add(&front.seen, scene_fingerprint(exploration->scene, NULL), &added);
    front_add(&front, 0, 0);
    while (!found && front.next < front.count && front.bytes < FRONT_MOST)
        found = front_advance(exploration, &front);
    for (size_t i = front.next > 0 ? front.next - 1 : 0; i < front.count; i++)
        snapshot_done(&front.snapshots[i]);
    free(front.states);
    free(front.snapshots);
    seen_done(&front.seen);
    return found;
}

bool explore_shorten(struct exploration *exploration)
{
    char breach[sizeof(exploration->breach)];
    struct path path = exploration->path;
    int most = exploration->scenario.faults;
    memcpy(breach, exploration->breach, sizeof(breach));
    exploration->path = (struct path){0};
    for (int faults = 0; faults <= most; faults++) {
        if (shorten_with(exploration, faults)) {
            free(path.steps);
            return true;
        }
    }
    free(exploration->path.steps);
    exploration->path = path;
    exploration->scenario.faults = most;
    memcpy(exploration->breach, breach, sizeof(breach));
    return false;
}
