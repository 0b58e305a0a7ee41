#include "gate/reload.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/change.h"
#include "config/check.h"
#include "config/secrets.h"
#include "os/log.h"

/* Requests look into the one with which they began, so each stays to the end: some kilobytes for each SIGHUP that changes any. */
static void reload_use(struct gate *gate, struct config *fresh)
{
    gate->read = mem_grow(gate->read, gate->read_count + 1, sizeof(*gate->read));
    gate->read[gate->read_count++] = fresh;
    gate->config = fresh;
}

static void reload_tell(const struct config *before, const struct config *fresh)
{
    struct log_line line;
    struct buf added, changed;
    buf_init(&added, 1 << 20);
    buf_init(&changed, 1 << 20);
    for (size_t i = 0; i < fresh->account_count; i++) {
        const struct config_account *account = &fresh->accounts[i];
        size_t place = config_account_place(before, account->name);
        struct buf *list = place == ACCOUNT_NONE ? &added : &changed;
        if (place == ACCOUNT_NONE || config_account_differs_at_gate(&before->accounts[place], account))
            buf_printf(list, "%s%s", list->size == 0 ? "" : " ", account->name);
    }
    log_begin(&line, LOG_LEVEL_INFO, "reloaded");
    log_text(&line, "detail", span_of(fresh->path == NULL ? "the environment" : fresh->path));
    if (added.size > 0)
        log_text(&line, "added", buf_span(&added));
    if (changed.size > 0)
        log_text(&line, "changed", buf_span(&changed));
    log_number(&line, "accounts", (long long)fresh->account_count);
    log_end(&line);
    buf_done(&added);
    buf_done(&changed);
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
    if (wrong)
        log_say(LOG_LEVEL_ERROR, "stale", "%s; what was read before stays in use", err.text);
    if (wrong || !changed) {
        config_free(fresh);
        return wrong;
    }
    config_secrets_tell(fresh);
    reload_tell(before, fresh);
    reload_use(gate, fresh);
    return true;
}

void reload_done(struct gate *gate)
{
    for (size_t i = 0; i < gate->read_count; i++)
        config_free(gate->read[i]);
    free(gate->read);
}
