/* The event loop: waits in one epoll for everything, reads the clock once, hands the engine what has happened, one input after the
 * other, and carries out the effects. */
#ifndef RUN_LOOP_H
#define RUN_LOOP_H

#include "engine/engine.h"
#include "http/client/http.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"
#include "kafka/reader.h"
#include "os/notify.h"
#include "run/admin.h"
#include "run/clocks.h"
#include "run/files.h"
#include "run/instance.h"
#include "run/metrics.h"
#include "run/watchdog.h"

/* A produce that was refused at once: the engine is told when it has returned and its effects are done. */
struct loop_refusal {
    engine_handle handle;
    enum produced produced;
};

struct loop {
    int epoll_fd, signal_fd;
    struct instance instance;
    bool only_checked; /* for worker_check: it will not run */
    struct engine *engine;
    struct consumer *consumer;
    struct producer *producer;
    struct log_checks *preflight;
    struct inquiry *inquiry;
    struct reader *reader; /* while partitions are being rebuilt */
    const struct reader_calls *reader_calls; /* what one is built with */
    struct config *config;
    unsigned deviations; /* of the topics, that are accepted; a bit for each topic_deviation */
    struct http *http;
    struct files *files;
    struct metrics metrics;
    struct outages outages;
    struct watchdog watchdog;
    struct clocks clocks;
    struct notify notify;
    struct admin *admin;      /* NULL: off */
    bool reload;              /* SIGHUP */
    bool configuration_stale; /* what the last one found is not in use */
    struct http_site **sites; /* by account_options.index */
    size_t site_count;

    struct moment now;               /* of this turn */
    bool more_events, more_receipts; /* consumer or reader were not drained */
    bool other_version_told;         /* of receipts */
    char fatal[sizeof(((struct err *)0)->text)];
    struct err refused; /* why it leaves the group; code 0: it does not, or was asked to stop */
    struct loop_refusal *refusals;
    size_t refusal_count, refusal_capacity;
    bool stopping, stopped, closing;
    struct mono stop_deadline, stop_again_from;
};

/* How long a stop may take before the process ends anyway. */
#define LOOP_STOP_MS 30000
#define LOOP_HANG_S  3 /* after that the loop itself is stuck, and the process ends without it */
/* A second signal this soon is the first one again: timeout(1) and some supervisors signal both process and group. */
#define LOOP_SAME_SIGNAL_MS 500

/* Runs until it has stopped after SIGTERM or SIGINT (0), or cannot go on (-1 with err). A second signal, or the deadline, ends it
 * early, with what is not settled in err. */
int loop_run(struct loop *loop, struct err *err);

/* Answers the page that the admin endpoint asks for, if it does. In loop_admin.c. */
void loop_admin(struct loop *loop);
/* Tells the service manager how it is, where that is not what it was. In loop_admin.c. */
void loop_tell_manager(struct loop *loop);

/* Tags of epoll's data; http keeps its descriptors under its own. */
#define LOOP_TAG_SIGNAL   (1ULL << 32)
#define LOOP_TAG_CONSUMER (2ULL << 32)
#define LOOP_TAG_PRODUCER (3ULL << 32)
#define LOOP_TAG_READER   (4ULL << 32)
#define LOOP_TAG_HTTP     (5ULL << 32)
#define LOOP_TAG_ADMIN    (6ULL << 32)
#define LOOP_TAG_PREFLIGHT   (7ULL << 32)
#define LOOP_TAG_INQUIRY   (8ULL << 32)

#endif
