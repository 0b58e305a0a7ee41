/* Until when an event may be tried: deliver_within from when the broker has stamped it, and by the broker's clock, which is
 * known from the stamps of what this worker has written. An event is not given up because this worker's own clock says that the
 * time is over; nor, while nothing else is known, shown late because that clock says that it is not. Where it says that the time
 * is over, the broker is asked, in the only way that makes it give its time, which is to write something: the dead letter that
 * the event will need if its time is over. If it is not, the letter stays without a receipt, like one whose worker dies in
 * between, and the event is delivered. */
#ifndef ENGINE_DEADLINE_H
#define ENGINE_DEADLINE_H

#include "engine/job.h"

#define DEADLINE_GRAIN_MS 1000 /* a smaller improvement of what is known of a clock wakes nobody */

/* The job is read now, and may be tried for so long from when it was admitted. */
void deadline_begin(const struct engine *engine, struct job *job, int64_t within_ms);
/* From when on its time is certainly over, as far as is known by now. */
struct mono deadline_of(const struct engine *engine, const struct job *job);
/* It is over by this worker's clock alone: it is neither given up for that, nor posted before the broker was asked. */
bool deadline_is_doubtful(const struct engine *engine, const struct job *job);
/* The broker has put this stamp on something that was handed over at `asked` and is acknowledged now. */
void deadline_hear(struct engine *engine, struct wall stamp, struct mono asked);

#endif
