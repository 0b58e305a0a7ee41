#include "explore/mark.h"

#include <sodium.h>
#include <stdlib.h>

void mark_init(struct mark *mark, FILE *print)
{
    mark->print = print;
    mark->size = 0;
}

static void mark_add(struct mark *mark, const void *data, size_t size)
{
    if (size > sizeof(mark->data) - mark->size) {
        fprintf(stderr, "explore: a state has more than %d bytes\n", MARK_MOST);
        abort();
    }
    if (size > 0)
        memcpy(mark->data + mark->size, data, size);
    mark->size += size;
}

void mark_number(struct mark *mark, const char *name, int64_t value)
{
    mark_add(mark, &value, sizeof(value));
    if (mark->print != NULL && value != 0)
        fprintf(mark->print, " %s=%lld", name, (long long)value);
}

void mark_text(struct mark *mark, const char *name, const char *text)
{
    mark_span(mark, name, span_of(text));
}

void mark_span(struct mark *mark, const char *name, struct span bytes)
{
    int64_t size = (int64_t)bytes.size;
    mark_add(mark, &size, sizeof(size));
    mark_add(mark, bytes.data, bytes.size);
    if (mark->print != NULL && bytes.size > 0)
        fprintf(mark->print, " %s=\"%.*s\"", name, SPAN_ARGS(bytes));
}

void mark_head(struct mark *mark, const char *name)
{
    mark_add(mark, name, strlen(name) + 1);
    if (mark->print != NULL)
        fprintf(mark->print, "\n  %s:", name);
}

struct fingerprint mark_done(const struct mark *mark)
{
    static const unsigned char key[crypto_shorthash_siphashx24_KEYBYTES] = "one state, once";
    unsigned char out[crypto_shorthash_siphashx24_BYTES];
    struct fingerprint fingerprint;
    crypto_shorthash_siphashx24(out, mark->data, mark->size, key);
    memcpy(&fingerprint, out, sizeof(fingerprint));
    return fingerprint;
}

void mark_set_add(struct mark_set *set, const struct mark *item)
{
    if (set->count == ITEMS_MOST) {
        fprintf(stderr, "explore: more than %d things of one kind\n", ITEMS_MOST);
        abort();
    }
    set->items[set->count++] = mark_done(item);
}

static int fingerprint_order(const void *a, const void *b)
{
    const struct fingerprint *one = a, *other = b;
    if (one->low != other->low)
        return one->low < other->low ? -1 : 1;
    return one->high < other->high ? -1 : one->high > other->high;
}

void mark_set_done(struct mark *mark, struct mark_set *set)
{
    int64_t count = (int64_t)set->count;
    if (set->count > 1)
        qsort(set->items, set->count, sizeof(set->items[0]), fingerprint_order);
    mark_add(mark, &count, sizeof(count));
    mark_add(mark, set->items, set->count * sizeof(set->items[0]));
}
