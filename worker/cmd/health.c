#include <curl/curl.h>
#include <stdio.h>

#include "base/buf.h"
#include "cmd/cmd.h"
#include "cmd/escape.h"
#include "cmd/failure.h"
#include "config/config.h"

#define DEFAULT_URL "http://" CONFIG_ADMIN_LISTEN
#define TIMEOUT_MS  5000L /* more than the worker's own patience with its loop */
#define ANSWER_MAX  1024

enum { READY = 0x100 };

struct health {
    const char *url;
    bool ready;
};

/* What is beyond ANSWER_MAX is dropped. */
static size_t health_read(char *data, size_t size, size_t count, void *context)
{
    struct buf *answer = context;
    size_t room = ANSWER_MAX - answer->size;
    buf_add(answer, data, size * count < room ? size * count : room);
    return size * count;
}

/* 0 and the status; -1 with err. */
static int health_ask(const struct health *health, long *status, struct buf *answer, struct err *err)
{
    struct buf url;
    char why[CURL_ERROR_SIZE] = "";
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return err_set(err, ERR_SYSTEM, "libcurl cannot start");
    buf_init(&url, 4096);
    buf_add_span(&url, span_of(health->url));
    while (url.size > 0 && url.data[url.size - 1] == '/')
        url.size--;
    buf_add_text(&url, health->ready ? "/readyz" : "/healthz");
    curl_easy_setopt(easy, CURLOPT_URL, url.data);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* a proxy of the environment would ask its own machine */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, health_read);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    CURLcode code = url.failed ? CURLE_URL_MALFORMAT : curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(easy);
    buf_done(&url);
    if (code == CURLE_OK)
        return 0;
    bool usage = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
    return err_set(err, usage ? ERR_USAGE : ERR_UNREACHABLE, "%.200s: %s", health->url,
                   why[0] != 0 ? why : curl_easy_strerror(code));
}

static int health_run(const struct health *health)
{
    struct buf answer;
    struct err err = {0};
    long status = 0;
    buf_init(&answer, ANSWER_MAX);
    int result = health_ask(health, &status, &answer, &err);
    struct span text = span_trim_end(buf_span(&answer));
    if (result == 0 && status != 200)
        result = err_set(&err, ERR_NO, "%.200s: status %ld: %.*s", health->url, status,
                         (int)(text.size < 200 ? text.size : 200), text.data == NULL ? "" : text.data);
    if (result == 0) {
        escape_print(stdout, text);
        putchar('\n');
    }
    buf_done(&answer);
    return result == 0 ? ERR_NONE : failure_err("health", &err);
}

static int health_take(void *context, int option, const char *value, struct err *err)
{
    struct health *health = context;
    (void)err;
    if (option == READY)
        health->ready = true;
    else
        health->url = value;
    return 0;
}

static int cmd_health(int argc, char **argv)
{
    struct health health = {.url = DEFAULT_URL};
    const char *const *operands;
    int code;
    return command_read(&command_health, argc, argv, health_take, &health, &operands, &code) ? health_run(&health) : code;
}

static const struct option_row rows[] = {
    OPTION('u', "url", "URL", "the worker's [admin] listen, or a gate; default: " DEFAULT_URL),
    OPTION(READY, "ready", NULL, "ask whether it is ready: at its work, or a standby",
           .more = "That is no reason to start it again, as ill health is: it may wait for Kafka, or for the group"),
};
static const struct option_group own = OPTION_GROUP("health", NULL, rows);

const struct command command_health = {
    "health",
    cmd_health,
    "ask a running worker whether it is well",
    .usage = "[OPTION]...",
    .about = "Asks URL/healthz, or with --ready URL/readyz, and prints the answer. For HEALTHCHECK in a container's image, and for "
             "probes.",
    .groups = (const struct option_group *const[]){&own, NULL},
    .end = "Exit codes: 0 it is well, or ready; 1 it says that it is not, 2 usage, 3 nothing answers.",
};
