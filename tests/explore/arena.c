#include "explore/arena.h"

#include <assert.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE  (8u << 20)
#define STEP        16
#define SMALL_MOST  1024 /* up to here there is a list of free blocks for each multiple of STEP */
#define SMALL_LISTS (SMALL_MOST / STEP)
#define LARGE_LISTS 16 /* and beyond one for each power of two */

struct block {
    size_t list; /* which one it goes back to */
    struct block *next;
};

/* The size of what stands before the memory that is handed out; that keeps it aligned. */
#define BLOCK_HEAD 16

/* The arena's own state lies in it, so that a snapshot has that too. */
static struct arena {
    size_t used;
    struct block *free[SMALL_LISTS + LARGE_LISTS];
    _Alignas(STEP) unsigned char memory[ARENA_SIZE];
} arena;

static bool is_open;

/* The linker gives these their names. */
void *__real_malloc(size_t size);
void *__real_realloc(void *data, size_t size);
void __real_free(void *data);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *data, size_t size);
void __wrap_free(void *data);
void *__wrap_sodium_malloc(size_t size);
void __wrap_sodium_free(void *data);

static size_t list_of(size_t size)
{
    if (size <= SMALL_MOST)
        return size == 0 ? 0 : (size - 1) / STEP;
    size_t list = SMALL_LISTS;
    for (size_t most = SMALL_MOST * 2; most < size; most *= 2)
        list++;
    assert(list < SMALL_LISTS + LARGE_LISTS);
    return list;
}

static size_t list_size(size_t list)
{
    return list < SMALL_LISTS ? (list + 1) * STEP : (size_t)SMALL_MOST * 2 << (list - SMALL_LISTS);
}

static struct block *block_of(void *data)
{
    return (struct block *)(void *)((unsigned char *)data - BLOCK_HEAD);
}

static bool arena_owns(const void *data)
{
    return (uintptr_t)data >= (uintptr_t)arena.memory &&
           (uintptr_t)data < (uintptr_t)arena.memory + sizeof(arena.memory);
}

static void *arena_take(size_t size)
{
    size_t list = list_of(size);
    struct block *block = arena.free[list];
    if (block != NULL) {
        arena.free[list] = block->next;
    } else {
        size_t whole = BLOCK_HEAD + list_size(list);
        if (whole > sizeof(arena.memory) - arena.used) {
            fprintf(stderr, "explore: the world has outgrown its %u bytes\n", ARENA_SIZE);
            abort();
        }
        block = (struct block *)(void *)(arena.memory + arena.used);
        arena.used += whole;
        block->list = list;
    }
    return (unsigned char *)block + BLOCK_HEAD;
}

void *__wrap_malloc(size_t size)
{
    return is_open ? arena_take(size) : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    assert(size == 0 || count <= SIZE_MAX / size);
    void *data = __wrap_malloc(count * size);
    return data == NULL ? NULL : memset(data, 0, count * size);
}

void *__wrap_realloc(void *data, size_t size)
{
    if (data == NULL)
        return __wrap_malloc(size);
    if (!arena_owns(data))
        return __real_realloc(data, size);
    size_t room = list_size(block_of(data)->list);
    if (size <= room)
        return data;
    void *grown = arena_take(size);
    memcpy(grown, data, room);
    __wrap_free(data);
    return grown;
}

void __wrap_free(void *data)
{
    if (!arena_owns(data)) {
        __real_free(data);
        return;
    }
    struct block *block = block_of(data);
    block->next = arena.free[block->list];
    arena.free[block->list] = block;
}

void *__wrap_sodium_malloc(size_t size)
{
    return __wrap_malloc(size);
}

void __wrap_sodium_free(void *data)
{
    __wrap_free(data);
}

void arena_init(void)
{
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
    json_object_seed(1);
}

void arena_open(void)
{
    is_open = true;
}

void arena_close(void)
{
    is_open = false;
}

void arena_save(struct snapshot *snapshot)
{
    size_t size = offsetof(struct arena, memory) + arena.used;
    if (snapshot->capacity < size) {
        __real_free(snapshot->data);
        snapshot->capacity = size + size / 8;
        snapshot->data = __real_malloc(snapshot->capacity);
        if (snapshot->data == NULL)
            abort();
    }
    memcpy(snapshot->data, &arena, size);
    snapshot->size = size;
}

void arena_restore(const struct snapshot *snapshot)
{
    memcpy(&arena, snapshot->data, snapshot->size);
}

void snapshot_done(struct snapshot *snapshot)
{
    __real_free(snapshot->data);
    *snapshot = (struct snapshot){0};
}
