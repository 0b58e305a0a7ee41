#include "gate/named.h"

#include <stdio.h>

#include "base/json.h"
#include "os/template_store.h"

#define LINK_HOSTS_MAX 256
#define NUMBER_MAX     64

/* ---- what goes in ---- */

static size_t hosts_read(const char *list, struct span out[LINK_HOSTS_MAX])
{
    size_t count = 0;
    struct span rest = span_of(list);
    while (rest.data != NULL && count < LINK_HOSTS_MAX) {
        struct span host = span_cut(&rest, ' ');
        if (host.size > 0)
            out[count++] = host;
    }
    return count;
}

/* Numbers are filled in as JSON writes them; they stay in `numbers`. */
struct placeholders {
    struct template_value values[TEMPLATE_PLACEHOLDERS_MAX];
    struct buf numbers[TEMPLATE_PLACEHOLDERS_MAX];
    size_t count;
};

static void placeholders_done(struct placeholders *placeholders)
{
    for (size_t i = 0; i < placeholders->count; i++)
        buf_done(&placeholders->numbers[i]);
}

static bool placeholders_read(struct placeholders *placeholders, const json_t *object,
                              struct gate_reply *reply)
{
    const char *name;
    json_t *value;
    placeholders->count = 0;
    if (object != NULL && !json_is_object(object)) {
        gate_reply_error(reply, 422, NULL, "blanks", "blanks is an object: {\"name\": \"Ada\"}");
        return false;
    }
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        char field[100];
        if (placeholders->count == TEMPLATE_PLACEHOLDERS_MAX) {
            gate_reply_error(reply, 422, NULL, "blanks", "a message has at most %d placeholders",
                             TEMPLATE_PLACEHOLDERS_MAX);
            return false;
        }
        size_t i = placeholders->count++;
        buf_init(&placeholders->numbers[i], NUMBER_MAX);
        placeholders->values[i] = (struct template_value){span_of(name), json_span(value)};
        if (json_is_number(value)) {
            json_write(&placeholders->numbers[i], value);
            placeholders->values[i].value = buf_span(&placeholders->numbers[i]);
        } else if (!json_is_string(value)) {
            snprintf(field, sizeof(field), "blanks.%.80s", name);
            gate_reply_error(reply, 422, NULL, field, "what stands in a placeholder is a text or a number");
            return false;
        }
    }
    return true;
}

/* ---- what comes out ---- */

/* An error that is not about a placeholder is about the message, which the caller gives by name. */
static void answer_not_filled(struct gate_reply *reply, const struct err *err)
{
    bool of_blanks = span_starts(span_of(err->place), SPAN("blanks"));
    gate_reply_error(reply, 422, NULL, of_blanks ? err->place : "message", "%s", err->text);
}

bool named_fill(struct gate *gate, const struct named *named, const struct template *message, struct buf *out,
                struct gate_reply *reply)
{
    struct span hosts[LINK_HOSTS_MAX];
    const struct template_rules rules = {hosts, hosts_read(gate->config->gate.link_hosts, hosts)};
    struct placeholders placeholders;
    struct err err;
    json_t *members = NULL;
    bool filled = placeholders_read(&placeholders, named->placeholders, reply);
    if (filled && template_fill(message, placeholders.values, placeholders.count, &rules, &members, &err) != 0) {
        answer_not_filled(reply, &err);
        filled = false;
    }
    placeholders_done(&placeholders);
    if (!filled)
        return false;
    json_object_set_new(members, "account", json_stringn(named->account.data, named->account.size));
    json_object_set(members, "to", (json_t *)(uintptr_t)named->to);
    json_write(out, members);
    json_decref(members);
    return true;
}

bool named_payload(struct gate *gate, const struct named *named, struct buf *out, struct gate_reply *reply)
{
    const char *directory = gate->config->gate.messages_dir;
    struct template_file file;
    struct err err;
    if (directory == NULL) {
        gate_reply_error(reply, 501, NULL, NULL,
                         "this gate has no templates: set [gate] messages_dir");
        return false;
    }
    enum template_store_result result = template_store_read(directory, named->message, &file, &err);
    if (result != TEMPLATE_STORE_OK) {
        gate_reply_error(reply, result == TEMPLATE_STORE_FAILED ? 503 : 422, NULL, "message", "%s", err.text);
        return false;
    }
    bool filled = file.broken == NULL && named_fill(gate, named, file.template, out, reply);
    if (file.broken != NULL)
        gate_reply_error(reply, 422, NULL, "message", "the message %s is broken: %s", file.name, file.broken);
    template_file_done(&file);
    return filled;
}
