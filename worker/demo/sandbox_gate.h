/* The gate of a demo: a key, a token and a template of its own, beside the worker's files in the sandbox. */
#ifndef DEMO_SANDBOX_GATE_H
#define DEMO_SANDBOX_GATE_H

#include "demo/sandbox.h"

#define SANDBOX_GATE_KEY_ID "gate"

/* Makes gate.key, and appends its entry for the keyring. -1 with err. */
int sandbox_gate_key(const struct sandbox *sandbox, struct buf *keyring, struct err *err);
/* Makes tokens.json, demo.token and messages/need-help.json, and appends the section [gate]. -1 with err. */
int sandbox_gate_settings(const struct sandbox *sandbox, uint16_t port, struct buf *config, struct err *err);

/* What the gate told when it started: its address, and that of its composer with the start token, or "". */
struct sandbox_gate {
    char url[64];
    char composer[160];
};

/* Starts it and waits until it serves. -1 with err. */
int sandbox_start_gate(struct sandbox *sandbox, struct sandbox_gate *told, struct err *err);

#endif
