#include "composer/composer.h"

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
    {"POST", "composer/api/seen", composer_seen, ROUTE_COMPOSER | ROUTE_JSON},
    {0},
};
