#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "bench/bench.h"
#include "bench/load.h"
#include "delivery/cache.h"

#define BODY_MAX      65536
#define IN_FLIGHT_MAX 64

/* Of one customer. */
struct place {
    char customer[64], conversation[64];
    atomic_llong resolved_ms; /* when it was asked for last */
};

/* Conversations of as many customers, and who posts into them. */
struct crowd {
    const char *url;
    struct curl_slist *headers;
    struct place *places;
    size_t count;
    atomic_size_t next;
    atomic_long posted;
    atomic_bool over;
};

static long long now_ms(void)
{
    return (long long)(bench_clock_ns() / 1000000);
}

static size_t take(char *data, size_t size, size_t count, void *context)
{
    buf_add(context, data, size * count);
    return size * count;
}

/* Posts, or gets where there is no body; the answer's status. */
static long call(CURL *easy, const struct crowd *crowd, const char *path, const char *body,
                 struct buf *answer)
{
    char url[BENCH_TEXT_MAX * 2];
    long status = 0;
    buf_clear(answer);
    snprintf(url, sizeof(url), "%s%s", crowd->url, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, crowd->headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (body != NULL)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    else
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    CURLcode code = curl_easy_perform(easy);
    if (code != CURLE_OK)
        bench_fail("%s: %s", path, curl_easy_strerror(code));
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* Makes something by one call and tells its id. */
static void make(CURL *easy, const struct crowd *crowd, const char *path, const char *body, char id[64])
{
    struct buf answer;
    buf_init(&answer, BODY_MAX);
    call(easy, crowd, path, body, &answer);
    json_t *root = json_loadb(answer.data, answer.size, 0, NULL);
    const char *found = json_string_value(json_object_get(json_object_get(root, "data"), "id"));
    if (found == NULL)
        bench_fail("POST %s: the answer holds no id", path);
    snprintf(id, 64, "%s", found);
    json_decref(root);
    buf_done(&answer);
}

static void crowd_make(struct crowd *crowd)
{
    CURL *easy = curl_easy_init();
    for (size_t i = 0; i < crowd->count; i++) {
        char body[BENCH_TEXT_MAX], id[64];
        struct place *place = &crowd->places[i];
        snprintf(body, sizeof(body),
                 "{\"customer\":{\"external_id\":\"fixed_%zu\",\"first_seen\":\"2026-01-01\","
                 "\"last_seen\":\"2026-01-01T00:00:00Z\",\"host\":\"shop.example\"}}",
                 i);
        make(easy, crowd, "/api/v1/customers", body, place->customer);
        snprintf(body, sizeof(body), "{\"conversation\":{\"customer_id\":\"%s\",\"source\":\"chat\"}}",
                 place->customer);
        make(easy, crowd, "/api/v1/conversations", body, place->conversation);
        snprintf(
            body, sizeof(body),
            "{\"message\":{\"conversation_id\":\"%s\",\"source\":\"api\",\"type\":\"bot\",\"body\":\"Hi\"}}",
            place->conversation);
        make(easy, crowd, "/api/v1/messages", body, id);
        place->resolved_ms =
            now_ms() - CACHE_TTL_MS * (long long)(i * 7919 % crowd->count) / (long long)crowd->count;
    }
    curl_easy_cleanup(easy);
}

/* As a worker does, which remembers for so long where to post. */
static void crowd_resolve(CURL *easy, const struct crowd *crowd, struct place *place, size_t number,
                          struct buf *answer)
{
    char path[BENCH_TEXT_MAX];
    long long now = now_ms();
    if (now - place->resolved_ms < CACHE_TTL_MS)
        return;
    place->resolved_ms = now;
    snprintf(path, sizeof(path), "/api/v1/customers?external_id=fixed_%zu", number);
    call(easy, crowd, path, NULL, answer);
    snprintf(path, sizeof(path), "/api/v1/conversations?customer_id=%s&status=open", place->customer);
    call(easy, crowd, path, NULL, answer);
}

/* One connection: posts, one after the other, each into the conversation whose turn it is. */
static void *crowd_post(void *context)
{
    struct crowd *crowd = context;
    struct buf answer;
    CURL *easy = curl_easy_init();
    buf_init(&answer, BODY_MAX);
    while (!crowd->over) {
        char body[BENCH_TEXT_MAX];
        size_t turn = atomic_fetch_add(&crowd->next, 1) % crowd->count;
        crowd_resolve(easy, crowd, &crowd->places[turn], turn, &answer);
        snprintf(body, sizeof(body),
                 "{\"message\":{\"conversation_id\":\"%s\",\"source\":\"api\",\"type\":\"bot\","
                 "\"body\":\"Your order is on its way. Need a hand?\"}}",
                 crowd->places[turn].conversation);
        if (call(easy, crowd, "/api/v1/messages", body, &answer) != 201)
            bench_fail("POST /api/v1/messages: it was not taken");
        crowd->posted++;
    }
    curl_easy_cleanup(easy);
    buf_done(&answer);
    return NULL;
}

static void wait_ms(int64_t ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0)
        ;
}

/* Messages a second with so many in flight, after a second in which they begin. */
static double crowd_goodput(struct crowd *crowd, size_t in_flight, int64_t seconds)
{
    pthread_t threads[IN_FLIGHT_MAX];
    crowd->over = false;
    for (size_t i = 0; i < in_flight; i++)
        if (pthread_create(&threads[i], NULL, crowd_post, crowd) != 0)
            bench_fail("no thread can be had");
    wait_ms(1000);
    long before = crowd->posted;
    int64_t began = bench_clock_ns();
    wait_ms(seconds * 1000);
    double goodput = (double)(crowd->posted - before) * 1e9 / (double)(bench_clock_ns() - began);
    crowd->over = true;
    for (size_t i = 0; i < in_flight; i++)
        pthread_join(threads[i], NULL);
    return goodput;
}

static void crowd_service(const struct crowd *crowd, const char *service)
{
    struct buf answer;
    CURL *easy = curl_easy_init();
    buf_init(&answer, BODY_MAX);
    if (call(easy, crowd, "/_standin/service", service, &answer) != 200)
        bench_fail("%s: %.*s", service, SPAN_ARGS(buf_span(&answer)));
    buf_done(&answer);
    curl_easy_cleanup(easy);
}

/* For each service of the stand-in (JSON, ';' between), the goodput of each number in flight (',' between). */
void bench_fixed(int argc, char **argv)
{
    struct crowd crowd = {.url = argv[0], .count = (size_t)bench_number("CONVERSATIONS", argv[2])};
    int64_t seconds = bench_number("SECONDS", argv[3]);
    char line[BENCH_TEXT_MAX], *more_services = NULL;
    (void)argc;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    snprintf(line, sizeof(line), "Authorization: Bearer %s", argv[1]);
    crowd.headers = curl_slist_append(curl_slist_append(NULL, line), "Content-Type: application/json");
    crowd.places = mem_new(crowd.count, sizeof(*crowd.places));
    crowd_make(&crowd);
    for (char *service = strtok_r(argv[4], ";", &more_services); service != NULL;
         service = strtok_r(NULL, ";", &more_services)) {
        char numbers[BENCH_TEXT_MAX], *more = NULL;
        crowd_service(&crowd, service);
        snprintf(numbers, sizeof(numbers), "%s", argv[5]);
        for (char *number = strtok_r(numbers, ",", &more); number != NULL;
             number = strtok_r(NULL, ",", &more)) {
            int64_t in_flight = bench_number("IN_FLIGHT", number);
            if (in_flight > IN_FLIGHT_MAX)
                bench_fail("IN_FLIGHT: at most %d", IN_FLIGHT_MAX);
            printf("%s:%.1f ", number, crowd_goodput(&crowd, (size_t)in_flight, seconds));
        }
        printf("\n");
    }
    curl_slist_free_all(crowd.headers);
    free(crowd.places);
    curl_global_cleanup();
}

void bench_publish(int argc, char **argv)
{
    const struct load_options options = {.bootstrap = argv[0],
                                         .topic = argv[1],
                                         .key_file = argv[2],
                                         .key_id = argv[3],
                                         .events = bench_number("EVENTS", argv[4]),
                                         .customers = bench_number("CUSTOMERS", argv[5])};
    (void)argc;
    struct load *load = load_new(&options);
    load_publish(load, 0, options.events);
    load_free(load);
}
