/* What workers judge records by, from their configuration and its keyring: for commands that judge what is read back. */
#ifndef CMD_RULES_H
#define CMD_RULES_H

#include "config/config.h"
#include "event/event.h"

/* Without partitions: what is read lies where it lay for the workers. The rules borrow the configuration, and the keyring that
 * is returned: keyring_free it. `hash_key` is random. NULL with err. */
struct keyring *rules_read(const struct config *config, const unsigned char hash_key[16],
                           struct event_rules *out, struct err *err);

#endif
