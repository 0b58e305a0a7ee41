#include "composer/composer.h"

#include <stdio.h>

#define FIELD_SIZE 128

const struct route composer_routes[] = {
    {"GET", "composer/", composer_page, 0},
    {"GET", "composer/assets/*", composer_asset, 0},
    {"GET", "composer/api/setup", composer_setup, ROUTE_COMPOSER},
    {"GET", "composer/api/messages", composer_messages, ROUTE_COMPOSER},
    {"PUT", "composer/api/messages/*", composer_message_save, ROUTE_COMPOSER | ROUTE_JSON},
    {"DELETE", "composer/api/messages/*", composer_message_delete, ROUTE_COMPOSER},
    {"POST", "composer/api/messages/*/rename", composer_message_rename, ROUTE_COMPOSER | ROUTE_JSON},
    {"POST", "composer/api/lookup", composer_lookup, ROUTE_COMPOSER | ROUTE_JSON},
    {"POST", "composer/api/sign", composer_sign, ROUTE_COMPOSER | ROUTE_JSON},
    {"POST", "composer/api/publish", composer_publish, ROUTE_COMPOSER | ROUTE_JSON},
    {"GET", "composer/api/receipt", composer_receipt, ROUTE_COMPOSER},
    {"GET", "composer/api/history", composer_history, ROUTE_COMPOSER},
    {0},
};

/* "to.customer.external_id: is blank" is about to.customer.external_id, "placeholder 'name': is empty" about blanks.name. */
static bool field_of(const char *text, char out[FIELD_SIZE])
{
    static const char placeholder[] = "placeholder '";
    const size_t before = sizeof(placeholder) - 1;
    const char *end = strstr(text, ": ");
    size_t size = end == NULL ? 0 : (size_t)(end - text);
    if (size > before + 1 && strncmp(text, placeholder, before) == 0 && end[-1] == '\'')
        snprintf(out, FIELD_SIZE, "blanks.%.*s", (int)(size - before - 1), text + before);
    else if (size > 0 && size < FIELD_SIZE && memchr(text, ' ', size) == NULL)
        snprintf(out, FIELD_SIZE, "%.*s", (int)size, text);
    else
        return false;
    return true;
}

void composer_refuse(struct gate_reply *reply, unsigned status, const char *text)
{
    char field[FIELD_SIZE];
    gate_reply_error(reply, status, NULL, field_of(text, field) ? field : NULL, "%s", text);
}
