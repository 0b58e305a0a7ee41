#include "http/client/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "event/traceparent.h"
#include "http/client/http_socket.h"
#include "os/clock.h"
#include "os/failpoint.h"
#include "os/heap.h"

#define CONNECT_TIMEOUT_MS 5000
#define LARGE_BYTES (1u << 20)  /* so much was there when its time was over: it came, and was not stuck */
#define ANSWERS_MAX (32u << 20) /* of all that are under way, in bytes */
/* For the next requests, where many accounts were busy at once: some 60 KiB each with TLS, and 30 for an exchange. */
#define CONNECTIONS_KEPT 256
#define EXCHANGES_KEPT   64
#define CA_CACHE_S       600 /* then a file of authorities is read again, for the next connection */

struct exchange {
    struct http *owner; /* NULL: it is alone */
    SLIST_ENTRY(exchange) in_idle;
    LIST_ENTRY(exchange) in_all;
    bool writes;
    CURL *easy;
    uint64_t handle;
    struct buf request;
    size_t request_sent;
    struct mono until; /* from then on no byte of the body is handed out */
    bool too_late;     /* and so it was */
    bool was_sent;     /* a byte of the body was handed to libcurl: from here on the server may have it */
    bool too_large;
    size_t received; /* of the answer */
    struct json_fold answer;
    char failure[CURL_ERROR_SIZE];
    struct curl_slist trace; /* before the site's headers, which have the key and are not copied */
    char trace_line[sizeof(HEADER_TRACEPARENT ": ") + TRACEPARENT_SIZE];
};

struct http {
    CURLM *multi;
    int64_t timeout_ms;
    struct http_sockets sockets;
    struct mono timer;
    SLIST_HEAD(, exchange) idle;
    size_t idle_count;
    LIST_HEAD(, exchange) all;
    struct heap heap;
    size_t answer_bytes; /* of the exchanges under way */
    http_done *done;
    void *context;
};

/* ---- one exchange ---- */

/* The body leaves through here and nowhere else: whether it was called is how "nothing was sent" is known. libcurl's
 * own codes do not tell: on a kept-alive connection that dies it reports a failed connect for a message that the server
 * has stored. */
static size_t exchange_read(char *out, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    if (mono_reached(exchange->until, clock_now().mono)) {
        exchange->too_late = true;
        return CURL_READFUNC_ABORT;
    }
    size_t left = exchange->request.size - exchange->request_sent;
    size_t part = size * count < left ? size * count : left;
    memcpy(out, exchange->request.data + exchange->request_sent, part);
    exchange->request_sent += part;
    exchange->was_sent = true;
    return part;
}

/* libcurl rewinds a body only to send it again by itself, which would be a second message: it may not. */
static int exchange_seek(void *context, curl_off_t offset, int origin)
{
    (void)context;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

static size_t exchange_write(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    size_t part = size * count, before = exchange->answer.text.size;
    size_t together = exchange->owner == NULL ? before : exchange->owner->answer_bytes;
    exchange->received += part;
    if (exchange->received <= REPLY_READ_MAX && together + part <= ANSWERS_MAX)
        json_fold_add(&exchange->answer, data, part);
    else
        exchange->answer.text.failed = true;
    if (exchange->owner != NULL)
        exchange->owner->answer_bytes += exchange->answer.text.size - before; /* or less */
    exchange->too_large = exchange->answer.text.failed;
    return exchange->too_large ? 0 : part;
}

static struct exchange *exchange_new(int64_t timeout_ms)
{
    struct exchange *exchange = mem_new(1, sizeof(*exchange));
    CURL *easy = exchange->easy = curl_easy_init();
    if (easy == NULL)
        abort();
    json_fold_init(&exchange->answer, REPLY_BODY_MAX);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->failure);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L); /* never carry the key elsewhere */
    curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* nor into a proxy's CONNECT */
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "cupbearer/" CUPBEARER_VERSION);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    int64_t connect_ms = timeout_ms < CONNECT_TIMEOUT_MS ? timeout_ms : CONNECT_TIMEOUT_MS;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, (long)CA_CACHE_S);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 8192L); /* most answers are smaller; the default is 80 KiB */
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, exchange_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, exchange_seek);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, exchange_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    return exchange;
}

static void exchange_free(struct exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    buf_done(&exchange->request);
    json_fold_done(&exchange->answer);
    free(exchange);
}

static struct curl_slist *exchange_headers(struct exchange *exchange, const struct http_site *site, struct span traceparent)
{
    struct curl_slist *headers = http_site_headers(site, exchange->writes);
    if (traceparent.data == NULL)
        return headers;
    snprintf(exchange->trace_line, sizeof(exchange->trace_line), HEADER_TRACEPARENT ": %.*s", SPAN_ARGS(traceparent));
    exchange->trace = (struct curl_slist){exchange->trace_line, headers};
    return &exchange->trace;
}

static void exchange_prepare(struct exchange *exchange, const struct http_site *site, const char *method,
                             const char *path, const struct json_fold_rule *fold, struct span traceparent)
{
    CURL *easy = exchange->easy;
    bool writes = exchange->writes = strcmp(method, "GET") != 0;
    struct buf url;
    buf_init(&url, 16384);
    buf_add_text(&url, http_site_url(site));
    buf_add_text(&url, path);
    curl_easy_setopt(easy, CURLOPT_URL, url.data);
    buf_done(&url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange_headers(exchange, site, traceparent));
    http_site_go_by(site, easy);
    if (writes) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->request.size);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    }
    json_fold_begin(&exchange->answer, fold);
    exchange->request_sent = exchange->received = 0;
    exchange->was_sent = exchange->too_late = exchange->too_large = false;
    exchange->failure[0] = 0;
}

/* By the other side's clock; 0 where it does not say. */
static struct wall exchange_date(const struct exchange *exchange)
{
    struct curl_header *header;
    if (curl_easy_header(exchange->easy, "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return (struct wall){0};
    time_t seconds = curl_getdate(header->value, NULL);
    return (struct wall){seconds > 0 ? (int64_t)seconds * 1000 : 0};
}

static void exchange_reply(const struct exchange *exchange, CURLcode code, struct reply *reply)
{
    long status = 0, request_size = 0;
    char *type = NULL;
    curl_off_t retry_after_s = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &request_size);
    curl_easy_getinfo(exchange->easy, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(exchange->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    bool slow = code == CURLE_OPERATION_TIMEDOUT;
    *reply = (struct reply){.status = (int)status,
                            .body = buf_span(&exchange->answer.text),
                            .too_large = exchange->too_large || (slow && exchange->received > LARGE_BYTES),
                            .timed_out = slow};
    if (code != CURLE_OK && !reply->too_large) {
        /* A read has no body to tell by, and nothing hangs on it: libcurl's word is good enough. It is not its code:
         * a name that is not found and a failed handshake have codes of their own. */
        bool was_sent = exchange->writes ? exchange->was_sent : request_size > 0;
        reply->transport = was_sent ? TRANSPORT_LOST : TRANSPORT_NOT_SENT;
        reply->failure =
            span_of(exchange->too_late
                        ? "not written: too late (this process was stopped, or connecting took too long)"
                    : exchange->failure[0] != 0 ? exchange->failure
                                                : curl_easy_strerror(code));
        return;
    }
    reply->is_json = !reply->too_large && type != NULL && reply_type_is_json(span_of(type));
    reply->has_retry_after = retry_after_s > 0;
    reply->retry_after_ms = retry_after_s > 86400 ? 86400000 : (int64_t)retry_after_s * 1000;
    reply->date = exchange_date(exchange);
}

void http_get(const struct http_site *site, const char *path, int64_t timeout_ms, struct reply *reply,
              struct buf *body)
{
    struct exchange *exchange = exchange_new(timeout_ms);
    exchange_prepare(exchange, site, "GET", path, NULL, SPAN_NONE);
    exchange_reply(exchange, curl_easy_perform(exchange->easy), reply);
    if (reply->failure.data != NULL) { /* it points into the exchange: the body's place is free to hold it */
        buf_clear(&exchange->answer.text);
        buf_add_span(&exchange->answer.text, reply->failure);
        reply->failure = buf_span(&exchange->answer.text);
    }
    *body = exchange->answer.text;
    exchange->answer.text = (struct buf){0};
    reply->body = buf_span(body);
    exchange_free(exchange);
}

/* ---- many of them ---- */

/* libcurl waits for nothing but the answer: the request has left. */
static void http_sent(CURL *easy, curl_socket_t fd)
{
    struct exchange *exchange = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&exchange);
    failpoint_sent(exchange->handle, fd);
}

static int http_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
    struct http *http = context;
    (void)known;
    http_sockets_watch(&http->sockets, fd, what);
    if (FAILPOINTS && what == CURL_POLL_IN)
        http_sent(easy, fd);
    return 0;
}

static int http_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct http *http = context;
    (void)multi;
    http->timer = timeout_ms < 0 ? MONO_NEVER : mono_after(clock_now().mono, timeout_ms);
    return 0;
}

struct http *http_new(int epoll_fd, uint64_t epoll_tag, int64_t timeout_ms, http_done *done, void *context,
                      struct err *err)
{
    struct http *http = mem_new(1, sizeof(*http));
    *http = (struct http){.multi = curl_multi_init(),
                          .timeout_ms = timeout_ms,
                          .timer = MONO_NEVER,
                          .done = done,
                          .context = context};
    if (http->multi == NULL) {
        free(http);
        err_set(err, ERR_SYSTEM, "libcurl cannot be initialised");
        return NULL;
    }
    http_sockets_init(&http->sockets, epoll_fd, epoll_tag, timeout_ms);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, http_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, http_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    return http;
}

void http_send(struct http *http, uint64_t handle, const struct http_site *site, const char *method, const char *path,
               struct buf *body, const struct json_fold_rule *fold, struct mono until, struct span traceparent)
{
    struct exchange *exchange = SLIST_FIRST(&http->idle);
    if (exchange != NULL) {
        SLIST_REMOVE_HEAD(&http->idle, in_idle);
        http->idle_count--;
    } else {
        exchange = exchange_new(http->timeout_ms);
        exchange->owner = http;
        http_sockets_set(&http->sockets, exchange->easy);
        LIST_INSERT_HEAD(&http->all, exchange, in_all);
    }
    exchange->handle = handle;
    exchange->until = until;
    buf_done(&exchange->request);
    exchange->request = *body;
    *body = (struct buf){0};
    exchange_prepare(exchange, site, method, path, fold, traceparent);
    curl_multi_add_handle(http->multi, exchange->easy);
}

static void exchange_discard(struct exchange *exchange)
{
    LIST_REMOVE(exchange, in_all);
    exchange_free(exchange);
}

/* libcurl remembers of a handle whose upload did not end well that it must be rewound, and does so before the next use,
 * whatever that is (8.14.1): such a handle is not used again. */
static void http_recycle(struct http *http, struct exchange *exchange, CURLcode code)
{
    bool crowd = http->idle_count == EXCHANGES_KEPT;
    http->heap.crowded |= crowd;
    if (code != CURLE_OK || exchange->request_sent < exchange->request.size || crowd) {
        exchange_discard(exchange);
        return;
    }
    buf_done(&exchange->request);
    if (exchange->answer.text.capacity > 65536) { /* one large answer must not stay for ever */
        json_fold_done(&exchange->answer);
        json_fold_init(&exchange->answer, REPLY_BODY_MAX);
    }
    SLIST_INSERT_HEAD(&http->idle, exchange, in_idle);
    http->idle_count++;
}

static void http_collect(struct http *http)
{
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle;
        struct exchange *exchange = NULL;
        struct reply reply;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&exchange);
        curl_multi_remove_handle(http->multi, easy);
        exchange_reply(exchange, code, &reply);
        http->done(http->context, exchange->handle, &reply);
        http->answer_bytes -= exchange->answer.text.size;
        http_recycle(http, exchange, code);
    }
}

void http_ready(struct http *http, int fd, uint32_t events)
{
    int running = 0;
    if (!http_sockets_wanted(&http->sockets, fd))
        return;
    int what = ((events & (EPOLLIN | EPOLLHUP)) != 0 ? CURL_CSELECT_IN : 0) |
               ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
               ((events & EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(http->multi, fd, what, &running);
    http_sockets_served(&http->sockets, fd);
}

void http_turn(struct http *http, struct mono now)
{
    int running = 0;
    if (mono_reached(http->timer, now)) {
        http->timer = MONO_NEVER;
        curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    http_collect(http);
    heap_turn(&http->heap, now);
}

struct mono http_deadline(const struct http *http)
{
    return http->timer;
}

void http_free(struct http *http)
{
    if (http == NULL)
        return;
    struct exchange *exchange;
    while ((exchange = LIST_FIRST(&http->all)) != NULL) {
        curl_multi_remove_handle(http->multi, exchange->easy);
        exchange_discard(exchange);
    }
    curl_multi_cleanup(http->multi);
    http_sockets_done(&http->sockets);
    free(http);
}
