/* Words for stories about one engine: each step says what happens, story_expect what the engine did about it. */
#ifndef TESTS_ENGINE_STORY_H
#define TESTS_ENGINE_STORY_H

/* What cmocka.h needs before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

/* A world (NULL: world_options) whose first worker has partition 0, rebuilt and started; the trace is empty. */
struct world *story_begin(const struct world_options *options);
/* As story_begin, but partition 0 is assigned with the event e1 to ann in doubt: a former owner has committed a reach beyond it,
 * left no receipt, and posted its message. It has not been read yet. */
struct world *story_begin_in_doubt(const struct world_options *options);
/* The worker crashes, all that it had sent is gone, and it has the partition again: rebuilt, started, its records read.
 * The trace begins with the assignment. */
void story_begin_again(struct world *world);
/* Nothing was promised and broken. */
void story_end(struct world *world);

/* The trace since the last time, its lines joined by "; ". */
void story_expect(struct world *world, const char *text);
void story_expect_nothing(struct world *world);
/* What is in the trace does not matter. */
void story_skip(struct world *world);

/* An event to a customer of acme, signed now; not read yet. */
const struct record *story_publish(struct world *world, const char *customer, const char *event_id);
/* Worker 0 reads everything that is there. */
void story_feed(struct world *world);
/* Both, and the reach is committed: what may start has started. */
void story_arrive(struct world *world, const char *customer, const char *event_id);

/* What becomes of the oldest that waits. */
void story_answer(struct world *world, enum fate fate);
void story_acknowledge(struct world *world);
void story_commit(struct world *world);
/* The oldest `count` requests are answered well. */
void story_answers(struct world *world, size_t count);

#endif
