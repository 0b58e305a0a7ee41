/* The gate of a demo: a key, a token and a pre-defined message of its own, beside the worker's files in the ground. */
#ifndef DEMO_GROUND_GATE_H
#define DEMO_GROUND_GATE_H

#include "demo/ground.h"

#define GROUND_GATE_KEY_ID "gate"

/* Makes gate.key, and appends its entry for the keyring. -1 with err. */
int ground_gate_key(const struct ground *ground, struct buf *keyring, struct err *err);
/* Makes tokens.json, demo.token and messages/need-help.json, and appends the section [gate]. -1 with err. */
int ground_gate_settings(const struct ground *ground, uint16_t port, struct buf *config, struct err *err);

/* What the gate told when it started: its address, and that of its composer with the start token, or "". */
struct ground_gate {
    char url[64];
    char composer[160];
};

/* Starts it and waits until it serves. -1 with err. */
int ground_start_gate(struct ground *ground, struct ground_gate *told, struct err *err);

#endif
