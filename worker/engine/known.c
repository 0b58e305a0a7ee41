#include "engine/known.h"

#include <assert.h>

#include "engine/internal.h"

#define KNOWN_KEY_MAX 4096 /* a routing key of 1 KiB, two texts of 255 characters */

static void known_add(struct buf *out, const struct buf *text)
{
    buf_add(out, "", 1); /* in none of the three */
    for (size_t i = 0; i < text->size; i++) {
        char c = text->data[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
        buf_add(out, &c, 1);
    }
}

/* The routing key and, where the row is looked for by them, the page's host and e-mail: two pages of one customer have two
 * rows. */
static struct span known_key(const struct job *job, struct buf *out)
{
    if (job->delivery.address != ADDRESS_EXTERNAL_ID)
        return job->record->key;
    buf_add_span(out, job->record->key);
    known_add(out, &job->message.host);
    known_add(out, &job->message.email);
    assert(!out->failed);
    return buf_span(out);
}

bool known_find(struct engine *engine, const struct job *job, struct cached *out)
{
    struct buf key;
    buf_init(&key, KNOWN_KEY_MAX);
    bool found = cache_find(&engine->cache, known_key(job, &key), engine->now.mono, out);
    buf_done(&key);
    return found;
}

void known_put(struct engine *engine, const struct job *job)
{
    const struct delivery *delivery = &job->delivery;
    const struct cached where = {delivery->customer, delivery->conversation, delivery->customer_matches,
                                 delivery->resolved_at};
    struct buf key;
    buf_init(&key, KNOWN_KEY_MAX);
    cache_put(&engine->cache, known_key(job, &key), &where, engine->now.mono);
    buf_done(&key);
}

void known_forget(struct engine *engine, const struct job *job)
{
    struct buf key;
    buf_init(&key, KNOWN_KEY_MAX);
    cache_forget(&engine->cache, known_key(job, &key));
    buf_done(&key);
}
