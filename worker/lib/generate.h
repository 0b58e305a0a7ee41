/* What needs randomness, which the core has none of: fresh keys and event ids. */
#ifndef LIB_GENERATE_H
#define LIB_GENERATE_H

#include "event/envelope.h"
#include "event/key.h"

/* A fresh key of a secret kind; key_done it. -1 with err where there is no locked memory. */
int key_generate(enum key_kind kind, struct key *out, struct err *err);

/* "evt_" and 22 characters, terminated. */
void event_id_generate(char out[ENVELOPE_ID_MAX + 1]);

#endif
