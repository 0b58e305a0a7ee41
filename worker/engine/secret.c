#include "engine/secret.h"

#include "engine/internal.h"

bool secret_is_known(const struct engine *engine, uint64_t secret)
{
    return secret == engine->secret || (engine->has_previous && secret == engine->previous_secret) ||
           (engine->options.lost_secret != 0 && secret == engine->options.lost_secret);
}
