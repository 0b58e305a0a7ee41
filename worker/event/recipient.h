/* Whom a routing key names: the other way round than payload_routing_key. */
#ifndef EVENT_RECIPIENT_H
#define EVENT_RECIPIENT_H

#include <jansson.h>

#include "base/span.h"

/* As a payload's "to" says it: the caller's. NULL where it is no routing key; what stands in it is not checked any further. */
json_t *recipient_of(struct span routing_key);
/* The id behind account and form, in the key's own bytes; SPAN_NONE likewise. */
struct span recipient_id(struct span routing_key);

#endif
