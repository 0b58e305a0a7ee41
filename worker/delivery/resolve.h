/* The answers that say where to post: which customer it is, and which conversation. */
#ifndef DELIVERY_RESOLVE_H
#define DELIVERY_RESOLVE_H

#include "delivery/delivery.h"

/* One page of the rows that the page's widget finds. */
void resolve_customers(struct delivery *delivery, const struct call *call, const struct answer *answer,
                       struct mono now);
/* Its conversations: the one to post to is among them, or there is none. */
void resolve_conversation(struct delivery *delivery, const struct call *call, const struct answer *answer,
                          struct mono now);
/* A 404. */
void resolve_not_found(struct delivery *delivery, const struct call *call, const struct answer *answer,
                       struct mono now);
/* ANSWER_TOO_LARGE. */
void resolve_too_large(struct delivery *delivery, int64_t delay_ms, struct mono now);

#endif
