/* What is explored: a world, the events that are published in it one after the other, and the faults it has had. It lies
 * in the arena with everything that it points to. */
#ifndef TESTS_EXPLORE_SCENE_H
#define TESTS_EXPLORE_SCENE_H

#include "engine/world.h"
#include "explore/mark.h"

#define EVENTS_MOST 4

/* What a fingerprint leaves out plays no part before (see state_engine.c): the events' deadline is the first of it. No
 * run is longer. */
#define RUN_MOST_MS (3600 * 1000)

struct scenario {
    const char *name, *tells;
    int workers, events, faults;
    int customers;      /* the events are theirs in turn */
    int repeat;         /* 1: the events behind the first are its bytes once more */
    int gap;            /* offsets without a record between two events */
    int at_once;        /* requests of an account */
    int spacing_ms;     /* between two messages to a customer */
    int new_spacing_ms; /* behind a new conversation's first */
    int look_ms;        /* how often conversations are looked at after posts; 0: never */
    int closes;         /* 1: an agent may close them, which counts as a fault */
    int logs;           /* 1: the topic may be made again, and the log may lose its last record, which are faults */
    int late;           /* 1: one event, which may be refused, then a partition lost, for nothing; the receipt may come later */
};

struct scene {
    const struct scenario *scenario;
    struct world *world;
    struct mono began;
    int published, faults;
    bool refused, lost; /* for nothing: scenario.late */
};

/* In the arena, which must be open. */
struct scene *scene_new(const struct scenario *scenario);
/* Before each step: what is left out of a state's fingerprint is put to one value, for it makes no difference of kind:
 * the jitter of the next pause, and how many requests an account may have at once (it would only sink, and leave fewer
 * interleavings). */
void scene_even(struct scene *scene);

void scene_publish(struct scene *scene);

bool scene_reads(const struct scene *scene);    /* receipts or records can be read now */
bool scene_learns(const struct scene *scene);   /* a worker that was frozen will be told what it has lost */
/* Nobody waits for anything but to look at a log again that is as it was. */
bool scene_only_checks(const struct scene *scene);
bool scene_is_owned(const struct scene *scene); /* every partition is */
bool scene_is_frozen(const struct scene *scene, int worker);
bool scene_is_stopping(const struct scene *scene, int worker);
/* Whether a request has been under way for as long as its sender waits, or as Papercups may still do it. */
bool scene_is_overdue(const struct scene *scene, const struct world_request *request);
bool scene_is_gone(const struct scene *scene, const struct world_request *request);

/* Prints it for people too, where `print` is not NULL. */
struct fingerprint scene_fingerprint(const struct scene *scene, FILE *print);

/* state_engine.c: an engine's part of that; `mono` is now. */
struct mono;
void mark_engine(struct mark *mark, const struct engine *engine, const struct scene *scene);
/* How much time is left until then, 0 where it has come; -1: never, or beyond the end of every run. */
int64_t mark_left(const struct scene *scene, struct mono at);
/* How long it is ago, `most` at most. */
int64_t mark_ago(const struct scene *scene, struct mono at, int64_t most);
/* state_log.c: where scenario.logs. */
struct partition;
void mark_progress_log(struct mark *mark, const struct fake_partition *log, const struct progress *progress);
void mark_share_log(struct mark *mark, const struct fake_partition *log, const struct share *share);
void mark_world_log(struct mark *mark, const struct fake_partition *log);
void mark_partition_log(struct mark *mark, const struct engine *engine, const struct partition *partition,
                        const struct scene *scene);
/* state_cache.c */
struct cache;
void mark_cache(struct mark *mark, const struct cache *cache, const struct scene *scene);

#endif
