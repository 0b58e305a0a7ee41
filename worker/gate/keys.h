/* The keyring as the gate holds it: replaced when its file changes, while requests look into the one that they began with. */
#ifndef GATE_KEYS_H
#define GATE_KEYS_H

#include "event/keyring.h"

struct keys;

/* Reads `path`, which is borrowed. NULL with err. */
struct keys *keys_new(const char *path, struct err *err);
void keys_free(struct keys *keys);
/* Reads the file again where it is another. One that is no good is told in the log, and nothing changes. */
void keys_reload(struct keys *keys);

/* The keyring in use, until keys_give. */
const struct keyring *keys_take(struct keys *keys);
void keys_give(struct keys *keys);

#endif
