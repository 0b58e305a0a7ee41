#include "explore/explore.h"

#include <stdlib.h>

#include "base/mem.h"
#include "engine/world_end.h"
#include "explore/seen.h"

struct node {
    struct snapshot snapshot;
    struct fingerprint fingerprint;
    struct choices choices;
    size_t next;
};

struct walk {
    struct seen seen;
    struct node *nodes;
    size_t depth, capacity;
};

void explore_init(struct exploration *exploration)
{
    arena_init();
    arena_open();
    exploration->scene = scene_new(&exploration->scenario);
    arena_close();
    arena_save(&exploration->beginning);
}

void explore_done(struct exploration *exploration)
{
    snapshot_done(&exploration->beginning);
    free(exploration->path.steps);
}

void path_push(struct path *path, size_t step)
{
    if (path->count == path->capacity) {
        path->capacity = path->capacity == 0 ? 64 : path->capacity * 2;
        path->steps = mem_grow(path->steps, path->capacity, sizeof(*path->steps));
    }
    path->steps[path->count++] = step;
}

static bool explore_is_well(struct exploration *exploration)
{
    const struct world *world = exploration->scene->world;
    if (exploration->breach[0] == 0 && world->failure[0] != 0)
        snprintf(exploration->breach, sizeof(exploration->breach), "%s", world->failure);
    return exploration->breach[0] == 0;
}

bool explore_step(struct exploration *exploration, const struct choice *choice)
{
    arena_open();
    buf_clear(&exploration->scene->world->trace);
    choice_take(exploration->scene, choice);
    arena_close();
    exploration->transitions++;
    return explore_is_well(exploration);
}

bool explore_look(struct exploration *exploration, struct choices *choices)
{
    struct scene *scene = exploration->scene;
    choices_find(scene, choices);
    if (scene->world->now.mono.ms - scene->began.ms >= RUN_MOST_MS)
        snprintf(exploration->breach, sizeof(exploration->breach), "after %d minutes it is not over",
                 RUN_MOST_MS / 60000);
    if (choices->at_rest) {
        arena_open();
        world_end_check(scene->world);
        arena_close();
        exploration->rests++;
    }
    return explore_is_well(exploration);
}

/* ---- states of one fingerprint ---- */

/* What all choices of the state in the arena lead to, in no order; the arena is as before. */
static uint64_t successors(struct exploration *exploration)
{
    static struct snapshot here;
    struct choices choices;
    uint64_t sum = 0;
    arena_save(&here);
    choices_find(exploration->scene, &choices);
    for (size_t i = 0; i < choices.count; i++) {
        arena_open();
        choice_take(exploration->scene, &choices.list[i]);
        arena_close();
        struct fingerprint to = scene_fingerprint(exploration->scene, NULL);
        sum += to.low * 0x9e3779b97f4a7c15u + to.high;
        arena_restore(&here);
    }
    return sum;
}

static bool check_fingerprint(struct exploration *exploration, struct walk *walk, size_t place, bool added)
{
    uint64_t sum = successors(exploration);
    if (added)
        walk->seen.words[place] = sum;
    if (walk->seen.words[place] == sum)
        return true;
    exploration->wanted = walk->seen.slots[place];
    snprintf(exploration->breach, sizeof(exploration->breach),
             "the fingerprint leaves something out: two states that have the same go on differently");
    return false;
}

/* ---- depth first ---- */

static bool walk_push(struct exploration *exploration, struct walk *walk, struct fingerprint fingerprint)
{
    if (walk->depth == walk->capacity) {
        size_t capacity = walk->capacity == 0 ? 64 : walk->capacity * 2;
        walk->nodes = mem_grow(walk->nodes, capacity, sizeof(*walk->nodes));
        memset(walk->nodes + walk->capacity, 0, (capacity - walk->capacity) * sizeof(*walk->nodes));
        walk->capacity = capacity;
    }
    struct node *node = &walk->nodes[walk->depth++];
    node->fingerprint = fingerprint;
    node->next = 0;
    arena_save(&node->snapshot);
    exploration->states++;
    if (walk->depth - 1 > exploration->depth)
        exploration->depth = walk->depth - 1;
    return explore_look(exploration, &node->choices);
}

/* A state that is on the way to here. Time goes on only when nothing else has to happen, so where nothing is late, this
 * can go on for ever. */
static bool walk_circle(struct exploration *exploration, const struct walk *walk,
                        struct fingerprint fingerprint)
{
    bool calm = true;
    for (size_t i = walk->depth; i > 0; i--) {
        calm = calm && walk->nodes[i - 1].choices.calm;
        if (!fingerprint_equal(walk->nodes[i - 1].fingerprint, fingerprint))
            continue;
        exploration->circles++;
        if (calm)
            snprintf(exploration->breach, sizeof(exploration->breach),
                     "it goes round in circles: as it was %zu steps before", walk->depth - i + 1);
        return !calm;
    }
    return true;
}

static bool walk_reach(struct exploration *exploration, struct walk *walk)
{
    struct fingerprint fingerprint = scene_fingerprint(exploration->scene, NULL);
    bool added;
    size_t place = seen_add(&walk->seen, fingerprint, &added);
    if (!exploration->check_fingerprint && fingerprint_equal(fingerprint, exploration->wanted))
        return false;
    if (exploration->check_fingerprint && !check_fingerprint(exploration, walk, place, added))
        return false;
    return added ? walk_push(exploration, walk, fingerprint) : walk_circle(exploration, walk, fingerprint);
}

static bool walk_on(struct exploration *exploration, struct walk *walk)
{
    struct node *node = &walk->nodes[walk->depth - 1];
    if (node->next == node->choices.count) {
        walk->depth--;
        if (exploration->path.count > 0)
            exploration->path.count--;
        return true;
    }
    if (node->next > 0)
        arena_restore(&node->snapshot);
    size_t depth = walk->depth;
    path_push(&exploration->path, node->next);
    const struct choice *choice = &node->choices.list[node->next++];
    if (!explore_step(exploration, choice) || !walk_reach(exploration, walk))
        return false;
    if (walk->depth == depth)
        exploration->path.count--;
    return true;
}

void explore_run(struct exploration *exploration)
{
    struct walk walk = {0};
    seen_init(&walk.seen, exploration->check_fingerprint);
    arena_restore(&exploration->beginning);
    bool well = walk_reach(exploration, &walk);
    while (well && walk.depth > 0 &&
           (exploration->states_most == 0 || exploration->states < exploration->states_most))
        well = walk_on(exploration, &walk);
    exploration->is_complete = well && walk.depth == 0;
    for (size_t i = 0; i < walk.capacity; i++)
        snapshot_done(&walk.nodes[i].snapshot);
    free(walk.nodes);
    seen_done(&walk.seen);
}
