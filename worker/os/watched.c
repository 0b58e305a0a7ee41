#include "os/watched.h"

#include <string.h>
#include <sys/stat.h>

#include "os/clock.h"
#include "os/log.h"

/* Kernels stamp changes by the tick: what changes twice within one has the same stamp. */
#define TICK_NS INT64_C(1000000000)

/* Zeros where there is no file, or where it was changed just now and may change again under the same stamp. */
static struct watched_state state_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return (struct watched_state){0};
    int64_t changed_ns = (int64_t)status.st_ctim.tv_sec * 1000000000 + status.st_ctim.tv_nsec;
    if (clock_now().wall.ms * 1000000 - changed_ns < TICK_NS)
        return (struct watched_state){0};
    return (struct watched_state){status.st_dev, status.st_ino, changed_ns, status.st_size};
}

static bool state_equal(const struct watched_state *one, const struct watched_state *other)
{
    return one->device == other->device && one->inode == other->inode &&
           one->changed_ns == other->changed_ns && one->size == other->size;
}

int watched_read(struct watched *watched, size_t max_size, struct secret *out, struct err *err)
{
    unsigned char digest[crypto_generichash_BYTES];
    struct watched_state state = state_of(watched->path);
    if (!watched->broken && state.changed_ns != 0 && state_equal(&state, &watched->state))
        return 0;
    watched->state = state; /* as it was before it is read: what changes meanwhile is another state */
    if (secret_read(watched->path, max_size, out, err) != 0)
        return -1;
    crypto_generichash(digest, sizeof(digest), out->data, out->size, NULL, 0);
    /* One that was broken is read again, also where it is what it was before. */
    if (!watched->broken && memcmp(digest, watched->digest, sizeof(digest)) == 0) {
        secret_done(out);
        return 0;
    }
    memcpy(watched->digest, digest, sizeof(digest));
    return 1;
}

/* Whether that mistake was told last. */
static bool note(struct watched *watched, const char *text)
{
    unsigned char mistake[crypto_generichash_BYTES];
    crypto_generichash(mistake, sizeof(mistake), (const unsigned char *)text, strlen(text), NULL, 0);
    bool known = watched->broken && memcmp(mistake, watched->told, sizeof(mistake)) == 0;
    memcpy(watched->told, mistake, sizeof(mistake));
    return known;
}

void watched_note(struct watched *watched, const char *text)
{
    note(watched, text);
    watched->broken = true;
}

void watched_tell(struct watched *watched, bool broken, const char *text)
{
    bool known = note(watched, text);
    if (broken && !known)
        log_say(LOG_LEVEL_ERROR, "stale", "%s; what was read before stays in use", text);
    else if (!broken)
        log_say(LOG_LEVEL_INFO, "reloaded", "%s", watched->path);
    watched->broken = broken;
}
