/* Refusals that the page shows where the mistake is. */
#ifndef COMPOSER_REFUSE_H
#define COMPOSER_REFUSE_H

#include "event/payload.h"
#include "gate/http/request_reply.h"

/* An error at its place, where it has one: the page shows it there. */
void composer_refuse(struct gate_reply *reply, unsigned status, const struct err *err);
/* Status 422 for what payload_read says. */
void composer_refuse_payload(struct gate_reply *reply, const struct detail *detail);

#endif
