#include "io/watched.h"

#include <string.h>

#include "io/log.h"

int watched_read(struct watched *watched, size_t max_size, struct secret *out, struct err *err)
{
    unsigned char digest[crypto_generichash_BYTES];
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

void watched_tell(struct watched *watched, bool broken, const char *text)
{
    unsigned char mistake[crypto_generichash_BYTES];
    crypto_generichash(mistake, sizeof(mistake), (const unsigned char *)text, strlen(text), NULL, 0);
    bool known = watched->broken && memcmp(mistake, watched->told, sizeof(mistake)) == 0;
    memcpy(watched->told, mistake, sizeof(mistake));
    if (broken && !known)
        log_say(LOG_LEVEL_ERROR, "stale", "%s; what was read before stays in use", text);
    else if (!broken)
        log_say(LOG_LEVEL_INFO, "reloaded", "%s", watched->path);
    watched->broken = broken;
}
