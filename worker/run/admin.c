#include "run/admin.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/server/daemon.h"
#include "http/server/exchange.h"
#include "http/server/listen.h"
#include "os/log.h"
#include "os/thread.h"

#define CONNECTIONS_MAX 32U
#define FROM_ONE_MAX    16U /* of them, from one address */
#define IDLE_S          10U /* for a request to be there, or its answer to be taken */

struct admin {
    struct MHD_Daemon *daemon;
    struct idle idle;
    int asked_fd;

    /* Shared by the server's thread and the loop. Only that thread asks, so there is one question at a time. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    enum admin_page page;
    bool waiting, answered, ending;
    unsigned status;
    struct buf text;
};

static const struct {
    const char *path;
    enum admin_page page;
    const char *type;
} pages[] = {
    {"/metrics", ADMIN_METRICS, "text/plain; version=0.0.4; charset=utf-8"},
    {"/healthz", ADMIN_HEALTH, "text/plain; charset=utf-8"},
    {"/readyz", ADMIN_READINESS, "text/plain; charset=utf-8"},
};
#define PAGE_COUNT (sizeof(pages) / sizeof(pages[0]))

/* ---- the server's thread ---- */

/* Asks the loop and waits. The status, and *text taken over; 0 without an answer. */
static unsigned admin_ask(struct admin *admin, enum admin_page page, struct buf *text)
{
    static const uint64_t one = 1;
    struct timespec deadline = thread_deadline(ADMIN_WAIT_MS);
    pthread_mutex_lock(&admin->mutex);
    admin->page = page;
    admin->waiting = true;
    admin->answered = false;
    int result = write(admin->asked_fd, &one, sizeof(one)) == (ssize_t)sizeof(one) ? 0 : EAGAIN;
    while (result == 0 && !admin->answered && !admin->ending)
        result = pthread_cond_timedwait(&admin->changed, &admin->mutex, &deadline);
    unsigned status = admin->answered ? admin->status : 0;
    admin->waiting = false;
    *text = admin->text;
    admin->text = (struct buf){0};
    pthread_mutex_unlock(&admin->mutex);
    return status;
}

static enum MHD_Result admin_respond(struct MHD_Connection *connection, unsigned status, const char *type,
                                     struct MHD_Response *response)
{
    const struct http_header headers[] = {
        {MHD_HTTP_HEADER_CONTENT_TYPE, type},
        {MHD_HTTP_HEADER_ALLOW, status == MHD_HTTP_METHOD_NOT_ALLOWED ? "GET, HEAD" : ""},
    };
    return http_reply(connection, status, response, headers, sizeof(headers) / sizeof(*headers));
}

static enum MHD_Result admin_refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
    return admin_respond(
        connection, status, "text/plain",
        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result admin_request(void *cls, struct MHD_Connection *connection, const char *path,
                                     const char *method, const char *version, const char *upload,
                                     size_t *upload_size, void **state)
{
    struct admin *admin = cls;
    (void)version, (void)upload;
    size_t i = 0;
    while (i < PAGE_COUNT && strcmp(path, pages[i].path) != 0)
        i++;
    if (i == PAGE_COUNT)
        return admin_refuse(connection, MHD_HTTP_NOT_FOUND, "there are /metrics, /healthz and /readyz\n");
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return admin_refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    /* Answering on the first call, which comes with the headers, ends the connection without reading a body, which is what the
     * refusals above want. */
    if (*state == NULL || *upload_size > 0) {
        bool first = *state == NULL;
        *state = admin;
        return first ? MHD_YES : MHD_NO;
    }
    struct buf text;
    idle_busy(idle_of(connection));
    unsigned status = admin_ask(admin, pages[i].page, &text);
    idle_wait(&admin->idle, idle_of(connection), IDLE_S);
    if (status == 0)
        return admin_refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "the event loop is stuck\n");
    enum MHD_Result result = admin_respond(connection, status, pages[i].type, http_body_response(&text));
    buf_done(&text);
    return result;
}

static void admin_completed(void *cls, struct MHD_Connection *connection, void **state,
                            enum MHD_RequestTerminationCode code)
{
    struct admin *admin = cls;
    (void)state, (void)code;
    idle_wait(&admin->idle, idle_of(connection), IDLE_S);
}

/* ---- the loop's side ---- */

int admin_fd(const struct admin *admin)
{
    return admin->asked_fd;
}

bool admin_asked(struct admin *admin, enum admin_page *page)
{
    uint64_t count;
    if (read(admin->asked_fd, &count, sizeof(count)) < 0)
        return false;
    pthread_mutex_lock(&admin->mutex);
    bool asked = admin->waiting && !admin->answered;
    *page = admin->page;
    pthread_mutex_unlock(&admin->mutex);
    return asked;
}

void admin_answer(struct admin *admin, enum admin_page page, unsigned status, struct buf *text)
{
    pthread_mutex_lock(&admin->mutex);
    /* Whoever asked may have given up, and another request may be waiting: for the same page this answer is as good. */
    if (admin->waiting && !admin->answered && admin->page == page) {
        admin->answered = true;
        admin->status = status;
        admin->text = *text;
        *text = (struct buf){0};
        pthread_cond_signal(&admin->changed);
    }
    pthread_mutex_unlock(&admin->mutex);
    buf_done(text);
}

/* ---- start and end ---- */

static int admin_listen(const char *address, struct err *err)
{
    int fd = listen_open(address, err);
    if (fd < 0)
        err_os(err, err->os,
               "[admin] listen: %.100s cannot be had; name another address, port 0 (any free one), or off",
               address);
    return fd;
}

static void admin_log(int fd)
{
    char url[LISTEN_URL_SIZE];
    listen_url(fd, url);
    struct log_line line;
    log_begin(&line, LOG_LEVEL_INFO, "admin");
    log_text(&line, "url", span_of(url));
    log_end(&line);
}

static void admin_init(struct admin *admin)
{
    thread_cond_init(&admin->changed);
    pthread_mutex_init(&admin->mutex, NULL);
    idle_init(&admin->idle, IDLE_S);
}

static void admin_start(struct admin *admin, int fd)
{
    const struct http_daemon_options options = {.fd = fd,
                                                .connections = CONNECTIONS_MAX,
                                                .of_address = FROM_ONE_MAX,
                                                .idle = &admin->idle,
                                                .request = admin_request,
                                                .completed = admin_completed,
                                                .context = admin};
    admin->daemon = http_daemon_start(&options, NULL);
}

struct admin *admin_new(const char *listen, struct err *err)
{
    int fd = admin_listen(listen, err);
    if (fd < 0)
        return NULL;
    struct admin *admin = mem_new(1, sizeof(*admin));
    admin_init(admin);
    admin->asked_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (admin->asked_fd >= 0)
        admin_start(admin, fd);
    if (admin->daemon == NULL) {
        err_set(err, ERR_SYSTEM, "[admin]: the HTTP server cannot start; listen = off does without it");
        admin_free(admin);
        return NULL;
    }
    admin_log(fd);
    return admin;
}

void admin_free(struct admin *admin)
{
    if (admin == NULL)
        return;
    pthread_mutex_lock(&admin->mutex);
    admin->ending = true;
    pthread_cond_signal(&admin->changed);
    pthread_mutex_unlock(&admin->mutex);
    if (admin->daemon != NULL)
        MHD_stop_daemon(admin->daemon);
    idle_done(&admin->idle);
    if (admin->asked_fd >= 0)
        close(admin->asked_fd);
    pthread_cond_destroy(&admin->changed);
    pthread_mutex_destroy(&admin->mutex);
    buf_done(&admin->text);
    free(admin);
}
