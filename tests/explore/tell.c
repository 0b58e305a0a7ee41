/* A path, told step by step: what happens, and what the workers do then. */
#include "explore/explore.h"

static void tell_step(const struct exploration *exploration, const struct choice *choice, size_t number,
                      FILE *out)
{
    const struct scene *scene = exploration->scene;
    struct buf text;
    buf_init(&text, 4096);
    choice_write(scene, choice, &text);
    fprintf(out, "%3zu %7lld ms  %s\n", number, (long long)(scene->world->now.mono.ms - scene->began.ms),
            text.data);
    buf_done(&text);
}

static void tell_trace(const struct exploration *exploration, FILE *out)
{
    struct span rest = buf_span(&exploration->scene->world->trace);
    while (rest.size > 0) {
        struct span line = span_cut(&rest, '\n');
        fprintf(out, "                   %.*s\n", SPAN_ARGS(line));
    }
}

void explore_tell(struct exploration *exploration, bool with_state, FILE *out)
{
    struct choices choices;
    size_t last = exploration->path.count;
    char breach[sizeof(exploration->breach)];
    memcpy(breach, exploration->breach, sizeof(breach));
    exploration->breach[0] = 0;
    arena_restore(&exploration->beginning);
    for (size_t i = 0; i < last; i++) {
        choices_find(exploration->scene, &choices);
        size_t step = exploration->path.steps[i];
        if (step >= choices.count) {
            fprintf(out, "there is no choice %zu\n", step);
            break;
        }
        tell_step(exploration, &choices.list[step], i + 1, out);
        bool well = explore_step(exploration, &choices.list[step]);
        tell_trace(exploration, out);
        if (!well)
            break;
    }
    if (exploration->scene->world->failure[0] == 0)
        explore_look(exploration, &choices);
    if (exploration->breach[0] == 0) /* it is not a promise of the world's */
        memcpy(exploration->breach, breach, sizeof(breach));
    if (with_state)
        scene_fingerprint(exploration->scene, out);
}

void explore_tell_next(struct exploration *exploration, FILE *out)
{
    struct snapshot here = {0};
    struct choices choices;
    arena_save(&here);
    choices_find(exploration->scene, &choices);
    for (size_t i = 0; i < choices.count; i++) {
        struct buf text;
        buf_init(&text, 4096);
        choice_write(exploration->scene, &choices.list[i], &text);
        explore_step(exploration, &choices.list[i]);
        struct fingerprint to = scene_fingerprint(exploration->scene, NULL);
        fprintf(out, "  %016llx%016llx %s\n", (unsigned long long)to.high, (unsigned long long)to.low,
                text.data);
        buf_done(&text);
        arena_restore(&here);
    }
    snapshot_done(&here);
}
