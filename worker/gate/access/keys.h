/* The gate's copy of the keyring. */
#ifndef GATE_ACCESS_KEYS_H
#define GATE_ACCESS_KEYS_H

#include "event/keyring.h"
#include "gate/access/snapshot.h"

/* Reads `path`, which is borrowed. NULL with err. */
struct snapshot *keys_new(const char *path, struct err *err);

static inline const struct keyring *keys_take(struct snapshot *keys)
{
    return snapshot_take(keys);
}

#endif
