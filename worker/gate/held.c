#include "gate/held.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "os/watched.h"

/* One reading of the file. */
struct reading {
    struct reading *before; /* still held by somebody */
    void *what;
    int holders; /* and one for being the last */
};

struct held {
    const struct held_kind *kind;
    struct watched file;
    pthread_mutex_t mutex;
    struct reading *last;
};

/* 1 with what another file says, 0 where it is the same, -1 with err. */
static int held_read(struct held *held, void **out, struct err *err)
{
    struct secret text;
    struct err why;
    int changed = watched_read(&held->file, held->kind->size_max, &text, err);
    if (changed <= 0)
        return changed;
    *out = held->kind->read((struct span){(const char *)text.data, text.size}, &why);
    secret_done(&text);
    return *out != NULL ? 1 : err_set(err, ERR_USAGE, "%s: %s", held->file.path, why.text);
}

/* The mutex is held. Who let go of it last frees it. */
static void held_drop(struct held *held, struct reading **link)
{
    struct reading *reading = *link;
    if (--reading->holders > 0)
        return;
    *link = reading->before;
    held->kind->free(reading->what);
    free(reading);
}

static void held_put(struct held *held, void *what)
{
    struct reading *reading = mem_new(1, sizeof(*reading));
    pthread_mutex_lock(&held->mutex);
    *reading = (struct reading){.before = held->last, .what = what, .holders = 1};
    held->last = reading;
    if (reading->before != NULL)
        held_drop(held, &reading->before);
    pthread_mutex_unlock(&held->mutex);
}

struct held *held_new(const char *path, const struct held_kind *kind, struct err *err)
{
    struct held *held = mem_new(1, sizeof(*held));
    void *what = NULL;
    pthread_mutex_init(&held->mutex, NULL);
    held->kind = kind;
    held->file.path = path;
    if (held_read(held, &what, err) < 0) {
        held_free(held);
        return NULL;
    }
    held_put(held, what);
    return held;
}

void held_free(struct held *held)
{
    if (held == NULL)
        return;
    if (held->last != NULL)
        held_drop(held, &held->last);
    pthread_mutex_destroy(&held->mutex);
    free(held);
}

bool held_reload(struct held *held)
{
    struct err err = {0};
    void *what = NULL;
    int changed = held_read(held, &what, &err);
    if (changed != 0)
        watched_tell(&held->file, changed < 0, err.text);
    if (changed > 0)
        held_put(held, what);
    return changed != 0;
}

const void *held_take(struct held *held)
{
    pthread_mutex_lock(&held->mutex);
    struct reading *reading = held->last;
    reading->holders++;
    pthread_mutex_unlock(&held->mutex);
    return reading->what;
}

void held_give(struct held *held, const void *what)
{
    pthread_mutex_lock(&held->mutex);
    struct reading **link = &held->last;
    while ((*link)->what != what)
        link = &(*link)->before;
    held_drop(held, link);
    pthread_mutex_unlock(&held->mutex);
}
