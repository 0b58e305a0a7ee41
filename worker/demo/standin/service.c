#include "demo/standin/service.h"

#include <sodium.h>

#include "base/time_text.h"

#define ACTIVE_S 1200

/* 30 conversations: about 77 messages/s at 4 calls at once, 65 at 16; 300: 69 and 59. */
static const struct standin_service_costs measured = {.capacity = 4,
                                                      .message_ms = 45,
                                                      .read_ms = 3,
                                                      .per_call = 0.02,
                                                      .per_conversation = 0.0004,
                                                      .jitter = 0.5};

void standin_service_init(struct standin_service *service, struct standin_store *store)
{
    *service = (struct standin_service){.store = store};
    pthread_mutex_init(&service->mutex, NULL);
    pthread_cond_init(&service->changed, NULL);
}

void standin_service_done(struct standin_service *service)
{
    pthread_cond_destroy(&service->changed);
    pthread_mutex_destroy(&service->mutex);
}

static void service_pause(const struct standin_service *service, long long ms)
{
    if (ms > 0)
        standin_store_pause(service->store, ms);
}

/* Conversations in which something happened lately, counted anew once a second. */
static void service_count_active(struct standin_service *service)
{
    time_t now = standin_clock(service->store);
    char since[21];
    if (now == service->counted_at)
        return;
    service->counted_at = now;
    service->active = 0;
    time_text_write(since, ((int64_t)now - ACTIVE_S) * 1000);
    standin_store_lock(service->store);
    for (const struct standin_owner *owner = service->store->first_owner; owner != NULL; owner = owner->next)
        for (const struct standin_conversation *at = owner->conversations; at != NULL; at = at->next_of_owner)
            service->active += strncmp(at->last_activity_at, since, STANDIN_TIME_SIZE - 1) > 0;
    standin_store_unlock(service->store);
}

/* A POST of a message, or of a conversation. */
static bool service_is_message(const struct standin_request *request)
{
    return standin_request_is(request, "POST") && (standin_request_part_is(request, 2, "messages") ||
                                                   standin_request_part_is(request, 2, "conversations"));
}

/* The mutex is held. */
static long long service_cost_ms(const struct standin_service *service, bool message)
{
    const struct standin_service_costs *costs = &service->costs;
    double chance = (double)randombytes_uniform(2001) / 1000 - 1; /* from -1 to 1 */
    double ms = (double)(message ? costs->message_ms : costs->read_ms) * (1 + costs->jitter * chance);
    if (message)
        ms *= 1 + costs->per_conversation * (double)service->active;
    return (long long)(ms * (1 + costs->per_call * (double)(service->under_way - 1)) + 0.5);
}

void standin_service_arrive(struct standin_service *service, const struct standin_request *request)
{
    pthread_mutex_lock(&service->mutex);
    long long way_ms = service->costs.round_trip_ms / 2;
    bool on = service->costs.capacity > 0;
    pthread_mutex_unlock(&service->mutex);
    if (!on)
        return;
    service_pause(service, way_ms);
    pthread_mutex_lock(&service->mutex);
    service_count_active(service);
    service->under_way++;
    unsigned long long ticket = service->last_ticket++;
    while (service->next_ticket != ticket ||
           (service->served >= service->costs.capacity && service->costs.capacity > 0))
        pthread_cond_wait(&service->changed, &service->mutex);
    service->next_ticket++;
    service->served++;
    pthread_cond_broadcast(&service->changed);
    long long cost_ms = service_cost_ms(service, service_is_message(request));
    pthread_mutex_unlock(&service->mutex);
    service_pause(service, cost_ms);
    pthread_mutex_lock(&service->mutex);
    service->served--;
    service->under_way--;
    pthread_cond_broadcast(&service->changed);
    pthread_mutex_unlock(&service->mutex);
}

void standin_service_return(struct standin_service *service)
{
    pthread_mutex_lock(&service->mutex);
    long long way_ms = service->costs.capacity > 0 ? (service->costs.round_trip_ms + 1) / 2 : 0;
    pthread_mutex_unlock(&service->mutex);
    service_pause(service, way_ms);
}

/* A number from 0 where the request has it; false where it is none. */
static bool service_set(const struct standin_request *request, const char *name, long long *whole,
                        double *real)
{
    const json_t *value = json_object_get(request->json, name);
    if (value == NULL)
        return true;
    double number = json_number_value(value);
    if (!json_is_number(value) || number < 0 || number > 600000)
        return false;
    if (whole != NULL)
        *whole = (long long)number;
    else
        *real = number;
    return true;
}

void standin_service_answer(struct standin_service *service, const struct standin_request *request,
                            struct standin_reply *reply)
{
    pthread_mutex_lock(&service->mutex);
    struct standin_service_costs costs = service->costs.capacity > 0 ? service->costs : measured;
    if (!json_is_object(request->json) || !service_set(request, "capacity", &costs.capacity, NULL) ||
        !service_set(request, "round_trip_ms", &costs.round_trip_ms, NULL) ||
        !service_set(request, "message_ms", &costs.message_ms, NULL) ||
        !service_set(request, "read_ms", &costs.read_ms, NULL) ||
        !service_set(request, "per_call", NULL, &costs.per_call) ||
        !service_set(request, "per_conversation", NULL, &costs.per_conversation) ||
        !service_set(request, "jitter", NULL, &costs.jitter) || costs.jitter > 1) {
        standin_reply_error(reply, 400,
                            "want capacity, round_trip_ms, message_ms, read_ms, per_call, per_conversation "
                            "and jitter (at most 1), each a number from 0");
    } else {
        service->costs = costs;
        buf_printf(&reply->body,
                   "{\"capacity\":%lld,\"round_trip_ms\":%lld,\"message_ms\":%lld,\"read_ms\":%lld,"
                   "\"per_call\":%g,\"per_conversation\":%g,\"jitter\":%g,\"active\":%zu}",
                   costs.capacity, costs.round_trip_ms, costs.message_ms, costs.read_ms, costs.per_call,
                   costs.per_conversation, costs.jitter, service->active);
        pthread_cond_broadcast(&service->changed);
    }
    pthread_mutex_unlock(&service->mutex);
}
