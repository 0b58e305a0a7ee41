/* The templates, one file each in [gate] messages_dir, as the composer lists and changes them. */
#include <stdlib.h>

#include "base/json.h"
#include "composer/composer.h"
#include "composer/refuse.h"
#include "os/template_store.h"

#define VERSION_SIZE (TEMPLATE_VERSION_SIZE + 1)

static json_t *message_json(const struct template_file *file)
{
    json_t *json = json_pack("{s:s,s:s}", "name", file->name, "version", file->version);
    if (file->broken != NULL)
        json_object_set_new(json, "broken", json_string(file->broken));
    else
        json_object_set(json, "message", file->message);
    return json;
}

/* The directory; NULL, and an error in the reply, where none is configured. */
static const char *messages_directory(const struct gate *gate, struct gate_reply *reply)
{
    if (gate->config->gate.messages_dir == NULL)
        gate_reply_error(
            reply, 503, NULL, NULL,
            "the gate has no place for messages: set [gate] messages_dir to a directory that it may "
            "write");
    return gate->config->gate.messages_dir;
}

void composer_messages(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    struct template_file *files;
    size_t count;
    struct err err;
    const char *directory = messages_directory(gate, reply);
    (void)request;
    if (directory == NULL)
        return;
    if (template_store_list(directory, &files, &count, &err) != 0) {
        gate_reply_error(reply, 503, NULL, NULL, "%s", err.text);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, message_json(&files[i]));
        template_file_done(&files[i]);
    }
    free(files);
    gate_reply_json(reply, 200, json_pack("{s:o}", "messages", list));
}

/* ---- changes ---- */

/* What the page has seen: 32 digits, or "" for nothing. False with an error in the reply. */
static bool version_copy(struct span version, char out[VERSION_SIZE], struct gate_reply *reply)
{
    if (version.data == NULL || version.size >= VERSION_SIZE || !span_only(version, "0123456789abcdef")) {
        gate_reply_error(reply, 400, NULL, "version",
                         "version is what the list said of the message, \"\" for a new one");
        return false;
    }
    memcpy(out, version.data, version.size);
    out[version.size] = 0;
    return true;
}

/* `now`: what is there instead, where the store has told it; or NULL. */
static void store_refuse(struct gate_reply *reply, enum template_store_result result, const struct err *err,
                         const struct template_file *now)
{
    if (result == TEMPLATE_STORE_REFUSED) {
        composer_refuse(reply, 422, err);
    } else if (result == TEMPLATE_STORE_MISSING) {
        gate_reply_error(reply, 404, NULL, NULL, "%s", err->text);
    } else if (result == TEMPLATE_STORE_FAILED) {
        gate_reply_error(reply, 503, NULL, NULL, "%s", err->text);
    } else {
        json_t *told = now != NULL && now->name[0] != 0 ? message_json(now) : json_object();
        json_object_set_new(told, "error", json_string(err->text));
        gate_reply_json(reply, 409, told);
    }
}

void composer_message_save(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    char version[VERSION_SIZE];
    struct template_file now;
    struct err err;
    const char *directory = messages_directory(gate, reply);
    if (directory == NULL || !version_copy(json_member_span(request->json, "version"), version, reply))
        return;
    const json_t *message = json_object_get(request->json, "message");
    if (!json_is_object(message)) {
        gate_reply_error(reply, 422, NULL, "message", "message is missing or no object");
        return;
    }
    enum template_store_result result =
        template_store_write(directory, request->target.parts[3], version, message, &now, &err);
    if (result == TEMPLATE_STORE_OK)
        gate_reply_json(reply, 200, json_pack("{s:s,s:s}", "name", now.name, "version", now.version));
    else
        store_refuse(reply, result, &err, &now);
    template_file_done(&now);
}

void composer_message_rename(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    char version[VERSION_SIZE];
    struct err err;
    const char *directory = messages_directory(gate, reply);
    if (directory == NULL || !version_copy(json_member_span(request->json, "version"), version, reply))
        return;
    struct span to = json_member_span(request->json, "to");
    enum template_store_result result =
        template_store_rename(directory, request->target.parts[3], to, version, &err);
    if (result == TEMPLATE_STORE_OK)
        gate_reply_json(reply, 200, json_pack("{s:s%,s:s}", "name", to.data, to.size, "version", version));
    else
        store_refuse(reply, result, &err, NULL);
}

void composer_message_delete(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    char version[VERSION_SIZE];
    struct err err;
    const char *directory = messages_directory(gate, reply);
    if (directory == NULL || !version_copy(target_param(&request->target, "version"), version, reply))
        return;
    struct span name = request->target.parts[3];
    enum template_store_result result = template_store_delete(directory, name, version, &err);
    if (result == TEMPLATE_STORE_OK)
        gate_reply_json(reply, 200, json_pack("{s:s%}", "name", name.data, name.size));
    else
        store_refuse(reply, result, &err, NULL);
}
