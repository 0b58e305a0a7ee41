#include "run/preflight.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "event/payload.h"
#include "kafka/rights.h"
#include "progress/progress.h"

/* ---- commits ---- */

int preflight_other_secret(int32_t partition, uint64_t secret, uint64_t ours, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   "partition %d was committed under mark secret %016" PRIx64 ", and mark_secret_file is %016" PRIx64
                   ": what others showed would be shown again. Put the secret of the other workers there, or name it in "
                   "mark_secret_previous_file. If it is lost for good, [worker] mark_secret_lost = %016" PRIx64
                   " goes on: what is under way, or is repeated within the dedup window, may then be shown a second time",
                   (int)partition, secret, ours, secret);
}

static int commits_refused(const struct config *config, rd_kafka_resp_err_t code, struct err *err)
{
    struct buf command;
    buf_init(&command, sizeof(err->text));
    if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
        buf_add_text(&command, ". Fix it: ");
        rights_command(config, "--group", config->group_id, RIGHT_READ, &command);
    }
    err_set(err, ERR_UNREACHABLE, "Kafka does not tell what group %s has committed: %s%.*s", config->group_id,
            rd_kafka_err2str(code), (int)command.size, command.size == 0 ? "" : command.data);
    buf_done(&command);
    return -1;
}

int preflight_commits(rd_kafka_t *rk, const struct config *config, int32_t partition_count,
                      const struct preflight_secrets *secrets, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partition_count);
    for (int32_t i = 0; i < partition_count; i++)
        rd_kafka_topic_partition_list_add(list, config->events_topic, i);
    rd_kafka_resp_err_t code = kafka_committed(rk, list);
    int result = 0;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        result = commits_refused(config, code, err);
    for (int i = 0; i < list->cnt && result == 0; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        struct progress progress;
        if (one->metadata_size > 0 &&
            progress_read((struct span){one->metadata, one->metadata_size}, &progress) && progress.has_secret &&
            !secrets->knows(secrets->context, progress.secret))
            result = preflight_other_secret(one->partition, progress.secret, secrets->ours, err);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

/* ---- accounts ---- */

static void text_copy(char *out, size_t size, const json_t *data, const char *name)
{
    snprintf(out, size, "%.*s", SPAN_ARGS(json_member_span(data, name)));
}

static void preflight_me(const struct config_account *account, const struct reply *reply, struct preflight_user *user,
                         struct finding *finding)
{
    json_t *root = reply->is_json ? json_read(reply->body, REPLY_DEPTH_MAX, NULL) : NULL;
    const json_t *data = json_object_get(root, "data");
    const char *id = json_string_value(json_object_get(data, "account_id"));
    finding->code = ERR_USAGE;
    if (id == NULL) {
        FINDING_PUT(finding->what, "[account %s]: %s/api/v1/me does not answer as Papercups does", account->name, account->url);
        FINDING_PUT(finding->fix, "Does url name the API's host?");
    } else if (strcmp(id, account->papercups_account) != 0) {
        FINDING_PUT(finding->what,
                    "[account %s]: the key in %s belongs to Papercups account %.36s, papercups_account says %s", account->name,
                    account->api_key_file, id, account->papercups_account);
        FINDING_PUT(finding->fix, "Put the right key there, or correct papercups_account");
    } else {
        finding->level = FINDING_OK;
        text_copy(user->email, sizeof(user->email), data, "email");
        text_copy(user->role, sizeof(user->role), data, "role");
    }
    json_decref(root);
}

static void preflight_unanswered(const struct config_account *account, const struct reply *reply, struct finding *finding)
{
    finding->code = ERR_UNREACHABLE;
    FINDING_PUT(finding->what, "[account %s]: no answer from %s: %.*s", account->name, account->url, SPAN_ARGS(reply->failure));
    FINDING_PUT(finding->fix, "Is Papercups up, and url right?");
}

static void preflight_refused(const struct config_account *account, const struct reply *reply, struct finding *finding)
{
    finding->code = ERR_USAGE;
    if (reply->status == 401 || reply->status == 403) {
        FINDING_PUT(finding->what, "[account %s]: Papercups does not accept the API key in %s (%d)", account->name,
                    account->api_key_file, reply->status);
        FINDING_PUT(finding->fix, "Make a new one under Settings, API keys");
    } else if (reply->status >= 300 && reply->status <= 399) {
        FINDING_PUT(finding->what, "[account %s]: %s answers with a redirect (%d); set url to where it leads", account->name,
                    account->url, reply->status);
        FINDING_PUT(finding->instead, "mostly https:// instead of http://");
    } else {
        finding->code = ERR_UNREACHABLE;
        FINDING_PUT(finding->what, "[account %s]: %s/api/v1/me answers %d", account->name, account->url, reply->status);
        FINDING_PUT(finding->fix, "Does url name the API's host, and is Papercups up?");
    }
}

bool preflight_user(const struct config_account *account, const struct http_site *site, int64_t timeout_ms,
                    struct preflight_user *user, struct finding *finding)
{
    struct reply reply;
    struct buf body;
    *finding = (struct finding){.level = FINDING_PROBLEM};
    *user = (struct preflight_user){.email = ""};
    http_get(site, "/api/v1/me", timeout_ms, &reply, &body);
    user->date = reply.date;
    if (reply.transport != TRANSPORT_ANSWERED)
        preflight_unanswered(account, &reply, finding);
    else if (reply.status != 200)
        preflight_refused(account, &reply, finding);
    else
        preflight_me(account, &reply, user, finding);
    buf_done(&body);
    return finding->level == FINDING_OK;
}

int preflight_account(const struct config_account *account, const struct http_site *site, int64_t timeout_ms,
                      struct err *err)
{
    struct preflight_user user;
    struct finding finding;
    if (preflight_user(account, site, timeout_ms, &user, &finding))
        return 0;
    finding_text(&finding, err);
    return -1;
}

/* A conversation comes with all its messages: one that is longer is not read for its inbox. */
#define CHAT_SIZE_MAX 1048576

/* How many chats there are, only those of *inbox if it names one; -1: cannot be found out. *inbox becomes the inbox of one of them.
 * */
static double preflight_chats(const struct http_site *site, int64_t timeout_ms, struct uuid *inbox)
{
    struct reply reply;
    struct buf path, body;
    buf_init(&path, 256);
    buf_printf(&path, "/api/v1/conversations?source=chat&limit=1%s%s",
               inbox->text[0] == 0 ? "" : "&inbox_id=", inbox->text);
    http_get(site, path.data, timeout_ms, &reply, &body);
    bool good = reply.transport == TRANSPORT_ANSWERED && reply.status == 200 && reply.is_json &&
                reply.body.size <= CHAT_SIZE_MAX;
    json_t *root = good ? json_read_loose(reply.body, REPLY_DEPTH_MAX, NULL) : NULL;
    const json_t *total = json_object_get(root, "total");
    struct span found = json_member_span(json_array_get(json_object_get(root, "data"), 0), "inbox_id");
    double count = json_is_number(total) && uuid_is_valid(found) ? json_number_value(total) : -1;
    if (count >= 0)
        memcpy(inbox->text, found.data, found.size);
    json_decref(root);
    buf_done(&body);
    buf_done(&path);
    return count;
}

bool preflight_inboxes(const struct config_account *account, const struct http_site *site, int64_t timeout_ms,
                       struct finding *finding)
{
    struct uuid inbox = {{0}};
    double all = preflight_chats(site, timeout_ms, &inbox);
    double in_one = all > 1 ? preflight_chats(site, timeout_ms, &inbox) : all;
    if (in_one < 0 || in_one >= all)
        return true;
    *finding = (struct finding){.level = FINDING_WARNING};
    FINDING_PUT(finding->what, "[account %s]: its chats are in several inboxes, and inbox is not set", account->name);
    FINDING_PUT(finding->why, "messages go into the newest chat of any");
    FINDING_PUT(finding->fix, "Where the pages give their widget an inbox, set inbox to that one");
    return false;
}
