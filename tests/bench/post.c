#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/buf.h"
#include "bench/bench.h"

#define IN_FLIGHT 16
#define BODY_MAX  65536

struct poster;

struct slot {
    CURL *easy;
    struct buf answer;
    char body[BENCH_PAYLOAD_MAX];
};

/* A loop over libcurl's multi-socket interface and epoll that does nothing but POST. */
struct poster {
    CURLM *multi;
    int epoll_fd;
    long timeout_ms; /* -1: none */
    struct curl_slist *headers;
    char url[BENCH_TEXT_MAX];
    struct slot slots[IN_FLIGHT];
};

static size_t take(char *data, size_t size, size_t count, void *context)
{
    buf_add(context, data, size * count);
    return size * count;
}

static CURL *easy_new(const struct poster *poster, const char *path, struct buf *answer)
{
    char url[BENCH_TEXT_MAX * 2];
    CURL *easy = curl_easy_init();
    snprintf(url, sizeof(url), "%s%s", poster->url, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, poster->headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    return easy;
}

/* Makes something by one call and tells its id. */
static void create(const struct poster *poster, const char *path, const char *body, char id[64])
{
    struct buf answer;
    buf_init(&answer, BODY_MAX);
    CURL *easy = easy_new(poster, path, &answer);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    CURLcode code = curl_easy_perform(easy);
    json_t *root = code == CURLE_OK ? json_loadb(answer.data, answer.size, 0, NULL) : NULL;
    const char *found = json_string_value(json_object_get(json_object_get(root, "data"), "id"));
    if (found == NULL)
        bench_fail("POST %s: %s", path,
                   code == CURLE_OK ? "the answer holds no id" : curl_easy_strerror(code));
    snprintf(id, 64, "%s", found);
    json_decref(root);
    curl_easy_cleanup(easy);
    buf_done(&answer);
}

static void slot_make(struct poster *poster, size_t number)
{
    struct slot *slot = &poster->slots[number];
    char body[BENCH_TEXT_MAX], id[64];
    snprintf(body, sizeof(body),
             "{\"customer\":{\"external_id\":\"post_%zu\",\"first_seen\":\"2026-01-01\","
             "\"last_seen\":\"2026-01-01T00:00:00Z\",\"host\":\"shop.example\"}}",
             number);
    create(poster, "/api/v1/customers", body, id);
    snprintf(body, sizeof(body), "{\"conversation\":{\"customer_id\":\"%s\",\"source\":\"chat\"}}", id);
    create(poster, "/api/v1/conversations", body, id);
    snprintf(
        slot->body, sizeof(slot->body),
        "{\"message\":{\"conversation_id\":\"%s\",\"source\":\"api\",\"type\":\"bot\",\"body\":\"%s\","
        "\"metadata\":{\"order_id\":\"o_%zu\","
        "\"quick_replies\":[{\"text\":\"Where is my order?\",\"action\":\"Where is my order?\"},"
        "{\"text\":\"Talk to a person\",\"action\":\"Talk to a person\"}],\"disable_webhook_events\":true,"
        "\"cupbearer\":\"v1:AAAAAAAAAAAAAAAAAAAAAA\"}}}",
        id, bench_body(), number);
    buf_init(&slot->answer, BODY_MAX);
    slot->easy = easy_new(poster, "/api/v1/messages", &slot->answer);
    curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, slot->body);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
    struct poster *poster = context;
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    if ((what & CURL_POLL_IN) != 0)
        event.events |= (uint32_t)EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0)
        event.events |= (uint32_t)EPOLLOUT;
    epoll_ctl(poster->epoll_fd,
              what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL
              : known == NULL          ? EPOLL_CTL_ADD
                                       : EPOLL_CTL_MOD,
              fd, &event);
    curl_multi_assign(poster->multi, fd, what == CURL_POLL_REMOVE ? NULL : poster);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct poster *poster = context;
    (void)multi;
    poster->timeout_ms = timeout_ms;
    return 0;
}

/* How many were answered; each is begun anew while `left` says so. */
static int64_t collect(struct poster *poster, int64_t *left)
{
    int64_t count = 0;
    int waiting;
    CURLMsg *message;
    while ((message = curl_multi_info_read(poster->multi, &waiting)) != NULL) {
        struct slot *slot = NULL;
        long status = 0;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
        if (code != CURLE_OK || status != 201)
            bench_fail("POST: %s, status %ld", curl_easy_strerror(code), status);
        curl_multi_remove_handle(poster->multi, slot->easy);
        buf_clear(&slot->answer);
        count++;
        if (*left > 0) {
            --*left;
            curl_multi_add_handle(poster->multi, slot->easy);
        }
    }
    return count;
}

static void turn(struct poster *poster)
{
    struct epoll_event ready[IN_FLIGHT];
    int running, count = epoll_wait(poster->epoll_fd, ready, IN_FLIGHT, (int)poster->timeout_ms);
    if (count == 0) {
        poster->timeout_ms = -1;
        curl_multi_socket_action(poster->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    for (int i = 0; i < count; i++) {
        int what = ((ready[i].events & (uint32_t)(EPOLLIN | EPOLLHUP)) != 0 ? CURL_CSELECT_IN : 0) |
                   ((ready[i].events & (uint32_t)EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                   ((ready[i].events & (uint32_t)EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(poster->multi, ready[i].data.fd, what, &running);
    }
}

static void poster_init(struct poster *poster, const char *url, const char *api_key)
{
    char line[BENCH_TEXT_MAX];
    curl_global_init(CURL_GLOBAL_DEFAULT);
    *poster = (struct poster){.multi = curl_multi_init(), .epoll_fd = epoll_create1(0), .timeout_ms = -1};
    snprintf(poster->url, sizeof(poster->url), "%s", url);
    snprintf(line, sizeof(line), "Authorization: Bearer %s", api_key);
    poster->headers = curl_slist_append(NULL, line);
    curl_slist_append(poster->headers, "Content-Type: application/json");
    curl_slist_append(poster->headers, "Expect:");
    curl_multi_setopt(poster->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(poster->multi, CURLMOPT_SOCKETDATA, poster);
    curl_multi_setopt(poster->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(poster->multi, CURLMOPT_TIMERDATA, poster);
    for (size_t i = 0; i < IN_FLIGHT; i++)
        slot_make(poster, i);
}

static void poster_done(struct poster *poster)
{
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        curl_easy_cleanup(poster->slots[i].easy);
        buf_done(&poster->slots[i].answer);
    }
    curl_multi_cleanup(poster->multi);
    curl_slist_free_all(poster->headers);
    curl_global_cleanup();
}

void bench_post(int argc, char **argv)
{
    struct poster poster;
    int64_t requests = bench_number("REQUESTS", argv[2]), answered = 0;
    (void)argc;
    if (requests < IN_FLIGHT)
        bench_fail("REQUESTS: at least %d", IN_FLIGHT);
    poster_init(&poster, argv[0], argv[1]);
    int64_t left = requests - IN_FLIGHT;
    int64_t began = bench_cpu_ns(), clock = bench_clock_ns();
    for (size_t i = 0; i < IN_FLIGHT; i++)
        curl_multi_add_handle(poster.multi, poster.slots[i].easy);
    while (answered < requests) {
        turn(&poster);
        answered += collect(&poster, &left);
    }
    printf("post=%.2f post_s=%.0f\n", (double)(bench_cpu_ns() - began) / 1000 / (double)requests,
           (double)requests * 1e9 / (double)(bench_clock_ns() - clock));
    poster_done(&poster);
}
