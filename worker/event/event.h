/* A record, opened: the checks that depend on nothing but the record and the configuration, in the order of format 1;
 * the first that fails names the outcome. headers' form, key known, signature, payload, grant, routing key, partition.
 * What depends on other events (duplicate) and on time (key's validity, expiry) is judged later, when the event is at
 * the head of its customer's queue: event_judge. */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "event/envelope.h"
#include "event/identity.h"
#include "event/keyring.h"
#include "event/partitioner.h"
#include "event/payload.h"

struct event_rules {
    const struct keyring *keyring;
    enum partitioner partitioner;
    int32_t partition_count; /* 0: the partition is not checked */
    bool (*account_exists)(const void *accounts, struct span name);
    const void *accounts;
};

struct event {
    struct envelope envelope;
    const struct keyring_entry *entry; /* of the keyring; NULL until the key is known */
    bool authentic; /* the signature was good: what the payload says is the sender's word */
    bool has_payload;
    /* Its routing key and partition are right: where its account is not granted, or none of these, others may grant and know it. */
    bool has_route;
    struct payload payload;
};

/* OUTCOME_NONE when all hold. Either way event_done it, and what is known of the event so far is filled. Spans point
 * into the record, `entry` into the keyring. */
enum outcome event_open(struct event *event, const struct record *record, const struct event_rules *rules,
                        struct detail *detail);
void event_done(struct event *event);

/* Whether that account is granted to the key, by the keyring as it is now: what waits may have been read by another one. */
enum outcome event_check_grant(const struct keyring_entry *entry, struct span account, struct detail *detail);

/* The checks of time, against the moment of admission (the record's own time): the key's validity, the expiry.
 * `entry` may be NULL: its key was taken out of the keyring while the event waited. */
enum outcome event_judge(const struct keyring_entry *entry, int64_t signed_at_s, int64_t ttl_s,
                         int64_t admitted_at_ms, struct detail *detail);

#endif
