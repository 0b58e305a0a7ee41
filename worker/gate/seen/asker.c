#include "gate/seen/asker.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "event/envelope.h"
#include "event/recipient.h"
#include "gate/access/waiting.h"
#include "look/look.h"
#include "os/clock.h"

struct asker {
    struct look_marks marks;
    struct waiting waiting; /* by account */
    struct seen_memory *memory;
};

struct asker *asker_new(const struct config *config, struct err *err)
{
    struct asker *asker = mem_new(1, sizeof(*asker));
    waiting_init(&asker->waiting, ASKER_MAX, ASKER_OF_ACCOUNT);
    asker->memory = seen_memory_new();
    if (look_marks_init(&asker->marks, config, err) == 0)
        return asker;
    asker_free(asker);
    return NULL;
}

void asker_free(struct asker *asker)
{
    if (asker == NULL)
        return;
    look_marks_done(&asker->marks);
    seen_memory_free(asker->memory);
    waiting_done(&asker->waiting);
    free(asker);
}

size_t asker_waiting(struct asker *asker)
{
    return waiting_count(&asker->waiting);
}

/* ---- what is remembered ---- */

/* Of what its mark is made of: none of it has a line end in it. */
static void event_name(const struct asker_event *event, struct buf *out)
{
    buf_init(out, 2 * ENVELOPE_KEY_MAX);
    buf_add_span(out, event->routing_key);
    buf_add_text(out, "\n");
    buf_add_span(out, event->sender);
    buf_add_text(out, "\n");
    buf_add_span(out, event->event_id);
}

bool asker_remembers(struct asker *asker, const struct asker_event *event, struct seen_told *out)
{
    struct buf name;
    event_name(event, &name);
    bool told = seen_memory_find(asker->memory, buf_span(&name), clock_now().mono, out);
    buf_done(&name);
    return told;
}

static void asker_keep(struct asker *asker, const struct asker_event *event, const struct seen_told *told)
{
    struct buf name;
    event_name(event, &name);
    seen_memory_keep(asker->memory, buf_span(&name), clock_now().mono, told);
    buf_done(&name);
}

/* ---- asking ---- */

/* A payload that is addressed as the event's and says nothing: where a message is looked for is all that is read in it. */
static bool event_payload(const struct asker_event *event, struct payload *out)
{
    struct detail detail;
    struct buf text;
    json_t *whole = json_pack("{s:s,s:o?,s:{s:s}}", "account", event->account->name, "to",
                              recipient_of(event->routing_key), "message", "body", "?");
    buf_init(&text, 8 * ENVELOPE_KEY_MAX);
    json_write(&text, whole);
    json_decref(whole);
    bool good = payload_read(buf_span(&text), out, &detail) == OUTCOME_NONE;
    buf_done(&text);
    return good;
}

/* By its id, where that is known, else by its mark. */
static void site_look(struct look_site *site, const struct look_marks *marks, const struct look_event *event, struct span id,
                      struct look_found *out)
{
    *out = (struct look_found){.shown = SHOWN_ABSENT};
    if (uuid_is_valid(id)) {
        memcpy(out->id.text, id.data, id.size);
        look_read(site, marks, event, out);
    } else {
        look_find(site, marks, event, out);
        if (out->shown == SHOWN_THERE && out->id.text[0] != 0)
            look_read(site, marks, event, out);
    }
    if (out->shown == SHOWN_ABSENT && !look_check(site)) {
        out->shown = SHOWN_NOT_READ;
        out->why = site->why;
    }
}

static enum asker_end event_look(struct asker *asker, const struct asker_event *event, const struct payload *payload,
                                 int64_t http_timeout_ms, struct look_found *found)
{
    const struct look_event wanted = {payload, event->routing_key, event->sender, event->event_id};
    struct look_site site;
    struct seen_told before;
    asker_remembers(asker, event, &before);
    struct span id = event->message_id.data != NULL ? event->message_id : span_of(before.message.text);
    int64_t ms = http_timeout_ms < ASKER_MOST_MS ? http_timeout_ms : ASKER_MOST_MS;
    look_open(&site, event->account, ms, mono_after(clock_now().mono, ms));
    site_look(&site, &asker->marks, &wanted, id, found);
    look_close(&site);
    return found->shown != SHOWN_NOT_READ ? ASKER_TOLD : found->timed_out ? ASKER_NO_TIME : ASKER_NOT_READ;
}

static enum asker_end event_ask(struct asker *asker, const struct asker_event *event, int64_t http_timeout_ms,
                                struct seen_told *out, struct err *err)
{
    struct payload payload;
    struct look_found found;
    if (!event_payload(event, &payload)) {
        err_set(err, ERR_NO, "the event's routing key names nobody whom Papercups could be asked for");
        return ASKER_NOT_READ;
    }
    enum asker_end end = event_look(asker, event, &payload, http_timeout_ms, &found);
    payload_done(&payload);
    if (end == ASKER_NO_TIME)
        err_set(err, ERR_UNREACHABLE, "Papercups did not answer in time, of account %s: %s", event->account->name,
                found.why.text[0] != 0 ? found.why.text : "there is more to read than that");
    else if (end == ASKER_NOT_READ)
        err_set(err, ERR_UNREACHABLE, "Papercups does not say of account %s whether the message was seen: %s",
                event->account->name, found.why.text);
    if (end != ASKER_TOLD)
        return end;
    *out = (struct seen_told){.state = found.shown == SHOWN_ABSENT   ? SEEN_STATE_ABSENT
                                       : found.seen.at[0] == 0 ? SEEN_STATE_NOT_KNOWN
                                                               : SEEN_STATE_SEEN,
                              .message = found.id};
    memcpy(out->seen_at, found.seen.at, sizeof(out->seen_at));
    asker_keep(asker, event, out);
    return end;
}

enum asker_end asker_ask(struct asker *asker, const struct asker_event *event, int64_t http_timeout_ms, struct seen_told *out,
                         struct err *err)
{
    unsigned char name[WAITING_NAME_SIZE];
    const char *account = event->account->name;
    crypto_generichash(name, sizeof(name), (const unsigned char *)account, strlen(account), NULL, 0);
    if (!waiting_begin(&asker->waiting, name))
        return ASKER_NO_ROOM;
    enum asker_end end = event_ask(asker, event, http_timeout_ms, out, err);
    waiting_end(&asker->waiting, name);
    return end;
}
