#include "gate/access/snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "os/watched.h"

/* One reading of the file. */
struct reading {
    struct reading *before; /* still held by somebody */
    void *what;
    int holders; /* and one for being the last */
};

struct snapshot {
    const struct snapshot_kind *kind;
    struct watched file;
    atomic_bool stale; /* as file.broken, which is of one thread */
    pthread_mutex_t mutex;
    struct reading *last;
};

/* 1 with what another file says, 0 where it is the same, -1 with err. */
static int snapshot_read(struct snapshot *snapshot, void **out, struct err *err)
{
    struct secret text;
    struct err why;
    int changed = watched_read(&snapshot->file, snapshot->kind->size_max, &text, err);
    if (changed <= 0)
        return changed;
    *out = snapshot->kind->read((struct span){(const char *)text.data, text.size}, &why);
    secret_done(&text);
    return *out != NULL ? 1 : err_set(err, ERR_USAGE, "%s: %s", snapshot->file.path, why.text);
}

/* The mutex is held. Who let go of it last frees it. */
static void snapshot_drop(struct snapshot *snapshot, struct reading **link)
{
    struct reading *reading = *link;
    if (--reading->holders > 0)
        return;
    *link = reading->before;
    snapshot->kind->free(reading->what);
    free(reading);
}

static void snapshot_put(struct snapshot *snapshot, void *what)
{
    struct reading *reading = mem_new(1, sizeof(*reading));
    pthread_mutex_lock(&snapshot->mutex);
    *reading = (struct reading){.before = snapshot->last, .what = what, .holders = 1};
    snapshot->last = reading;
    if (reading->before != NULL)
        snapshot_drop(snapshot, &reading->before);
    pthread_mutex_unlock(&snapshot->mutex);
}

struct snapshot *snapshot_new(const char *path, const struct snapshot_kind *kind, struct err *err)
{
    struct snapshot *snapshot = mem_new(1, sizeof(*snapshot));
    void *what = NULL;
    pthread_mutex_init(&snapshot->mutex, NULL);
    snapshot->kind = kind;
    snapshot->file.path = path;
    if (snapshot_read(snapshot, &what, err) < 0) {
        snapshot_free(snapshot);
        return NULL;
    }
    snapshot_put(snapshot, what);
    return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    if (snapshot->last != NULL)
        snapshot_drop(snapshot, &snapshot->last);
    pthread_mutex_destroy(&snapshot->mutex);
    free(snapshot);
}

bool snapshot_reload(struct snapshot *snapshot)
{
    struct err err = {0};
    void *what = NULL;
    int changed = snapshot_read(snapshot, &what, &err);
    if (changed != 0)
        watched_tell(&snapshot->file, changed < 0, err.text);
    snapshot->stale = snapshot->file.broken;
    if (changed > 0)
        snapshot_put(snapshot, what);
    return changed != 0;
}

bool snapshot_is_stale(const struct snapshot *snapshot)
{
    return snapshot->stale;
}

const void *snapshot_take(struct snapshot *snapshot)
{
    pthread_mutex_lock(&snapshot->mutex);
    struct reading *reading = snapshot->last;
    reading->holders++;
    pthread_mutex_unlock(&snapshot->mutex);
    return reading->what;
}

void snapshot_give(struct snapshot *snapshot, const void *what)
{
    pthread_mutex_lock(&snapshot->mutex);
    struct reading **link = &snapshot->last;
    while ((*link)->what != what)
        link = &(*link)->before;
    snapshot_drop(snapshot, link);
    pthread_mutex_unlock(&snapshot->mutex);
}
