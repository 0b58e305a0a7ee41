#include "config/source.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "event/envelope.h"

#define PREFIX SPAN("CUPBEARER_")
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

enum { VARIABLE_MAX = 256 };

/* Whether Kubernetes makes such variables for a service "cupbearer" or "cupbearer-NAME": ..._SERVICE_HOST,
 * ..._SERVICE_PORT[_NAME], ..._PORT, ..._PORT_9090_TCP[_PROTO, _PORT, _ADDR]. No setting is named so. */
static bool service_link(const char *name)
{
    const char *port = strstr(name, "_PORT");
    if (strstr(name, "_SERVICE_HOST") != NULL || strstr(name, "_SERVICE_PORT") != NULL)
        return true;
    return port != NULL && (port[5] == 0 || (port[5] == '_' && port[6] >= '0' && port[6] <= '9'));
}

/* Cuts "ACME_API_KEY_FILE" into the account's name as the file would write it, and the setting. NULL where no
 * setting's name stands at the end. */
static const struct setting *account_split(struct span rest, struct buf *name)
{
    for (size_t at = 1; at + 1 < rest.size; at++) {
        const struct setting *setting =
            rest.data[at] == '_' ? setting_find_variable(SECTION_ACCOUNT, span_skip(rest, at + 1)) : NULL;
        if (setting == NULL)
            continue;
        buf_clear(name);
        for (size_t i = 0; i < at; i++) {
            char c = rest.data[i];
            c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
            buf_add(name, &c, 1);
        }
        return name_is_valid(buf_span(name)) ? setting : NULL;
    }
    return NULL;
}

struct offer {
    const struct setting *setting;
    size_t account;
};

/* Offers the variables of all settings: those of accounts once for each account that is known by now. */
static void variables_offer(const struct config_source *source, struct nearest *nearest, struct offer *offer)
{
    struct buf name;
    buf_init(&name, VARIABLE_MAX);
    for (size_t i = 0; i < settings_count; i++) {
        size_t times = settings[i].section == SECTION_ACCOUNT ? source->account_count : 1;
        for (size_t account = 0; account < times; account++) {
            bool named = settings[i].section == SECTION_ACCOUNT;
            size_t before = nearest->distance;
            buf_clear(&name);
            setting_variable(&settings[i], named ? span_of(source->accounts[account].name) : SPAN_NONE,
                             &name);
            nearest_offer(nearest, span_skip(buf_span(&name), PREFIX.size), offer);
            if (nearest->distance < before)
                *offer = (struct offer){&settings[i], account};
        }
    }
    buf_done(&name);
}

static int variable_unknown(const struct config_source *source, const char *variable, struct err *err)
{
    struct span rest = span_skip(span_of(variable), PREFIX.size);
    const char *why = span_starts(rest, SPAN("KAFKA_")) ? setting_refused(span_skip(rest, 6)) : NULL;
    if (why != NULL)
        return err_set(err, ERR_USAGE, "%s cannot be set: %s", variable, why);
    struct nearest nearest;
    struct offer offer = {NULL, 0};
    nearest_init(&nearest, rest);
    variables_offer(source, &nearest, &offer);
    if (offer.setting == NULL)
        return err_set(
            err, ERR_USAGE,
            "unknown variable %.200s; they are named after section and setting: CUPBEARER_KAFKA_GROUP_ID, "
            "CUPBEARER_ACCOUNT_NAME_URL",
            variable);
    struct buf meant;
    buf_init(&meant, VARIABLE_MAX);
    bool named = offer.setting->section == SECTION_ACCOUNT;
    setting_variable(offer.setting, named ? span_of(source->accounts[offer.account].name) : SPAN_NONE,
                     &meant);
    err_set(err, ERR_USAGE, "unknown variable %.200s; did you mean %s?", variable, meant.data);
    buf_done(&meant);
    return -1;
}

/* Whether `variable` names a setting, which is then added. */
static bool variable_take(struct config_source *source, const char *variable, const char *value)
{
    struct span rest = span_skip(span_of(variable), PREFIX.size);
    struct span setting_name = rest;
    struct span word = span_cut(&setting_name, '_');
    if (!span_only(rest, UPPER) || setting_name.data == NULL)
        return false;
    const struct setting *setting = NULL;
    size_t account = ACCOUNT_NONE;
    if (span_equal(word, SPAN("ACCOUNT"))) {
        struct buf name;
        buf_init(&name, VARIABLE_MAX);
        setting = account_split(setting_name, &name);
        account = setting == NULL ? ACCOUNT_NONE : source_account(source, buf_span(&name));
        if (setting != NULL && account == ACCOUNT_NONE)
            account = source_add_account(source, buf_span(&name), variable);
        buf_done(&name);
    } else {
        for (unsigned i = 0; i < SECTION_ACCOUNT && setting == NULL; i++)
            if (nearest_same(word, span_of(section_name((enum config_section)i))))
                setting = setting_find_variable((enum config_section)i, setting_name);
    }
    if (setting != NULL)
        source_add(source, setting, account, value, variable);
    return setting != NULL;
}

int source_read_environment(struct config_source *source, char *const *environment, struct err *err)
{
    char **unknown = NULL; /* told when all accounts are known, or a near name could be missed */
    size_t unknown_count = 0;
    int result = 0;
    for (; environment != NULL && *environment != NULL; environment++) {
        struct span value = span_of(*environment);
        struct span name = span_cut(&value, '=');
        if (!span_starts(name, PREFIX) || span_equal(name, SPAN("CUPBEARER_CONFIG")) || value.data == NULL)
            continue;
        char *variable = mem_copy(name);
        bool known = variable_take(source, variable, value.data) || service_link(variable);
        if (known) {
            free(variable);
            continue;
        }
        unknown = mem_grow(unknown, unknown_count + 1, sizeof(char *));
        unknown[unknown_count++] = variable;
    }
    for (size_t i = 0; i < unknown_count; i++) {
        if (result == 0 && variable_unknown(source, unknown[i], err) != 0)
            result = source_mistake(source, err);
        free(unknown[i]);
    }
    free(unknown);
    return result;
}
