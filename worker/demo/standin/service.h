/* What a call costs the stand-in's server: nothing until POST /_standin/service switches it on; from then on as
 * Papercups was measured. A few calls are served at once, the others wait in the order in which they came. What a
 * message costs grows with the calls that are under way and with the conversations of the last 20 minutes, so that
 * pushing harder serves less. */
#ifndef DEMO_STANDIN_SERVICE_H
#define DEMO_STANDIN_SERVICE_H

#include <pthread.h>
#include <time.h>

#include "demo/standin/request_reply.h"
#include "demo/standin/store.h"

struct standin_service_costs {
    long long capacity;      /* calls served at once; 0: off */
    long long round_trip_ms; /* of the road to it, half of it each way */
    long long message_ms;    /* a message, or a conversation with one, by itself */
    long long read_ms;       /* any other call */
    double per_call;         /* so much of it more for each other call that waits or is served */
    double per_conversation; /* and of a message for each active conversation */
    double jitter;           /* so much of it more or less, by chance */
};

struct standin_service {
    struct standin_store *store;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t changed;
    struct standin_service_costs costs;
    unsigned long long last_ticket, next_ticket; /* given out; whose turn it is */
    long long under_way, served; /* calls that came and are not answered; those of them being served */
    size_t active;               /* conversations, when it was counted last */
    time_t counted_at;
};

void standin_service_init(struct standin_service *service, struct standin_store *store);
void standin_service_done(struct standin_service *service);

/* Lets a request of the API wait on its way there and while it is served, and its answer on the way back. Returns at
 * once when the stand-in stops. */
void standin_service_arrive(struct standin_service *service, const struct standin_request *request);
void standin_service_return(struct standin_service *service);

/* POST of /_standin/service. */
void standin_service_answer(struct standin_service *service, const struct standin_request *request,
                            struct standin_reply *reply);

#endif
