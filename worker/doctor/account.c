#include <strings.h>

#include "base/json.h"
#include "base/remote_clock.h"
#include "base/time_text.h"
#include "doctor/examination.h"
#include "http/client/account_site.h"
#include "http/client/certificate.h"
#include "http/client/http.h"
#include "os/clock.h"
#include "run/clocks.h"
#include "run/files.h"
#include "run/preflight.h"

#define DAY_MS  INT64_C(86400000)
#define SOON_MS (14 * DAY_MS) /* a certificate that ends so soon is told */
#define ROWS    50            /* customers that are looked at */
#define ROWS_MIN 3            /* fewer say nothing of what the pages do */

/* Its site, with its key; NULL once that is told. */
static struct http_site *site_open(struct examination *examination, const struct config_account *account)
{
    struct err err, why;
    struct http_site *site = account_site_new(account, NULL, &err);
    if (site == NULL) {
        examination_err(examination, &err);
        return NULL;
    }
    if (account_site_key(site, account, &why) == 0)
        return site;
    struct finding finding = {.level = FINDING_PROBLEM, .why = "its events wait until that is fixed"};
    FINDING_PUT(finding.what, "[account %s]: api_key_file: %s", account->name, why.text);
    FINDING_PUT(finding.fix, "A Papercups user makes a key under Settings, API keys: put it there, for this user to read");
    examination_take(examination, &finding);
    http_site_free(site);
    return NULL;
}

static void certificate_check(struct examination *examination, const struct config_account *account, const struct http_site *site)
{
    char day[21];
    struct finding finding = {.level = FINDING_OK};
    if (strncmp(account->url, "https://", 8) != 0)
        return;
    struct wall end = certificate_end(site, examination->config->http_timeout_ms);
    int64_t left_ms = end.ms - clock_now().wall.ms;
    time_text_write(day, end.ms);
    if (end.ms == 0) {
        finding.level = FINDING_UNCHECKED;
        FINDING_PUT(finding.what, "[account %s]: how long the certificate of %s lasts", account->name, account->url);
        FINDING_PUT(finding.why, "this libcurl, or a proxy, does not show it");
    } else {
        finding.level = left_ms < SOON_MS ? FINDING_WARNING : FINDING_OK;
        FINDING_PUT(finding.what, "[account %s]: the certificate of %s lasts until %s: %lld days", account->name, account->url,
                    day, (long long)(left_ms / DAY_MS));
    }
    if (finding.level == FINDING_WARNING) {
        FINDING_PUT(finding.why, "from then on nothing is sent, and events wait until their deliver_within is over");
        FINDING_PUT(finding.fix, "Let whoever runs Papercups renew it");
    }
    examination_take(examination, &finding);
}

static void user_check(struct examination *examination, const struct config_account *account, const struct preflight_user *user)
{
    struct finding finding = {.level = FINDING_UNCHECKED};
    examination_say(examination, FINDING_OK, "[account %s]: %s answers, and the key is of Papercups account %s", account->name,
                    account->url, account->papercups_account);
    FINDING_PUT(finding.what, "[account %s]: whether the key's user, %s%s%s, is a person or the bot's own", account->name,
                user->email[0] == 0 ? "who has no e-mail" : user->email, user->role[0] == 0 ? "" : ", ", user->role);
    FINDING_PUT(finding.why, "Papercups shows widgets this user's e-mail, and gives this user the conversations that the bot "
                             "writes to");
    FINDING_PUT(finding.fix, "Where it is a person, make a user for the bot, with a shared mailbox, and use that one's key");
    examination_take(examination, &finding);
}

/* It was stamped at some moment between question and answer. */
static void clock_check(struct examination *examination, const struct config_account *account, struct wall date, struct moment asked)
{
    struct moment answered = clock_now();
    struct remote_clock clock = {.known = false};
    remote_clock_hear(&clock, date, 1000, asked.mono, answered.mono);
    int64_t ahead_ms = remote_clock_ahead_ms(&clock, answered);
    struct finding finding = {.level = FINDING_WARNING};
    if (date.ms == 0 || remote_clock_is_vague(&clock)) {
        finding.level = FINDING_UNCHECKED;
        FINDING_PUT(finding.what, "[account %s]: Papercups' clock", account->name);
        FINDING_PUT(finding.why, "%s", date.ms == 0 ? "its answers have no Date" : "its answer took too long to tell");
    } else if (ahead_ms <= CLOCKS_APART_MS && ahead_ms >= -CLOCKS_APART_MS) {
        finding.level = FINDING_OK;
        FINDING_PUT(finding.what, "[account %s]: Papercups' clock and this machine's are less than %d s apart", account->name,
                    CLOCKS_APART_MS / 1000);
    } else {
        FINDING_PUT(finding.what, "[account %s]: this machine's clock is %lld s %s of Papercups'", account->name,
                    (long long)(ahead_ms < 0 ? -ahead_ms : ahead_ms) / 1000, ahead_ms < 0 ? "behind" : "ahead");
        FINDING_PUT(finding.why, "messages are shown with Papercups' time, and deadlines are counted on the brokers'");
        FINDING_PUT(finding.command, "timedatectl status");
    }
    examination_take(examination, &finding);
}

/* ---- whom the pages are for ---- */

/* The answer's object; NULL where it is not to be had. */
static json_t *customers_read(struct examination *examination, const struct http_site *site, const char *host)
{
    struct reply reply;
    struct buf path, body;
    buf_init(&path, 1024);
    buf_printf(&path, "/api/v1/customers?page_size=%d%s%s", ROWS, host == NULL ? "" : "&host=", host == NULL ? "" : host);
    http_get(site, path.data, examination->config->http_timeout_ms, &reply, &body);
    bool good = reply.transport == TRANSPORT_ANSWERED && reply.status == 200 && reply.is_json && !reply.too_large;
    json_t *root = good ? json_read_loose(reply.body, REPLY_DEPTH_MAX, NULL) : NULL;
    if (!json_is_array(json_object_get(root, "data"))) {
        json_decref(root);
        root = NULL;
    }
    buf_done(&body);
    buf_done(&path);
    return root;
}

static void host_missing(struct examination *examination, const struct config_account *account, const struct http_site *site)
{
    struct finding finding = {.level = FINDING_UNCHECKED};
    json_t *root = customers_read(examination, site, NULL), *row;
    struct span other = SPAN_NONE;
    size_t i;
    json_array_foreach(json_object_get(root, "data"), i, row)
        if (other.data == NULL)
            other = json_member_span(row, "host");
    FINDING_PUT(finding.what, "[account %s]: whether pages of %s carry the widget", account->name, account->widget_host);
    FINDING_PUT(finding.why, "no customer was there yet");
    if (other.data != NULL) {
        finding.level = FINDING_WARNING;
        FINDING_PUT(finding.what, "[account %s]: no customer has the host %s; the one seen last has %.*s", account->name,
                    account->widget_host, SPAN_ARGS(other));
        FINDING_PUT(finding.why, "a widget finds only customers of its page's own host: it would show none of the messages");
        FINDING_PUT(finding.fix, "Set widget_host to what location.host is on the pages that carry the widget");
    }
    examination_take(examination, &finding);
    json_decref(root);
}

static void email_check(struct examination *examination, const struct config_account *account, const json_t *rows)
{
    size_t i, known = 0, with_email = 0;
    const json_t *row;
    struct finding finding = {.level = FINDING_WARNING};
    json_array_foreach(rows, i, row)
        if (json_member_span(row, "external_id").size > 0) {
            known++;
            with_email += json_member_span(row, "email").size > 0;
        }
    if (known < ROWS_MIN || with_email != (account->email_given ? 0 : known))
        return;
    FINDING_PUT(finding.what, "[account %s]: widget_email = %s, and of the last %zu customers of %s %s an e-mail", account->name,
                account->email_given ? "given" : "none", known, account->widget_host, with_email > 0 ? "each has" : "none has");
    FINDING_PUT(finding.why, "a widget that is given an e-mail finds only customers who have it, and messages go to others");
    FINDING_PUT(finding.fix, "Set widget_email = given where the pages give their widget the customer's e-mail, else none");
    examination_take(examination, &finding);
}

static void pages_check(struct examination *examination, const struct config_account *account, const struct http_site *site)
{
    json_t *root = customers_read(examination, site, account->widget_host);
    const json_t *rows = json_object_get(root, "data");
    if (root == NULL)
        examination_say(examination, FINDING_UNCHECKED, "[account %s]: widget_host, for Papercups does not list its customers",
                        account->name);
    else if (json_array_size(rows) == 0)
        host_missing(examination, account, site);
    else
        examination_say(examination, FINDING_OK, "[account %s]: there are customers of %s", account->name, account->widget_host);
    email_check(examination, account, rows);
    json_decref(root);
}

void examine_account(struct examination *examination, const struct config_account *account)
{
    struct preflight_user user;
    struct finding finding;
    int64_t timeout_ms = examination->config->http_timeout_ms;
    account_site_tell(account, &examination->here);
    struct http_site *site = site_open(examination, account);
    struct moment asked = clock_now();
    if (site != NULL && preflight_user(account, site, timeout_ms, &user, &finding)) {
        user_check(examination, account, &user);
        clock_check(examination, account, user.date, asked);
        certificate_check(examination, account, site);
        if (account->inbox == NULL && !preflight_inboxes(account, site, timeout_ms, &finding))
            examination_take(examination, &finding);
        pages_check(examination, account, site);
    } else if (site != NULL) {
        FINDING_PUT(finding.why, "its events wait until that is fixed");
        examination_take(examination, &finding);
    }
    http_site_free(site);
}
