/* Compares the clocks of this worker, of the brokers and of Papercups, and says which of them is wrong: the one that differs from
 * two that agree. */
#ifndef RUN_CLOCKS_H
#define RUN_CLOCKS_H

#include "engine/engine.h"

#define CLOCKS_EVERY_MS 5000
#define CLOCKS_APART_MS 10000   /* a difference from here on is logged */
#define CLOCKS_AGAIN_MS 3600000 /* and repeated this often */

enum clocks_verdict {
    CLOCKS_AGREE, /* or not known yet */
    CLOCKS_WORKER,
    CLOCKS_BROKER,
    CLOCKS_PAPERCUPS,
    CLOCKS_UNCLEAR, /* some differ, and no two of the others agree */
};

struct clocks {
    struct mono next, told_at;
    enum clocks_verdict told;
};

/* The verdict; clocks that are not known yet are left out of it. */
enum clocks_verdict clocks_judge(const struct remote_clock *broker, const struct remote_clock *papercups,
                                 struct moment now);

/* Compares when it is time to, and logs what has changed. */
void clocks_turn(struct clocks *clocks, const struct engine *engine, struct moment now);

#endif
