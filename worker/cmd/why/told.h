/* A life that was put together, and what is known of it besides. */
#ifndef CMD_WHY_TOLD_H
#define CMD_WHY_TOLD_H

#include "cmd/audit/shown.h"
#include "cmd/why/read.h"

struct why_told {
    const struct life *life;
    const struct why_reading *reading;
    const struct keyring *keyring;
    const struct look_found *shown; /* of each event; NULL: Papercups was not asked */
    int32_t partition_count;           /* of the topic; those that were read are the reading's */
};

#endif
