/* The gate's own signature: with the key of [gate] key_file, and never without a line in the audit log. */
#ifndef GATE_SIGN_H
#define GATE_SIGN_H

#include "event/record.h"
#include "event/seal.h"
#include "gate/gate.h"

struct sign_request {
    struct span who;      /* a token's name, or "composer" */
    struct span message;  /* the template that it was made of; SPAN_NONE: none */
    struct span event_id; /* SPAN_NONE: a random one */
    struct span payload;  /* what is signed, byte for byte; the record borrows it */
};

struct signed_event {
    struct sealed sealed;
    struct header headers[4];
    struct record record; /* points into the others */
};

/* Reads the gate's key and checks that the keyring has it. Does nothing if none is configured. -1 with ERR_USAGE. */
int sign_open(struct gate *gate, struct err *err);

/* 0: signed_event_done it. -1 with ERR_USAGE if a worker would reject it, in the worker's words; ERR_NO if the gate has no key;
 * ERR_SYSTEM if the audit log cannot be written. */
int sign_event(struct gate *gate, const struct sign_request *request, struct signed_event *out,
               struct err *err);
void signed_event_done(struct signed_event *event);

#endif
