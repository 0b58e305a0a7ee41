#include "demo/standin/store.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"

/* A random UUID of version 4. */
static void store_new_id(char out[STANDIN_ID_SIZE])
{
    unsigned char b[16];
    randombytes_buf(b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    static const char digits[] = "0123456789abcdef";
    char *to = out;
    for (size_t i = 0; i < sizeof(b); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = digits[b[i] >> 4];
        *to++ = digits[b[i] & 0x0f];
    }
    *to = 0;
}

static void store_index(struct map *map, struct map_node *node, const char *key)
{
    node->key = span_of(key);
    map_add(map, node);
}

int standin_store_add_owner(struct standin_store *store, const struct standin_account *account,
                            struct err *err)
{
    struct standin_owner *owner = mem_new(1, sizeof(*owner));
    const char *wrong = NULL;
    if (!standin_id_read(span_of(account->account_id), owner->account_id))
        wrong = "an account id is not a UUID";
    else if (!standin_id_read(span_of(account->inbox_id), owner->inbox_id))
        wrong = "an inbox id is not a UUID";
    else if (account->api_key[0] == 0 || standin_store_owner_by_key(store, span_of(account->api_key)) != NULL)
        wrong = "an API key is empty or given twice";
    else if (standin_store_owner(store, owner->account_id) != NULL ||
             standin_store_inbox(store, owner->inbox_id) != NULL ||
             standin_store_user_exists(store, account->user_id))
        wrong = "an account, inbox or user id is given twice";
    if (wrong != NULL) {
        free(owner);
        return err_set(err, ERR_USAGE, "stand-in: %s: account %s, inbox %s", wrong, account->account_id,
                       account->inbox_id);
    }
    owner->api_key = mem_copy(span_of(account->api_key));
    struct buf email;
    buf_init(&email, 4096);
    json_write_string(&email, span_of(account->email));
    owner->email = mem_copy(buf_span(&email));
    buf_done(&email);
    owner->user_id = account->user_id;
    snprintf(owner->user_key, sizeof(owner->user_key), "%d", account->user_id);
    standin_time_now(store, owner->created_at);
    store_index(&store->owners_by_key, &owner->by_key, owner->api_key);
    store_index(&store->owners_by_id, &owner->by_id, owner->account_id);
    store_index(&store->owners_by_inbox, &owner->by_inbox, owner->inbox_id);
    store_index(&store->owners_by_user, &owner->by_user, owner->user_key);
    struct standin_owner **last = &store->first_owner;
    while (*last != NULL)
        last = &(*last)->next;
    *last = owner;
    return 0;
}

/* The key of a person: account id and external_id one behind the other; the id's length is fixed. */
static char *person_key(const struct standin_owner *owner, struct span external_id, struct span *out)
{
    size_t size = STANDIN_ID_SIZE - 1 + external_id.size;
    char *key = mem_new(size + 1, 1);
    memcpy(key, owner->account_id, STANDIN_ID_SIZE - 1);
    memcpy(key + STANDIN_ID_SIZE - 1, external_id.data, external_id.size);
    *out = (struct span){key, size};
    return key;
}

struct standin_person *standin_store_person(struct standin_store *store, const struct standin_owner *owner,
                                            struct span external_id)
{
    struct span span;
    char *key = person_key(owner, external_id, &span);
    struct map_node *node = map_find(&store->people, span);
    free(key);
    return node == NULL ? NULL : MAP_ENTRY(node, struct standin_person, node);
}

static void customer_join_person(struct standin_store *store, struct standin_customer *customer,
                                 struct span external_id)
{
    if (external_id.data == NULL)
        return;
    struct standin_person *person = standin_store_person(store, customer->owner, external_id);
    if (person == NULL) {
        person = mem_new(1, sizeof(*person));
        person->key = person_key(customer->owner, external_id, &person->node.key);
        map_add(&store->people, &person->node);
    }
    customer->person = person;
    customer->next_of_person = person->customers;
    person->customers = customer;
}

void standin_store_set_external_id(struct standin_store *store, struct standin_customer *customer,
                                   struct span external_id)
{
    if (customer->person != NULL) {
        standin_store_touch(store, customer);
        struct standin_customer **link = &customer->person->customers;
        while (*link != customer)
            link = &(*link)->next_of_person;
        *link = customer->next_of_person;
        customer->person = NULL;
    }
    customer_join_person(store, customer, external_id);
}

void standin_store_touch(struct standin_store *store, struct standin_customer *customer)
{
    store->version++;
    if (customer->person != NULL)
        customer->person->version = store->version;
    if (store->watchers > 0)
        pthread_cond_broadcast(&store->changed);
}

struct standin_customer *standin_store_add_customer(struct standin_store *store,
                                                    const struct standin_customer *draft,
                                                    struct span external_id)
{
    struct standin_customer *customer = mem_new(1, sizeof(*customer));
    *customer = *draft;
    store_new_id(customer->id);
    standin_time_now(store, customer->created_at);
    memcpy(customer->updated_at, customer->created_at, STANDIN_TIME_SIZE);
    store_index(&store->customers, &customer->by_id, customer->id);
    customer->next_of_owner = customer->owner->customers;
    customer->owner->customers = customer;
    customer_join_person(store, customer, external_id);
    standin_store_touch(store, customer);
    return customer;
}

struct standin_conversation *standin_store_add_conversation(struct standin_store *store,
                                                            const struct standin_conversation *draft)
{
    struct standin_conversation *conversation = mem_new(1, sizeof(*conversation));
    *conversation = *draft;
    store_new_id(conversation->id);
    standin_time_now(store, conversation->created_at);
    store_index(&store->conversations, &conversation->by_id, conversation->id);
    conversation->next_of_customer = conversation->customer->conversations;
    conversation->customer->conversations = conversation;
    conversation->next_of_owner = conversation->owner->conversations;
    conversation->owner->conversations = conversation;
    standin_store_touch(store, conversation->customer);
    return conversation;
}

void standin_store_announce(struct standin_store *store, struct standin_conversation *conversation)
{
    standin_store_touch(store, conversation->customer);
    conversation->announced = store->version;
}

void standin_store_set_status(struct standin_store *store, struct standin_conversation *conversation,
                              const char *status)
{
    if (strcmp(conversation->status, status) == 0)
        return;
    bool closed = strcmp(status, "closed") == 0;
    conversation->status = closed ? "closed" : "open";
    standin_time_now(store, conversation->last_activity_at);
    if (closed)
        memcpy(conversation->closed_at, conversation->last_activity_at, STANDIN_TIME_SIZE);
    else
        conversation->closed_at[0] = 0;
    standin_store_touch(store, conversation->customer);
}

/* Recorded: the first message of a user assigns the conversation to that user, but only here; later ones, and the ones
 * after a nested message, do not. A customer's message opens what was closed. */
static void conversation_run_hooks(struct standin_store *store, struct standin_conversation *conversation,
                                   const struct standin_message *message)
{
    bool by_user = message->customer == NULL;
    if (by_user && conversation->agent_replies == 1)
        conversation->assignee_id = message->owner->user_id;
    conversation->read = by_user && strcmp(message->type, "bot") != 0;
    if (!by_user && strcmp(message->type, "bot") != 0)
        standin_store_set_status(store, conversation, "open");
}

struct standin_message *standin_store_add_message(struct standin_store *store,
                                                  const struct standin_message *draft, bool hooks)
{
    if (!standin_store_take_mark(store, draft))
        return NULL;
    struct standin_message *message = mem_new(1, sizeof(*message));
    *message = *draft;
    struct standin_conversation *conversation = message->conversation;
    store_new_id(message->id);
    store_index(&store->messages_by_id, &message->by_id, message->id);
    standin_time_now(store, message->created_at);
    if (store->message_count == store->message_capacity) {
        store->message_capacity = store->message_capacity == 0 ? 1024 : store->message_capacity * 2;
        store->messages =
            mem_grow(store->messages, store->message_capacity, sizeof(struct standin_message *));
    }
    store->messages[store->message_count++] = message;
    message->sequence = store->message_count;
    if (strcmp(message->type, "bot") == 0)
        store->bot_message_count++;
    if (conversation->last == NULL)
        conversation->first = message;
    else
        conversation->last->next = message;
    conversation->last = message;
    conversation->message_count++;
    if (message->customer == NULL)
        conversation->agent_replies++;
    memcpy(conversation->last_activity_at, message->created_at, STANDIN_TIME_SIZE);
    if (hooks)
        conversation_run_hooks(store, conversation, message);
    standin_store_touch(store, conversation->customer);
    message->announced = store->version;
    return message;
}

static char *text_copy(const char *text)
{
    return text == NULL ? NULL : mem_copy(span_of(text));
}

void standin_store_keep_shouted(struct standin_message *message)
{
    if (message->shouted != NULL)
        return;
    struct standin_message *copy = mem_new(1, sizeof(*copy));
    *copy = *message;
    copy->body = text_copy(message->body);
    copy->content_type = text_copy(message->content_type);
    copy->metadata = text_copy(message->metadata);
    message->shouted = copy;
}

void standin_store_remove_message(struct standin_store *store, struct standin_message *message)
{
    struct standin_conversation *conversation = message->conversation;
    struct standin_message **link = &conversation->first, *before = NULL;
    for (; *link != message; link = &before->next)
        before = *link;
    *link = message->next;
    if (conversation->last == message)
        conversation->last = before;
    conversation->message_count--;
    if (message->customer == NULL)
        conversation->agent_replies--;
    if (strcmp(message->type, "bot") == 0)
        store->bot_message_count--;
    map_remove(&store->messages_by_id, &message->by_id);
    standin_store_give_mark_back(store, message);
    message->deleted = true;
    standin_store_touch(store, conversation->customer);
}
