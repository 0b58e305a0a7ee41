/* One Papercups account as the engine sees it: what is configured, how many requests are under way, who waits for a
 * place. */
#ifndef DELIVERY_ACCOUNT_H
#define DELIVERY_ACCOUNT_H

#include "base/map.h"
#include "delivery/queue.h"

struct account_options {
    size_t index; /* the owner's own number for it: where it keeps URL and key */
    const char *name;
    const char *inbox;       /* a UUID, or NULL: the account's own default */
    const char *widget_host; /* for customers that are made */
    int64_t deliver_within_ms, deliver_within_max_ms;
    int32_t max_in_flight;
};

struct account {
    struct map_node node;           /* under its name */
    struct account_options options; /* the strings are the account's */
    int32_t in_flight;
    struct queue ready; /* who wants to make a call, first come first served */
};

struct account *account_new(const struct account_options *options);
void account_free(struct account *account);

/* How long an event may be tried: its own wish or the account's default, never more than the account allows. */
int64_t account_deliver_within_ms(const struct account *account, int64_t wish_s);

#endif
