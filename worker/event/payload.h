/* The inside of an event: strict JSON of format 1, read only once its signature is known to be good. Every member is
 * checked; an unknown one is an error at every level but metadata, because a typo must not silently change a message. */
#ifndef EVENT_PAYLOAD_H
#define EVENT_PAYLOAD_H

#include <jansson.h>
#include <stdint.h>

#include "base/buf.h"
#include "event/outcome.h"

#define PAYLOAD_SIZE_MAX     (256u * 1024)
#define PAYLOAD_DEPTH_MAX    16
#define METADATA_SIZE_MAX    (16u * 1024) /* bytes, in compact form */
#define TTL_DEFAULT_S        45
#define TTL_MAX_S            60
#define DELIVER_WITHIN_MAX_S 604800

enum address {
    ADDRESS_EXTERNAL_ID,     /* to.customer.external_id: the backend's own user id */
    ADDRESS_CUSTOMER_ID,     /* to.customer_id */
    ADDRESS_CONVERSATION_ID, /* to.conversation_id */
};

struct payload {
    json_t *root; /* owned; what follows points into it */
    struct span account;
    enum address address;
    struct span to;         /* the external id, or the UUID */
    const json_t *customer; /* the object of to.customer, or NULL */
    struct span body;
    const json_t *quick_replies; /* an array of one to ten, or NULL */
    const json_t *metadata;      /* an object, or NULL */
    bool webhooks;
    int64_t ttl_s;
    int64_t deliver_within_s; /* 0: the account's setting */
};

/* OUTCOME_NONE, and payload_done it; or OUTCOME_BAD_PAYLOAD with the member's path in the detail. */
enum outcome payload_read(struct span value, struct payload *out, struct detail *detail);
void payload_done(struct payload *payload);

/* What to.customer says of that name; SPAN_NONE where it says nothing, or "". */
struct span payload_of_customer(const struct payload *payload, const char *name);

/* Appends <account>/e/<external_id>, <account>/c/<customer_id> or <account>/v/<conversation_id>. */
void payload_routing_key(const struct payload *payload, struct buf *out);
/* Whether that is `key`. Needs no memory. */
bool payload_routes_to(const struct payload *payload, struct span key);

/* 36 lower-case characters. */
bool uuid_is_valid(struct span text);

#endif
