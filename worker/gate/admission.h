/* Admission into the topic: every check of format 1 that a record's bytes and the clock can answer, in its order, then the limit of
 * its key, then publishing. Whether it is a duplicate is left to the worker, which remembers. */
#ifndef GATE_ADMISSION_H
#define GATE_ADMISSION_H

#include "event/record.h"
#include "gate/gate.h"

/* Fills the reply: 202 with the record's place, 422 with the reason, 403 where the page of the request's origin is none of
 * the event's account, 429 (`limit_key`:
 * the key's own limit counts), 413 or 503. A good traceparent of the request goes with a record that has none, where its headers have
 * room for one more: no event is refused for its trace. */
void admission_pass(struct gate *gate, const struct gate_request *request, const struct record *record, bool limit_key,
                    struct gate_reply *reply);

/* False, with 429 in the reply, if the address is over its limit. */
bool admission_admits_address(struct gate *gate, const struct gate_request *request, struct gate_reply *reply);

#endif
