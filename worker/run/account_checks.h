/* What a start asks of each account's Papercups. */
#ifndef RUN_ACCOUNT_CHECKS_H
#define RUN_ACCOUNT_CHECKS_H

#include "config/config.h"
#include "http/client/http_site.h"

#define ACCOUNT_CHECKS_AT_ONCE 32 /* of those that do not answer, each takes [worker] http_timeout */

/* Asks all that are not held whose their key is, and logs what is wrong. An account that cannot be served now is held until it can,
 * whatever the reason: one tenant's mistake, or a Papercups that does not answer, keeps none of the others down. -1 with what is
 * wrong with the last where that is so of all. Uses jansson in several threads. */
int account_checks(const struct config *config, struct http_site *const *sites, bool *held, struct err *err);

#endif
