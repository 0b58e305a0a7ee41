#include "demo/script.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "cmd/sign/follow.h"
#include "cmd/sign/publish.h"
#include "cupbearer/cupbearer.h"
#include "demo/broker.h"
#include "demo/sandbox.h"
#include "event/outcome.h"
#include "os/clock.h"
#include "os/secret.h"

#define EVENTS     "cupbearer.events"
#define RECEIPTS   "cupbearer.receipts"
#define RECEIPT_MS 60000

#define HELLO                                                                                                \
    "{\"account\":\"acme\",\"to\":{\"customer\":{\"external_id\":\"user_42\",\"name\":\"Ada\"}},"            \
    "\"message\":{\"body\":\"Need a hand? Pick one, or write what is wrong.\","                              \
    "\"quick_replies\":[\"Reset my password\",\"Where is my order?\",\"Talk to a person\"]}}"
#define FORGED                                                                                               \
    "{\"account\":\"acme\",\"to\":{\"customer\":{\"external_id\":\"user_42\",\"name\":\"Ada\"}},"            \
    "\"message\":{\"body\":\"Your account is locked, log in at evil.example.\"}}"
#define SHIPPED                                                                                              \
    "{\"account\":\"acme\",\"to\":{\"customer\":{\"external_id\":\"user_43\",\"name\":\"Grace\"}},"          \
    "\"message\":{\"body\":\"Your order has left the house.\"}}"

/* ---- the stand-in, over HTTP ---- */

static size_t script_keep(char *data, size_t size, size_t count, void *body)
{
    buf_add(body, data, size * count);
    return size * count;
}

/* Posts `post` (NULL: gets) and leaves the answer in body, which is the caller's. */
static int script_http(const struct script *script, const char *path, const char *post, struct buf *body,
                      struct err *err)
{
    struct buf url;
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    buf_init(&url, 1024);
    buf_init(body, 65536);
    buf_printf(&url, "%s%s", script->papercups_url, path);
    curl_easy_setopt(easy, CURLOPT_URL, url.data);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, script_keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
    if (post != NULL)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    buf_done(&url);
    return code == CURLE_OK ? 0 : err_set(err, ERR_UNREACHABLE, "the stand-in: %s", curl_easy_strerror(code));
}

static int script_fault(const struct script *script, struct err *err)
{
    struct buf answer;
    int result =
        script_http(script, "/_standin/faults",
                   "{\"fault\":\"stored_500\",\"method\":\"POST\",\"path\":\"/api/v1/\",\"body_contains\":"
                   "\"left the house\"}",
                   &answer, err);
    buf_done(&answer);
    return result;
}

static int script_count(const struct script *script, int64_t *messages, struct err *err)
{
    struct buf answer;
    int result = script_http(script, "/_standin/counts", NULL, &answer, err);
    json_t *root = result == 0 ? json_read(buf_span(&answer), 4, err) : NULL;
    if (result == 0 && root == NULL)
        result = -1;
    *messages = json_integer_value(json_object_get(root, "messages"));
    json_decref(root);
    buf_done(&answer);
    return result;
}

/* ---- the records ---- */

static int script_key(const struct script *script, struct cupbearer_key **out, struct err *err)
{
    struct secret text;
    char why[CUPBEARER_ERROR_SIZE];
    if (secret_read(script->key_file, 1024, &text, err) != 0)
        return -1;
    int result = cupbearer_key_read((const char *)text.data, text.size, out, why, sizeof(why));
    secret_done(&text);
    return result == CUPBEARER_OK ? 0 : err_set(err, ERR_USAGE, "%s", why);
}

static int script_sign(const struct cupbearer_key *key, const char *payload, struct cupbearer_record **out,
                      struct err *err)
{
    char why[CUPBEARER_ERROR_SIZE];
    int result = cupbearer_sign(key, SANDBOX_KEY_ID, NULL, clock_now().wall.ms / 1000, payload,
                                strlen(payload), out, why, sizeof(why));
    return result == CUPBEARER_OK ? 0 : err_set(err, ERR_SYSTEM, "%s", why);
}

/* The headers of a good record around another payload: what somebody could try who may write to the topic. */
static int script_forge(const struct cupbearer_record *good, struct cupbearer_record **out, struct err *err)
{
    size_t key_size, value_size;
    const char *key = cupbearer_record_key(good, &key_size), *name, *value;
    int result = cupbearer_record_new(key, key_size, FORGED, strlen(FORGED), out);
    for (size_t i = 0;
         result == CUPBEARER_OK && cupbearer_record_header(good, i, &name, &value, &value_size) == 0; i++)
        result = cupbearer_record_add_header(*out, name, value, value_size);
    return result == CUPBEARER_OK ? 0 : err_set(err, ERR_SYSTEM, "%s", cupbearer_strerror(result));
}

/* ---- the play ---- */

struct act {
    const char *title;
    struct cupbearer_record *record;
    enum outcome expected;
};

static int script_act(struct client *client, const struct config *config, const struct act *act,
                     struct err *err)
{
    struct follow follow = {.receipts_topic = RECEIPTS, .topic = EVENTS};
    enum outcome outcome;
    struct detail detail;
    struct buf receipt;
    follow.partition = cupbearer_record_partition(act->record, CUPBEARER_MURMUR2, BROKER_PARTITIONS);
    if (client_offsets(client, RECEIPTS, follow.partition, NULL, &follow.from, err) != 0 ||
        publish_record(client, EVENTS, follow.partition, act->record, PUBLISH_SAME_ID, &follow.offset, err) != 0)
        return -1;
    buf_init(&receipt, 65536);
    int result = follow_receipt(&follow, config, RECEIPT_MS, &outcome, &detail, &receipt, err);
    if (result == 0) {
        printf("%s\n  %s\n", act->title, receipt.data);
        fflush(stdout);
    }
    buf_done(&receipt);
    if (result == 0 && outcome != act->expected)
        return err_set(err, ERR_NO, "%s: expected %s %s", act->title, outcome_word(act->expected),
                       outcome_reason(act->expected));
    return result;
}

static int script_acts(const struct script *script, struct client *client, const struct config *config,
                      struct act *acts, struct err *err)
{
    int64_t messages = 0;
    for (int i = 0; i < 4; i++)
        if (script_act(client, config, &acts[i], err) != 0)
            return -1;
    if (script_count(script, &messages, err) != 0)
        return -1;
    printf("messages in Papercups: %lld\n", (long long)messages);
    return messages == 2
               ? 0
               : err_set(err, ERR_NO, "the stand-in holds %lld messages, not 2", (long long)messages);
}

int script_play(const struct script *script, struct err *err)
{
    const struct config config = {.bootstrap_servers = (char *)(uintptr_t)script->bootstrap_servers};
    struct cupbearer_key *key = NULL;
    struct cupbearer_record *hello = NULL, *forged = NULL, *shipped = NULL;
    struct client *client = publish_client_new(&config, err);
    int result = client == NULL ? -1 : 0;
    if (result == 0 && (result = script_key(script, &key, err)) == 0 &&
        (result = script_fault(script, err)) == 0 && (result = script_sign(key, HELLO, &hello, err)) == 0 &&
        (result = script_forge(hello, &forged, err)) == 0 &&
        (result = script_sign(key, SHIPPED, &shipped, err)) == 0) {
        struct act acts[] = {{"1. for a customer that Papercups does not know yet", hello, OUTCOME_DELIVERED},
                             {"2. the same record again", hello, OUTCOME_DUPLICATE},
                             {"3. other words under the same signature", forged, OUTCOME_BAD_SIGNATURE},
                             {"4. Papercups stores it and answers 500", shipped, OUTCOME_DELIVERED}};
        result = script_acts(script, client, &config, acts, err);
    }
    cupbearer_record_free(hello);
    cupbearer_record_free(forged);
    cupbearer_record_free(shipped);
    cupbearer_key_free(key);
    client_free(client);
    return result;
}
