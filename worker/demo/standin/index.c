#include "demo/standin/store.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"

/* create unique index on messages (account_id, (metadata->>'cupbearer')) where metadata ? 'cupbearer' */
struct mark {
    struct map_node node;
    char *key; /* the account's id, then the mark */
};

static void mark_free(struct mark *mark)
{
    free(mark->key);
    free(mark);
}

/* NULL where the message has no mark: null is none, as in SQL. Numbers and such are marks by their text. */
static struct mark *mark_of_message(const struct standin_message *message)
{
    struct span text = span_of(message->metadata);
    json_t *metadata =
        text.size == 0 ? NULL : json_loadb(text.data, text.size, JSON_DECODE_INT_AS_REAL, NULL);
    const json_t *value = json_object_get(metadata, "cupbearer");
    struct mark *mark = NULL;
    if (value != NULL && !json_is_null(value)) {
        struct buf key;
        buf_init(&key, text.size + STANDIN_ID_SIZE + 64);
        buf_add_text(&key, message->owner->account_id);
        if (json_is_string(value))
            buf_add_text(&key, json_string_value(value));
        else
            json_write(&key, value);
        mark = mem_new(1, sizeof(*mark));
        mark->key = mem_copy(buf_span(&key));
        mark->node.key = span_of(mark->key);
        buf_done(&key);
    }
    json_decref(metadata);
    return mark;
}

static bool index_add(struct standin_store *store, const struct standin_message *message)
{
    struct mark *mark = mark_of_message(message);
    if (mark == NULL)
        return true;
    if (map_find(&store->marks, mark->node.key) != NULL) {
        mark_free(mark);
        return false;
    }
    map_add(&store->marks, &mark->node);
    return true;
}

bool standin_store_take_mark(struct standin_store *store, const struct standin_message *message)
{
    return !store->index_on || index_add(store, message);
}

void standin_store_give_mark_back(struct standin_store *store, const struct standin_message *message)
{
    struct mark *mark = store->index_on ? mark_of_message(message) : NULL;
    if (mark == NULL)
        return;
    struct map_node *node = map_find(&store->marks, mark->node.key);
    map_remove(&store->marks, node);
    mark_free(MAP_ENTRY(node, struct mark, node));
    mark_free(mark);
}

static void index_clear(struct standin_store *store)
{
    for (struct map_node *node; (node = map_any(&store->marks)) != NULL;) {
        map_remove(&store->marks, node);
        mark_free(MAP_ENTRY(node, struct mark, node));
    }
}

bool standin_store_set_index(struct standin_store *store, bool on)
{
    if (on == store->index_on)
        return true;
    store->index_on = on;
    for (size_t i = 0; store->index_on && i < store->message_count; i++)
        store->index_on = store->messages[i]->deleted || index_add(store, store->messages[i]);
    if (!store->index_on)
        index_clear(store);
    return store->index_on == on;
}
