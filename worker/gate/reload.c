#include "gate/reload.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/change.h"
#include "config/load.h"
#include "config/secrets.h"
#include "os/log.h"

/* Requests look into the one with which they began, so each stays to the end: some kilobytes for each SIGHUP that changes any. */
static void reload_use(struct gate *gate, struct config *fresh)
{
    gate->read = mem_grow(gate->read, gate->read_count + 1, sizeof(*gate->read));
    gate->read[gate->read_count++] = fresh;
    gate->config = fresh;
}

bool reload_configuration(struct gate *gate)
{
    const struct config *before = gate->config;
    struct config_source source;
    struct err err;
    bool changed = false;
    struct config *fresh = config_load_again(before, environ, &source, &err);
    bool wrong = fresh == NULL || config_change_check(before, fresh, &source, CONFIG_GATE, &changed, &err) != 0;
    source_done(&source);
    gate->configuration_stale = wrong;
    if (wrong)
        log_say(LOG_LEVEL_ERROR, "stale", "%s; what was read before stays in use", err.text);
    if (wrong || !changed) {
        config_free(fresh);
        return wrong;
    }
    config_secrets_tell(fresh);
    config_change_tell(before, fresh, CONFIG_GATE);
    reload_use(gate, fresh);
    return true;
}

void reload_done(struct gate *gate)
{
    for (size_t i = 0; i < gate->read_count; i++)
        config_free(gate->read[i]);
    free(gate->read);
}
