#include "gate/history.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "event/outcome.h"
#include "event/recipient.h"

struct history {
    pthread_mutex_t lock;
    json_t *entries[HISTORY_MAX]; /* as the page gets them, by signed_at_ms */
    size_t count;
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
    for (size_t i = 0; i < history->count; i++)
        json_decref(history->entries[i]);
    pthread_mutex_destroy(&history->lock);
    free(history);
}

/* ---- one entry ---- */

static json_t *text_or_null(struct span text)
{
    return text.size == 0 ? json_null() : json_stringn(text.data, text.size);
}

/* NULL where a routing key is none. */
static json_t *entry_new(const struct history_entry *entry)
{
    struct span account = entry->routing_key;
    account = span_cut(&account, '/');
    json_t *to = recipient_of(entry->routing_key);
    if (to == NULL)
        return NULL;
    return json_pack("{s:s%,s:s%,s:s%,s:o,s:o,s:o,s:I,s:b,s:n}", "key", entry->routing_key.data,
                     entry->routing_key.size, "event_id", entry->event_id.data, entry->event_id.size,
                     "account", account.data, account.size, "to", to, "message", text_or_null(entry->message),
                     "who", text_or_null(entry->who), "signed_at_ms", (json_int_t)entry->signed_at_ms,
                     "published", 0, "receipt");
}

static int64_t entry_signed_at(const json_t *entry)
{
    return json_integer_value(json_object_get(entry, "signed_at_ms"));
}

/* ---- all of them; the lock is held ---- */

static json_t *history_find(const struct history *history, struct span routing_key, struct span event_id)
{
    for (size_t i = history->count; i > 0; i--)
        if (span_equal(json_member_span(history->entries[i - 1], "event_id"), event_id) &&
            span_equal(json_member_span(history->entries[i - 1], "key"), routing_key))
            return history->entries[i - 1];
    return NULL;
}

/* NULL if it is no entry, or older than all that there is room for: then it is dropped. */
static json_t *history_insert(struct history *history, const struct history_entry *from)
{
    json_t *entry = entry_new(from);
    size_t place = history->count;
    while (place > 0 && entry_signed_at(history->entries[place - 1]) > from->signed_at_ms)
        place--;
    if (entry == NULL || (history->count == HISTORY_MAX && place == 0)) {
        json_decref(entry);
        return NULL;
    }
    if (history->count == HISTORY_MAX) {
        json_decref(history->entries[0]);
        memmove(history->entries, history->entries + 1, (history->count - 1) * sizeof(entry));
        history->count--;
        place--;
    }
    memmove(history->entries + place + 1, history->entries + place, (history->count - place) * sizeof(entry));
    history->entries[place] = entry;
    history->count++;
    return entry;
}

void history_add(struct history *history, const struct history_entry *entry)
{
    pthread_mutex_lock(&history->lock);
    if (history_find(history, entry->routing_key, entry->event_id) == NULL) /* else it is signed once more */
        history_insert(history, entry);
    pthread_mutex_unlock(&history->lock);
}

void history_published(struct history *history, struct span routing_key, struct span event_id)
{
    pthread_mutex_lock(&history->lock);
    json_t *entry = history_find(history, routing_key, event_id);
    if (entry != NULL)
        json_object_set_new(entry, "published", json_true());
    pthread_mutex_unlock(&history->lock);
}

/* A duplicate's says nothing about the event. */
static enum outcome outcome_of(const json_t *receipt)
{
    struct span reason = json_member_span(receipt, "reason");
    enum outcome outcome = outcome_find(json_member_span(receipt, "outcome"), reason);
    return outcome == OUTCOME_DUPLICATE ? OUTCOME_NONE : outcome;
}

void history_settle(struct history *history, const struct history_entry *entry, const json_t *receipt)
{
    json_t *copy = json_deep_copy(receipt);
    pthread_mutex_lock(&history->lock);
    json_t *found = history_find(history, entry->routing_key, entry->event_id);
    if (found == NULL)
        found = history_insert(history, entry);
    const json_t *known = found == NULL ? NULL : json_object_get(found, "receipt");
    if (json_is_null(known) || (known != NULL && outcome_outweighs(outcome_of(copy), outcome_of(known)))) {
        json_object_set_new(found, "published", json_true());
        json_object_set(found, "receipt", copy);
    }
    pthread_mutex_unlock(&history->lock);
    json_decref(copy);
}

json_t *history_receipt(struct history *history, struct span routing_key, struct span event_id)
{
    pthread_mutex_lock(&history->lock);
    const json_t *entry = history_find(history, routing_key, event_id), *receipt = json_object_get(entry, "receipt");
    json_t *copy = receipt == NULL || json_is_null(receipt) ? NULL : json_deep_copy(receipt);
    pthread_mutex_unlock(&history->lock);
    return copy;
}

json_t *history_list(struct history *history)
{
    json_t *list = json_array();
    pthread_mutex_lock(&history->lock);
    for (size_t i = history->count; i > 0; i--)
        json_array_append_new(list, json_deep_copy(history->entries[i - 1]));
    pthread_mutex_unlock(&history->lock);
    return list;
}
