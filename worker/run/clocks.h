/* Sees that the clocks of this worker, of the brokers and of Papercups are apart, and says which of them is wrong: the one that
 * stands apart from two that agree. */
#ifndef RUN_CLOCKS_H
#define RUN_CLOCKS_H

#include "engine/engine.h"

#define CLOCKS_EVERY_MS 5000
#define CLOCKS_APART_MS 10000   /* so far apart is told */
#define CLOCKS_AGAIN_MS 3600000 /* and so often again */

enum clocks_verdict {
    CLOCKS_AGREE, /* as far as is known */
    CLOCKS_WORKER,
    CLOCKS_BROKER,
    CLOCKS_PAPERCUPS,
    CLOCKS_UNCLEAR, /* some are apart, and no two of the others agree */
};

struct clocks {
    struct mono next, told_at;
    enum clocks_verdict told;
};

/* What the three say; of a clock that is not known nothing is said. */
enum clocks_verdict clocks_judge(const struct remote_clock *broker, const struct remote_clock *papercups,
                                 struct moment now);

/* Looks, where it is time, and tells what has changed. */
void clocks_turn(struct clocks *clocks, const struct engine *engine, struct moment now);

#endif
