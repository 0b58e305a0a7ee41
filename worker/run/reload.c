#include "run/reload.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/change.h"
#include "config/load.h"
#include "config/secrets.h"
#include "http/client/account_site.h"
#include "os/log.h"
#include "run/account_settings.h"
#include "run/perform.h"

/* ---- is it good? ---- */

/* A typo must not hold an account that works: what its changed settings name is read before anything is put into use. `setting`:
 * which one is no good. */
static int way_check(const struct config_account *account, const char **setting, struct err *err)
{
    struct err why;
    struct http_site *site = account_site_new(account, setting, err);
    if (site == NULL)
        return -1;
    *setting = "api_key_file";
    int result = account_site_key(site, account, &why);
    http_site_free(site);
    return result == 0 ? 0 : err_set(err, ERR_USAGE, "[account %s]: api_key_file: %s", account->name, why.text);
}

static int ways_check(const struct config *config, const struct config *fresh, const struct config_source *source,
                      struct err *err)
{
    for (size_t i = 0; i < fresh->account_count; i++) {
        const struct config_account *account = &fresh->accounts[i];
        size_t place = config_account_place(config, account->name);
        const char *setting = NULL;
        struct err why;
        if (place != ACCOUNT_NONE && config_account_differs(&config->accounts[place], account, true) &&
            way_check(account, &setting, &why) != 0)
            return err_set(err, ERR_USAGE, "%s: %s",
                           source_origin(source, SECTION_ACCOUNT, setting, i, source->accounts[i].origin), why.text);
    }
    return 0;
}

/* The configuration as it is now; NULL if there is nothing to put into use, and then *found says whether the log says why. */
static struct config *reload_read(struct loop *loop, bool *found)
{
    struct config_source source;
    struct err err;
    bool changed = false;
    struct config *fresh = config_load_again(loop->config, environ, &source, &err);
    *found = fresh == NULL || config_change_check(loop->config, fresh, &source, CONFIG_WORKER, &changed, &err) != 0 ||
             (changed && ways_check(loop->config, fresh, &source, &err) != 0);
    source_done(&source);
    loop->configuration_stale = *found;
    if (*found)
        log_say(LOG_LEVEL_ERROR, "stale", "%s; what was read before stays in use", err.text);
    if (*found || !changed) {
        config_free(fresh);
        return NULL;
    }
    *found = true;
    return fresh;
}

/* ---- puts it into use ---- */

/* By its place in the end, whether an account is new, or reached in another way, so that it is to be asked whose key that is. */
static void anew_of(const struct config *config, const struct config *fresh, bool *anew)
{
    size_t next = config->account_count;
    for (size_t i = 0; i < fresh->account_count; i++) {
        const struct config_account *account = &fresh->accounts[i];
        size_t place = config_account_place(config, account->name);
        bool is_new = place == ACCOUNT_NONE;
        anew[is_new ? next++ : place] = is_new || config_account_differs(&config->accounts[place], account, true);
    }
}

static void account_begin(struct loop *loop, size_t account)
{
    const struct config_account *configured = &loop->config->accounts[account];
    if (account == loop->site_count) {
        loop->sites = mem_grow(loop->sites, ++loop->site_count, sizeof(struct http_site *));
        loop->sites[account] = account_site_closed();
    }
    files_account(loop->files, loop->sites, account); /* files_account logs what is no good; the account is held either way */
    account_site_tell(configured, NULL);
}

static void reload_apply(struct loop *loop, struct config *fresh)
{
    bool *anew = mem_new(fresh->account_count, sizeof(*anew));
    anew_of(loop->config, fresh, anew);
    config_secrets_tell(fresh);
    config_change_tell(loop->config, fresh, CONFIG_WORKER);
    config_change(loop->config, fresh);
    for (size_t i = 0; i < loop->config->account_count; i++)
        if (anew[i])
            account_begin(loop, i);
    struct account_options *accounts = account_settings(loop->config, anew);
    perform_input(loop, &(struct input){.type = INPUT_ACCOUNTS,
                                    .accounts = accounts,
                                    .account_count = loop->config->account_count,
                                    .memory_bytes = loop->config->memory_bytes});
    free(accounts);
    free(anew);
}

static bool reload_configuration(struct loop *loop)
{
    bool found;
    struct config *fresh = reload_read(loop, &found);
    if (fresh != NULL)
        reload_apply(loop, fresh);
    return found;
}

void reload_turn(struct loop *loop)
{
    bool tells = loop->reload && !loop->stopping;
    if (tells)
        notify_reloading(&loop->notify);
    bool found = loop->reload && reload_configuration(loop);
    found |= files_turn(loop->files, loop->now.mono, loop->reload);
    if (loop->reload && !found)
        log_say(LOG_LEVEL_INFO, "unchanged", "configuration, keyring, API keys and the accounts' other files have not changed");
    if (tells)
        notify_reloaded(&loop->notify);
    loop->reload = false;
}
