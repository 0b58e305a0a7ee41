/* The customer that Papercups has at a payload's address: shown to people before they sign, so that a typo in an id does not create
 * a stranger. The worker looks it up itself when it delivers. */
#ifndef COMPOSER_CUSTOMERS_H
#define COMPOSER_CUSTOMERS_H

#include <jansson.h>

#include "config/config.h"
#include "delivery/answer.h"
#include "event/payload.h"

struct lookup {
    bool found;
    bool creates;             /* it is not there, and the worker makes it */
    size_t matches;           /* customers of that external id */
    char *name, *email;       /* or NULL */
    struct uuid conversation; /* the open one, "" for none */
};

/* Asks Papercups, and waits for some seconds. 0, and lookup_done it; -1 with err, which says what to do. */
int lookup_ask(const struct config_account *account, const struct payload *payload, struct lookup *out,
               struct err *err);
void lookup_done(struct lookup *lookup);

#endif
