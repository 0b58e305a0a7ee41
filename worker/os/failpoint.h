/* Crashes on demand, for tests: a worker built with the CMake option CUPBEARER_FAILPOINTS kills itself (SIGKILL) when
 * it first passes the point of tests/failpoint/failpoint.def that the environment's FAILPOINT names; with a + behind the name, that
 * point or any behind it in the table; with a ! it stands still there instead; with a ~ it stops itself (SIGSTOP) and goes
 * on when it is told to. It logs the point first. A worker built without the option has nothing of this. */
#ifndef OS_FAILPOINT_H
#define OS_FAILPOINT_H

#include "engine/engine.h"

enum failpoint_moment { FAILPOINT_BEFORE, FAILPOINT_AFTER, FAILPOINT_SENT, FAILPOINT_TOLD };

#ifdef CUPBEARER_FAILPOINTS
enum { FAILPOINTS = 1 };

/* Before and after the loop performs an effect; by the topic receipts are told from dead letters. */
void failpoint_effect(const struct effect *effect, const char *dead_topic, enum failpoint_moment moment);
/* Before the engine is told. */
void failpoint_input(const struct input *input);
/* The request of this handle has left by the socket. Waits there for the answer, if this is the point. */
void failpoint_sent(engine_handle handle, int fd);
#else
enum { FAILPOINTS = 0 };

static inline void failpoint_effect(const struct effect *effect, const char *dead_topic,
                                enum failpoint_moment moment)
{
    (void)effect, (void)dead_topic, (void)moment;
}

static inline void failpoint_input(const struct input *input)
{
    (void)input;
}

static inline void failpoint_sent(engine_handle handle, int fd)
{
    (void)handle, (void)fd;
}
#endif

#endif
