/* Signed events in memory, and a producer for them. They are signed before anything is measured: what signing costs is
 * the senders' affair, but here it would take the worker's cores. An event lives for a minute after it is signed, so they
 * must be published within it. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdint.h>

struct load;

struct load_options {
    const char *bootstrap, *topic, *key_file, *key_id;
    int64_t events, customers; /* the customers take turns */
    int64_t first;             /* the number of the first event; its id says it */
};

/* Signs all events. load_free it. */
struct load *load_new(const struct load_options *options);
void load_free(struct load *load);
/* Publishes those from `from` up to but not including `to`; returns when the broker has acknowledged them. bench_fail where
 * they are no longer alive. */
void load_publish(struct load *load, int64_t from, int64_t to);

#endif
