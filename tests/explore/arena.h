/* All memory of a world and its engines, in one piece at one address: a copy of it is a copy of them, and put back it is
 * the same world at the same moment. The linker hands this program's malloc, free and the like over to it (--wrap), and
 * they take from here while the arena is open; jansson is told to do so too. */
#ifndef TESTS_EXPLORE_ARENA_H
#define TESTS_EXPLORE_ARENA_H

#include <stddef.h>

struct snapshot {
    void *data;
    size_t size, capacity;
};

void arena_init(void);
/* What is allocated between the two is part of the world. */
void arena_open(void);
void arena_close(void);

/* A snapshot is zeroed before its first use, and may be used again; snapshot_done frees it. */
void arena_save(struct snapshot *snapshot);
void arena_restore(const struct snapshot *snapshot);
void snapshot_done(struct snapshot *snapshot);

#endif
