#include "run/account_checks.h"

#include <stdlib.h>

#include "base/mem.h"
#include "http/client/account_site.h"
#include "os/log.h"
#include "os/thread.h"
#include "run/preflight.h"

/* Of one account. */
struct check {
    bool asked, refused, has_inboxes;
    struct err err;         /* where it is refused */
    struct finding inboxes; /* where it has several */
};

struct checks {
    const struct config *config;
    struct http_site *const *sites;
    bool *held;
    struct check *list;
    size_t wrong;
    struct err *err;
};

/* The widget of a page that names an inbox shows nothing of the others. */
static void check_ask(void *context, size_t i)
{
    const struct checks *checks = context;
    const struct config_account *account = &checks->config->accounts[i];
    struct check *check = &checks->list[i];
    int64_t timeout_ms = checks->config->http_timeout_ms;
    if (checks->held[i]) /* it has no key, or is not reached: that was told */
        return;
    check->asked = true;
    check->refused = preflight_account(account, checks->sites[i], timeout_ms, &check->err) != 0;
    check->has_inboxes = !check->refused && account->inbox == NULL &&
                         !preflight_inboxes(account, checks->sites[i], timeout_ms, &check->inboxes);
}

static void check_tell(void *context, size_t i)
{
    struct checks *checks = context;
    const struct check *check = &checks->list[i];
    account_site_tell(&checks->config->accounts[i], NULL);
    checks->wrong += !check->asked;
    if (check->has_inboxes)
        finding_report(NULL, &check->inboxes, "inboxes", NULL);
    if (!check->refused)
        return;
    checks->held[i] = true;
    *checks->err = check->err;
    if (check->err.code == ERR_UNREACHABLE) {
        log_say(LOG_LEVEL_WARNING, "account", "%s Its events wait until it answers", check->err.text);
    } else {
        checks->wrong++;
        log_say(LOG_LEVEL_ERROR, "account", "%s. Its events wait until then", check->err.text);
    }
}

int account_checks(const struct config *config, struct http_site *const *sites, bool *held, struct err *err)
{
    struct checks checks = {config, sites, held, mem_new(config->account_count, sizeof(struct check)), 0, err};
    threads_each(config->account_count, ACCOUNT_CHECKS_AT_ONCE, check_ask, check_tell, &checks);
    free(checks.list);
    return checks.wrong == config->account_count ? -1 : 0;
}
