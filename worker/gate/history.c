#include "gate/history.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"

struct history {
    pthread_mutex_t lock;
    json_t *entries[HISTORY_MAX]; /* as the page gets them; a ring */
    size_t next;
};

struct history *history_new(void)
{
    struct history *history = mem_new(1, sizeof(*history));
    pthread_mutex_init(&history->lock, NULL);
    return history;
}

void history_free(struct history *history)
{
    if (history == NULL)
        return;
    for (size_t i = 0; i < HISTORY_MAX; i++)
        json_decref(history->entries[i]);
    pthread_mutex_destroy(&history->lock);
    free(history);
}

void history_add(struct history *history, const struct history_entry *entry)
{
    json_t *made = json_pack(
        "{s:s%,s:o,s:s%,s:o,s:s%,s:I,s:b,s:n}", "event_id", entry->event_id.data, entry->event_id.size,
        "message",
        entry->message.size == 0 ? json_null() : json_stringn(entry->message.data, entry->message.size),
        "account", entry->account.data, entry->account.size, "to", json_deep_copy(entry->to), "key_id",
        entry->key_id.data, entry->key_id.size, "signed_at_ms", (json_int_t)entry->signed_at_ms, "published",
        0, "receipt");
    pthread_mutex_lock(&history->lock);
    json_decref(history->entries[history->next]);
    history->entries[history->next] = made;
    history->next = (history->next + 1) % HISTORY_MAX;
    pthread_mutex_unlock(&history->lock);
}

/* The lock is held. */
static json_t *history_find(const struct history *history, struct span event_id)
{
    for (size_t i = 0; i < HISTORY_MAX; i++)
        if (history->entries[i] != NULL &&
            span_equal(json_member_span(history->entries[i], "event_id"), event_id))
            return history->entries[i];
    return NULL;
}

void history_published(struct history *history, struct span event_id)
{
    pthread_mutex_lock(&history->lock);
    json_t *entry = history_find(history, event_id);
    if (entry != NULL)
        json_object_set_new(entry, "published", json_true());
    pthread_mutex_unlock(&history->lock);
}

/* A duplicate's receipt may come behind the first one's, which says what became of it. */
void history_settle(struct history *history, struct span event_id, const json_t *receipt)
{
    json_t *copy = json_deep_copy(receipt);
    pthread_mutex_lock(&history->lock);
    json_t *entry = history_find(history, event_id);
    if (entry != NULL && json_is_null(json_object_get(entry, "receipt")))
        json_object_set(entry, "receipt", copy);
    pthread_mutex_unlock(&history->lock);
    json_decref(copy);
}

json_t *history_list(struct history *history)
{
    json_t *list = json_array();
    pthread_mutex_lock(&history->lock);
    for (size_t i = 1; i <= HISTORY_MAX; i++) {
        const json_t *entry = history->entries[(history->next + HISTORY_MAX - i) % HISTORY_MAX];
        if (entry != NULL)
            json_array_append_new(list, json_deep_copy(entry));
    }
    pthread_mutex_unlock(&history->lock);
    return list;
}
