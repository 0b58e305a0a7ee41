#include "demo/standin/store.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "base/time_text.h"
#include "os/thread.h"

const char *const standin_customer_text_names[STANDIN_CUSTOMER_TEXTS] = {
    [STANDIN_BROWSER] = "browser",
    [STANDIN_CURRENT_URL] = "current_url",
    [STANDIN_EMAIL] = "email",
    [STANDIN_EXTERNAL_ID] = "external_id",
    [STANDIN_HOST] = "host",
    [STANDIN_NAME] = "name",
    [STANDIN_OS] = "os",
    [STANDIN_PATHNAME] = "pathname",
    [STANDIN_PHONE] = "phone",
    [STANDIN_PROFILE_PHOTO_URL] = "profile_photo_url",
    [STANDIN_TIME_ZONE] = "time_zone",
};

static void store_init_map(struct map *map)
{
    unsigned char key[16];
    randombytes_buf(key, sizeof(key));
    map_init(map, key);
}

struct standin_store *standin_store_new(void)
{
    struct standin_store *store = mem_new(1, sizeof(*store));
    pthread_mutex_init(&store->mutex, NULL);
    thread_cond_init(&store->changed);
    thread_cond_init(&store->stopped);
    store_init_map(&store->owners_by_key);
    store_init_map(&store->owners_by_id);
    store_init_map(&store->owners_by_inbox);
    store_init_map(&store->owners_by_user);
    store_init_map(&store->people);
    store_init_map(&store->customers);
    store_init_map(&store->conversations);
    store_init_map(&store->messages_by_id);
    store_init_map(&store->marks);
    return store;
}

static void message_free(struct standin_message *message)
{
    if (message->shouted != NULL)
        message_free(message->shouted);
    free(message->body);
    free(message->content_type);
    free(message->metadata);
    free(message);
}

static void conversation_free(struct standin_conversation *conversation)
{
    free(conversation->priority);
    free(conversation->subject);
    free(conversation->metadata);
    free(conversation);
}

static void customer_free(struct standin_customer *customer)
{
    for (size_t i = 0; i < STANDIN_CUSTOMER_TEXTS; i++)
        free(customer->texts[i]);
    free(customer->metadata);
    free(customer);
}

/* Owners link all customers and conversations, so the maps need not be emptied one by one. */
static void owner_free(struct standin_owner *owner)
{
    while (owner->conversations != NULL) {
        struct standin_conversation *conversation = owner->conversations;
        owner->conversations = conversation->next_of_owner;
        conversation_free(conversation);
    }
    while (owner->customers != NULL) {
        struct standin_customer *customer = owner->customers;
        owner->customers = customer->next_of_owner;
        customer_free(customer);
    }
    free(owner->api_key);
    free(owner->email);
    free(owner);
}

static void store_free_people(struct map *people)
{
    for (size_t i = 0; i < people->bucket_count; i++) {
        for (struct map_node *node = people->buckets[i], *next; node != NULL; node = next) {
            next = node->next;
            struct standin_person *person = MAP_ENTRY(node, struct standin_person, node);
            free(person->key);
            free(person);
        }
    }
}

void standin_store_free(struct standin_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->message_count; i++)
        message_free(store->messages[i]);
    free(store->messages);
    standin_store_set_index(store, false);
    store_free_people(&store->people);
    for (struct map_node *node; (node = map_any(&store->owners_by_id)) != NULL;) {
        map_remove(&store->owners_by_id, node);
        owner_free(MAP_ENTRY(node, struct standin_owner, by_id));
    }
    struct map *maps[] = {&store->owners_by_key,  &store->owners_by_id,   &store->owners_by_inbox,
                          &store->owners_by_user, &store->people,         &store->customers,
                          &store->conversations,  &store->messages_by_id, &store->marks};
    for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
        map_done(maps[i]);
    pthread_cond_destroy(&store->changed);
    pthread_cond_destroy(&store->stopped);
    pthread_mutex_destroy(&store->mutex);
    free(store);
}

void standin_store_lock(struct standin_store *store)
{
    pthread_mutex_lock(&store->mutex);
}

void standin_store_unlock(struct standin_store *store)
{
    pthread_mutex_unlock(&store->mutex);
}

time_t standin_clock(const struct standin_store *store)
{
    return time(NULL) + (time_t)store->ahead_s;
}

void standin_time_now(const struct standin_store *store, char out[STANDIN_TIME_SIZE])
{
    char text[21];
    time_text_write(text, (int64_t)standin_clock(store) * 1000);
    memcpy(out, text, STANDIN_TIME_SIZE - 1);
    out[STANDIN_TIME_SIZE - 1] = 0;
}

#define STORE_FIND(map, key, type, member)                                                                   \
    struct map_node *node = map_find(&store->map, key);                                                      \
    return node == NULL ? NULL : MAP_ENTRY(node, type, member)

struct standin_owner *standin_store_owner_by_key(struct standin_store *store, struct span key)
{
    STORE_FIND(owners_by_key, key, struct standin_owner, by_key);
}

struct standin_owner *standin_store_owner(struct standin_store *store, const char *account_id)
{
    STORE_FIND(owners_by_id, span_of(account_id), struct standin_owner, by_id);
}

struct standin_owner *standin_store_inbox(struct standin_store *store, const char *inbox_id)
{
    STORE_FIND(owners_by_inbox, span_of(inbox_id), struct standin_owner, by_inbox);
}

bool standin_store_user_exists(struct standin_store *store, int user_id)
{
    char text[12];
    snprintf(text, sizeof(text), "%d", user_id);
    return map_find(&store->owners_by_user, span_of(text)) != NULL;
}

struct standin_customer *standin_store_customer(struct standin_store *store, const char *id)
{
    STORE_FIND(customers, span_of(id), struct standin_customer, by_id);
}

struct standin_conversation *standin_store_conversation(struct standin_store *store, const char *id)
{
    STORE_FIND(conversations, span_of(id), struct standin_conversation, by_id);
}

struct standin_message *standin_store_message(struct standin_store *store, const char *id)
{
    STORE_FIND(messages_by_id, span_of(id), struct standin_message, by_id);
}

int standin_conversation_order(const struct standin_conversation *a, const struct standin_conversation *b)
{
    bool a_idle = a->last_activity_at[0] == 0, b_idle = b->last_activity_at[0] == 0;
    if (a_idle != b_idle)
        return a_idle ? -1 : 1;
    int order = strcmp(b->last_activity_at, a->last_activity_at);
    return order != 0 ? order : strcmp(b->id, a->id);
}

bool standin_store_wait_change(struct standin_store *store, const struct timespec *until)
{
    if (store->stopping)
        return false;
    store->watchers++;
    int rc = pthread_cond_timedwait(&store->changed, &store->mutex, until);
    store->watchers--;
    return rc == 0 && !store->stopping;
}

void standin_store_pause(struct standin_store *store, long long delay_ms)
{
    struct timespec until = thread_deadline(delay_ms);
    standin_store_lock(store);
    while (!store->stopping && pthread_cond_timedwait(&store->stopped, &store->mutex, &until) != ETIMEDOUT)
        ;
    standin_store_unlock(store);
}

void standin_store_stop(struct standin_store *store)
{
    standin_store_lock(store);
    store->stopping = true;
    pthread_cond_broadcast(&store->changed);
    pthread_cond_broadcast(&store->stopped);
    standin_store_unlock(store);
}
