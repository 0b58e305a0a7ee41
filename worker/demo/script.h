/* The demo's one script: four events, and what must become of them. */
#ifndef DEMO_SCRIPT_H
#define DEMO_SCRIPT_H

#include "base/err.h"

struct script {
    const char *bootstrap_servers;
    const char *papercups_url; /* of the stand-in */
    const char *key_file;
};

/* Sends a new customer's event, the same again, a forged one, and one whose POST is stored and answered with 500; prints
 * the receipts. 0 where they are delivered, duplicate, rejected (bad_signature) and delivered, and the stand-in holds
 * exactly two messages; else -1 with err. */
int script_play(const struct script *script, struct err *err);

#endif
