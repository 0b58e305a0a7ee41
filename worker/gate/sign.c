#include "gate/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "event/payload.h"
#include "gate/history.h"
#include "lib/generate.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/secret.h"

#define KEY_FILE_MAX 256 /* bytes; the longest key has 95 */

/* ---- the key ---- */

static bool sign_key_is(const struct key *own, const struct key *known)
{
    struct key shown;
    if (own->kind != KEY_ED25519_SECRET)
        return key_equal(own, known);
    if (key_public(own, &shown, NULL) != 0)
        return false;
    bool same = key_equal(&shown, known);
    key_done(&shown);
    return same;
}

int sign_open(struct gate *gate, struct err *err)
{
    const struct config_gate *settings = &gate->config->gate;
    struct secret text;
    struct err why;
    if (settings->key_file == NULL)
        return 0;
    if (secret_read(settings->key_file, KEY_FILE_MAX, &text, err) != 0)
        return -1;
    int result = key_read((struct span){(const char *)text.data, text.size}, &gate->key, &why);
    secret_done(&text);
    if (result != 0)
        return err_set(err, ERR_USAGE, "%s: %s", settings->key_file, why.text);
    const struct keyring *keyring = keys_take(gate->keys);
    const struct keyring_entry *entry = keyring_find(keyring, span_of(settings->key_id));
    if (entry == NULL)
        result =
            err_set(err, ERR_USAGE, "%s has no key \"%s\" ([gate] key_id): add the entry that keygen printed",
                    gate->config->keyring_file, settings->key_id);
    else if (!sign_key_is(&gate->key, &entry->key))
        result = err_set(err, ERR_USAGE, "[gate] key_file %s is not the key that %s lists as \"%s\"",
                         settings->key_file, gate->config->keyring_file, settings->key_id);
    else
        gate->sender = mem_copy(span_of(entry->sender));
    snapshot_give(gate->keys, keyring);
    return result;
}

/* ---- the audit log ---- */

static int sign_write_line(const char *path, struct log_line *line, struct err *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || log_end_at(line, fd) != 0) {
        int os = errno;
        if (fd < 0)
            log_drop(line);
        else
            close(fd);
        return err_os(err, os, "[gate] audit_log: %.200s cannot be written, so nothing is signed", path);
    }
    return close(fd) == 0 ? 0 : err_os(err, errno, "[gate] audit_log: %.200s cannot be written", path);
}

/* Without bodies: the log's readers need not read customers' mail. */
static int sign_tell(const struct gate *gate, const struct sign_request *request, const struct sealed *sealed,
                     struct span account, struct err *err)
{
    struct log_line line;
    log_begin_always(&line, LOG_LEVEL_INFO, "signed");
    log_text(&line, "who", request->who);
    log_text(&line, "key", span_of(sealed->key_id));
    log_text(&line, "account", account);
    log_text(&line, "event_id", span_of(sealed->event_id));
    log_text(&line, "message", request->message);
    if (gate->config->gate.audit_log != NULL)
        return sign_write_line(gate->config->gate.audit_log, &line, err);
    log_end(&line);
    return 0;
}

/* ---- signing ---- */

static void signed_event_fill(struct signed_event *event, struct span payload)
{
    const struct sealed *sealed = &event->sealed;
    event->headers[0] = (struct header){SPAN(HEADER_ID), span_of(sealed->event_id)};
    event->headers[1] = (struct header){SPAN(HEADER_TIMESTAMP), span_of(sealed->timestamp)};
    event->headers[2] = (struct header){SPAN(HEADER_SIGNATURE), span_of(sealed->signature)};
    event->headers[3] = (struct header){SPAN(HEADER_KEY), span_of(sealed->key_id)};
    event->record = (struct record){.timestamp_ms = -1,
                                    .key = buf_span(&sealed->routing_key),
                                    .value = payload,
                                    .headers = event->headers,
                                    .header_count = 4};
}

static void sign_remember(struct gate *gate, const struct sign_request *request, const struct sealed *sealed)
{
    const struct history_entry entry = {
        .routing_key = buf_span(&sealed->routing_key),
        .event_id = span_of(sealed->event_id),
        .message = request->message,
        .who = request->who,
        .signed_at_ms = clock_now().wall.ms,
    };
    history_add(gate->history, &entry);
}

int sign_event(struct gate *gate, const struct sign_request *request, struct signed_event *out,
               struct err *err)
{
    char fresh[ENVELOPE_ID_MAX + 1];
    struct span id = request->event_id;
    if (gate->key.bytes == NULL)
        return err_set(err, ERR_NO, "the gate has no key of its own: set [gate] key_file and key_id");
    if (id.data == NULL) {
        event_id_generate(fresh);
        id = span_of(fresh);
    }
    if (seal(&out->sealed, &gate->key, span_of(gate->config->gate.key_id), id, clock_now().wall.ms / 1000,
             request->payload, err) != 0)
        return -1;
    struct span account = buf_span(&out->sealed.routing_key); /* ACCOUNT/e/… */
    account = span_cut(&account, '/');
    if (sign_tell(gate, request, &out->sealed, account, err) != 0) {
        sealed_done(&out->sealed);
        return -1;
    }
    signed_event_fill(out, request->payload);
    sign_remember(gate, request, &out->sealed);
    return 0;
}

void signed_event_done(struct signed_event *event)
{
    sealed_done(&event->sealed);
}
