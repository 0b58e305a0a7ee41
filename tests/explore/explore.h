/* Walks through every state that a scenario can come to, each once, depth first: the same world is copied at each choice.
 * In each the world's own promises must hold; where nobody has anything to do any more, all that was promised must be so;
 * and nothing may go round in circles without anybody being late. */
#ifndef TESTS_EXPLORE_EXPLORE_H
#define TESTS_EXPLORE_EXPLORE_H

#include "explore/arena.h"
#include "explore/choice.h"

struct path {
    size_t *steps; /* of each state's choices, the one that was taken */
    size_t count, capacity;
};

struct exploration {
    struct scenario scenario;
    size_t states_most;     /* 0: all there are */
    bool check_fingerprint; /* states of one fingerprint must go on alike */

    struct scene *scene;
    struct snapshot beginning;
    size_t states, transitions, rests, circles, depth;
    bool is_complete;
    struct fingerprint wanted; /* not 0: stops where it is reached first, which is no breach */
    struct path path;          /* to the breach, or to where it is now */
    char breach[400];          /* "": none */
};

void explore_init(struct exploration *exploration);
void explore_run(struct exploration *exploration);
void explore_done(struct exploration *exploration);

/* From where the arena is, on: false, and what is wrong stands in `breach`. */
bool explore_step(struct exploration *exploration, const struct choice *choice);
/* What can happen next; where nothing has to, all must be well. */
bool explore_look(struct exploration *exploration, struct choices *choices);

/* shortest.c: a shortest path to a breach instead of the one that was found; false where that takes too much memory. */
bool explore_shorten(struct exploration *exploration);
/* What happens on the path, and the last state where `with_state`. */
void explore_tell(struct exploration *exploration, bool with_state, FILE *out);

/* All that can come of the state on the path, with the fingerprint of each. */
void explore_tell_next(struct exploration *exploration, FILE *out);

void path_push(struct path *path, size_t step);

#endif
