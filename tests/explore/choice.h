/* What can happen next: every way in which the world can go on from a state. A fault has a price, the rest is free.
 *
 * Time passes, to the next moment that anybody waits for, when nothing else has to happen first: what was sent is answered
 * in no time, and what can be read is read. That something takes longer is a fault. Events may be published and a
 * partition may be given to a worker at any time, and what a dead worker has sent may arrive at any time or never. */
#ifndef TESTS_EXPLORE_CHOICE_H
#define TESTS_EXPLORE_CHOICE_H

#include "explore/scene.h"

enum choice_kind {
    CHOICE_PUBLISH,
    CHOICE_ASSIGN,
    CHOICE_REBUILD,
    CHOICE_FEED,
    CHOICE_ANSWER, /* with a fate */
    CHOICE_LOOK,   /* Papercups looks now and answers later */
    CHOICE_ARRIVE, /* a frozen worker's request is done, and its answer waits */
    CHOICE_PRODUCED,
    CHOICE_WRITE, /* a frozen worker's record is written, and that it was, waits */
    CHOICE_COMMITTED,
    CHOICE_APPLY,          /* a frozen worker's commit is applied, and that it was, waits */
    CHOICE_COMMIT_LATE,    /* told as failed, and applied later */
    CHOICE_LATE_WRITE,     /* now */
    CHOICE_LATE_COMMITTED, /* now */
    CHOICE_LEARN,          /* that its partition was given away while it was frozen */
    CHOICE_THAW,
    CHOICE_TIME, /* passes */
    CHOICE_SLOW, /* and what was sent is not answered, or what can be read is not read */
    CHOICE_REVOKE,
    CHOICE_LOSE,
    CHOICE_STOP,    /* it gives everything up in good order */
    CHOICE_RESTART, /* which it has done */
    CHOICE_CRASH,
    CHOICE_FREEZE,
    CHOICE_CLOSE, /* an agent closes a conversation */
    CHOICE_CHECKED, /* the broker says what stands where a worker asked */
    CHOICE_MAKE_AGAIN, /* the topic */
    CHOICE_CUT,        /* the log loses its last record, and its offset comes again */
};

#define CHOICE_APPLIED 1
#define CHOICE_OK      2

struct choice {
    enum choice_kind kind;
    int worker; /* of a share; the partition: `place` */
    size_t place;
    int what;  /* ANSWER: the fate; PRODUCED: how; COMMITTED: CHOICE_APPLIED, CHOICE_OK */
    int price; /* faults */
};

#define CHOICES_MOST 96

struct choices {
    size_t count;
    struct choice list[CHOICES_MOST];
    bool at_rest; /* all is published and settled as far as it goes: nobody has anything to do */
    bool calm;    /* and nothing is slow, frozen or astray: if it goes round in circles, that is for ever */
};

/* Always in the same order for the same state. */
void choices_find(const struct scene *scene, struct choices *out);
void choice_take(struct scene *scene, const struct choice *choice);
/* The next moment at which somebody has something to do, or gives something up; MONO_NEVER. */
struct mono choice_next_moment(const struct scene *scene);
/* Whether time waits for what that worker has sent: not where it is dead or frozen. */
bool choice_waits_for(const struct scene *scene, int worker);
/* For people: before it is taken. */
void choice_write(const struct scene *scene, const struct choice *choice, struct buf *out);

#endif
