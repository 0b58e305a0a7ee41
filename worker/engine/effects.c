#include "engine/effects.h"

#include <stdlib.h>

#include "base/mem.h"
#include "engine/internal.h"

#define EFFECTS_FIRST 16

struct effect *effect_add(struct engine *engine, enum effect_type type, int32_t partition)
{
    if (engine->effect_count == engine->effect_capacity) {
        engine->effect_capacity = engine->effect_capacity == 0 ? EFFECTS_FIRST : engine->effect_capacity * 2;
        engine->effects = mem_grow(engine->effects, engine->effect_capacity, sizeof(*engine->effects));
    }
    struct effect *effect = &engine->effects[engine->effect_count++];
    *effect = (struct effect){.type = type, .partition = partition};
    return effect;
}

void effects_reset(struct engine *engine)
{
    for (size_t i = 0; i < engine->effect_count; i++) {
        struct effect *effect = &engine->effects[i];
        buf_done(&effect->path);
        buf_done(&effect->body);
        buf_done(&effect->text);
        buf_done(&effect->header_text);
        free(effect->headers);
    }
    engine->effect_count = 0;
    struct job *job;
    while ((job = TAILQ_FIRST(&engine->gone)) != NULL) {
        TAILQ_REMOVE(&engine->gone, job, in_list);
        job_free(job);
    }
}
