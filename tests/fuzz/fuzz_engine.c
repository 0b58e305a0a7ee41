/* The engine, with whatever others may hand it: records, answers, receipts, metadata, in any order and at any time. It
 * must hold its asserts, ask Papercups only with JSON and write only receipts that can be read. The input's moves stand
 * between bytes 0x01; the first character says what happens, the rest is what it happens with:
 *
 *   M metadata   the partition is assigned         A status body  the oldest request is answered; status: 0-9
 *   R value      a receipt that nobody vouches for L              ... is lost     N  ... was never sent
 *   B            the receipts were all             P Q X          the oldest produce: written, failed, too large
 *   E payload    a signed event for user_42        C D            the oldest commit: done, refused
 *   F value      a record that is not signed       T n            time passes: 8^n ms
 *   V            the partition is revoked          K keyring      another keyring
 *   I            the account has another API key   S              stop
 *   U digit      accounts are configured anew, acme and globex; of an odd digit the keys are to be asked for
 *   H digit      what is found in the log: a record at that offset, or (more than a digit) its end there */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "engine/engine.h"
#include "event/seal.h"
#include "fuzz/fuzz.h"
#include "receipt/receipt.h"

#define WAITING_MAX 256
#define KEY_TEXT    "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEYRING                                                                                              \
    "{\"keys\":[{\"id\":\"k\",\"sender\":\"shop\",\"key\":\"" KEY_TEXT "\",\"accounts\":[\"acme\"]}]}"

/* What the engine waits for, the oldest first. */
struct waiting {
    engine_handle list[WAITING_MAX];
    size_t count;
};

struct tape {
    struct engine *engine;
    struct moment now;
    struct waiting requests, produces, commits; /* of commits: the offsets */
    bool held, reading, started;
    engine_handle check;
    int64_t next_offset;
    unsigned events;
};

static struct key key_of(const char *text)
{
    struct key key;
    if (key_read(span_of(text), &key, NULL) != 0)
        abort();
    return key;
}

static const struct account_options acme = {.name = "acme",
                                            .widget_host = "shop.example",
                                            .deliver_within_ms = 3600000,
                                            .deliver_within_max_ms = 86400000,
                                            .max_in_flight = 4,
                                            .papercups_account = "0b4a7c1e-52d1-4c5c-9a3e-6f1d2a7b8c91",
                                            .reopen = true,
                                            .unassign = true};

static struct engine *engine_make(void)
{
    const struct engine_options options = {
        .events_topic = "events",
        .receipts_topic = "receipts",
        .dead_topic = "dead",
        .partition_count = 1,
        .window_ms = 3600000,
        .limits = {.http_timeout_ms = 15000, .settle_ms = 10000, .unknown_for_ms = 3600 * 1000},
        .drain_ms = 10000,
        .reach_step = ENGINE_REACH_STEP,
        .log_check_ms = ENGINE_LOG_CHECK_MS,
        .memory_bytes = 1 << 20,
        .papercups_ids = true,
        .accounts = &acme,
        .account_count = 1};
    if (sodium_init() < 0)
        abort();
    return engine_new(&options, keyring_read(SPAN(KEYRING), options.hash_key, NULL),
                      key_of("whmk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), NULL);
}

static void waiting_add(struct waiting *waiting, engine_handle one)
{
    if (waiting->count == WAITING_MAX)
        abort(); /* more than any tape can have made */
    waiting->list[waiting->count++] = one;
}

static bool waiting_take(struct waiting *waiting, engine_handle *out)
{
    if (waiting->count == 0)
        return false;
    *out = waiting->list[0];
    memmove(waiting->list, waiting->list + 1, --waiting->count * sizeof(waiting->list[0]));
    return true;
}

static void check_json(struct span text)
{
    json_t *root = json_read(text, PAYLOAD_DEPTH_MAX + 4, NULL);
    if (root == NULL)
        abort();
    json_decref(root);
}

static void check_receipt(const struct effect *effect)
{
    struct receipt receipt;
    json_t *root = NULL;
    if (strcmp(effect->topic, "receipts") != 0)
        return;
    if (receipt_read(effect->value, &receipt, &root, NULL) != 0)
        abort();
    json_decref(root);
}

static void perform(struct tape *tape, const struct effect *effect)
{
    switch (effect->type) {
    case EFFECT_REQUEST:
        if (effect->body.size > 0)
            check_json(buf_span(&effect->body));
        waiting_add(&tape->requests, effect->handle);
        break;
    case EFFECT_PRODUCE:
        check_receipt(effect);
        waiting_add(&tape->produces, effect->handle);
        break;
    case EFFECT_COMMIT:
        waiting_add(&tape->commits, (engine_handle)effect->offset);
        break;
    case EFFECT_CHECK_LOG:
        tape->check = effect->handle;
        break;
    case EFFECT_READ_RECEIPTS:
        tape->reading = true;
        break;
    case EFFECT_START:
        tape->started = true;
        break;
    case EFFECT_RELEASED:
        tape->held = tape->reading = tape->started = false;
        tape->commits.count = 0;
        break;
    case EFFECT_PAUSE:
    case EFFECT_RESUME:
    case EFFECT_STOPPED:
    case EFFECT_SETTLED:
    case EFFECT_ACCOUNT:
    case EFFECT_CIRCUIT:
    case EFFECT_TROUBLE:
    case EFFECT_LOG_CHANGED:
    case EFFECT_OTHER_SECRET:
    case EFFECT_NAMESAKE:
        break;
    }
}

static void take(struct tape *tape, struct input input)
{
    struct effects effects;
    input.now = tape->now;
    engine_take(tape->engine, &input, &effects);
    for (size_t i = 0; i < effects.count; i++)
        perform(tape, &effects.list[i]);
    if (mono_reached(engine_deadline(tape->engine), tape->now.mono))
        abort(); /* it would be woken again and again */
}

static void take_record(struct tape *tape, enum input_type type, const struct record *record)
{
    struct record placed = *record;
    placed.timestamp_ms = tape->now.wall.ms;
    placed.offset = tape->next_offset++;
    take(tape, (struct input){.type = type, .record = &placed});
}

/* Under its own routing key where it is a payload, else under that of user_42: a bad payload is not believed either. */
static void take_event(struct tape *tape, struct span payload)
{
    struct sealed sealed;
    struct key key = key_of(KEY_TEXT);
    char id[16], timestamp[24], signature[SIGNATURE_TEXT_MAX];
    int64_t now_s = tape->now.wall.ms / 1000;
    snprintf(id, sizeof(id), "e%u", tape->events++ / 2); /* each twice */
    snprintf(timestamp, sizeof(timestamp), "%lld", (long long)now_s);
    bool is_payload = seal(&sealed, &key, SPAN("k"), span_of(id), now_s, payload, NULL) == 0;
    if (signature_make(&key, span_of(id), span_of(timestamp), payload, signature) != 0)
        abort();
    const struct header headers[] = {{SPAN(HEADER_ID), span_of(id)},
                                     {SPAN(HEADER_TIMESTAMP), span_of(timestamp)},
                                     {SPAN(HEADER_SIGNATURE), span_of(signature)},
                                     {SPAN(HEADER_KEY), SPAN("k")}};
    const struct record record = {.key = is_payload ? buf_span(&sealed.routing_key) : SPAN("acme/e/user_42"),
                                  .value = payload,
                                  .headers = headers,
                                  .header_count = 4};
    take_record(tape, INPUT_RECORD, &record);
    if (is_payload)
        sealed_done(&sealed);
    key_done(&key);
}

/* The digit that the text begins with; something for all other text. */
static unsigned digit_of(struct span text)
{
    return text.size == 0 ? 0 : ((unsigned char)text.data[0] - (unsigned)'0') % 10;
}

static void take_answer(struct tape *tape, char move, struct span rest)
{
    static const int statuses[] = {200, 201, 204, 301, 401, 404, 422, 429, 500, 503};
    struct reply reply = {.failure = SPAN("the tape says so")};
    struct input input = {.type = INPUT_ANSWERED, .reply = &reply};
    if (!waiting_take(&tape->requests, &input.handle))
        return;
    if (move == 'L') {
        reply.transport = TRANSPORT_LOST;
    } else if (move == 'N') {
        reply.transport = TRANSPORT_NOT_SENT;
    } else if (rest.size > 0) {
        reply.status = statuses[digit_of(rest)];
        reply.is_json = true;
        reply.body = span_skip(rest, 1);
    }
    take(tape, input);
}

static void take_produced(struct tape *tape, enum produced produced)
{
    struct input input = {.type = INPUT_PRODUCED,
                          .produced = produced,
                          .offset = tape->events,
                          .stamp_ms = tape->events % 2 == 0 ? tape->now.wall.ms : 0};
    if (waiting_take(&tape->produces, &input.handle))
        take(tape, input);
}

static void take_committed(struct tape *tape, bool ok)
{
    engine_handle offset;
    if (waiting_take(&tape->commits, &offset))
        take(tape, (struct input){.type = INPUT_COMMITTED, .offset = (int64_t)offset, .ok = ok});
}

static void take_partition(struct tape *tape, char move, struct span rest)
{
    if (move == 'M' && !tape->held) {
        tape->held = true;
        take(tape, (struct input){.type = INPUT_ASSIGNED,
                                  .metadata = rest,
                                  .never_committed = rest.size == 0,
                                  .offset = tape->next_offset,
                                  .end = tape->next_offset + 2});
    } else if (move == 'R' && tape->reading) {
        const struct record record = {.key = SPAN("acme/e/user_42"), .value = rest};
        take(tape, (struct input){.type = INPUT_RECEIPT, .record = &record});
    } else if (move == 'B' && tape->reading) {
        tape->reading = false;
        take(tape, (struct input){.type = INPUT_REBUILT, .offset = 1});
    } else if (move == 'V' && tape->held) {
        tape->reading = tape->started = false;
        take(tape, (struct input){.type = INPUT_REVOKED});
    }
}

static void take_log_checked(struct tape *tape, struct span rest)
{
    take(tape, (struct input){.type = INPUT_LOG_CHECKED,
                              .handle = tape->check,
                              .offset = digit_of(rest),
                              .last_stamp = rest.size == 1 ? 1767225600 : 0});
}

static void take_keyring(struct tape *tape, struct span text)
{
    static const unsigned char hash_key[16];
    struct keyring *keyring = keyring_read(text, hash_key, NULL);
    if (keyring != NULL)
        take(tape, (struct input){.type = INPUT_KEYRING, .keyring = keyring});
}

static void pass(struct tape *tape, struct span rest)
{
    int64_t ms = (int64_t)1 << 3 * digit_of(rest);
    tape->now.mono.ms += ms;
    tape->now.wall.ms += ms;
    take(tape, (struct input){.type = INPUT_TICK});
}

static void take_accounts(struct tape *tape, struct span rest)
{
    unsigned digit = digit_of(rest);
    struct account_options accounts[] = {acme, acme};
    accounts[0].max_in_flight = accounts[1].max_in_flight = 1 + (int32_t)digit;
    accounts[0].held = accounts[1].held = digit % 2 == 1;
    accounts[1].name = "globex";
    accounts[1].index = 1;
    take(tape, (struct input){.type = INPUT_ACCOUNTS, .accounts = accounts, .account_count = 2, .memory_bytes = 1 << 20});
}

static void play(struct tape *tape, struct span move)
{
    char what = move.size == 0 ? 0 : move.data[0];
    struct span rest = move.size == 0 ? SPAN_NONE : span_skip(move, 1);
    if (what == 'E' && tape->started)
        take_event(tape, rest);
    else if (what == 'F' && tape->started)
        take_record(tape, INPUT_RECORD, &(struct record){.key = rest, .value = rest});
    else if (what == 'A' || what == 'L' || what == 'N')
        take_answer(tape, what, rest);
    else if (what == 'P' || what == 'Q' || what == 'X')
        take_produced(tape, what == 'P' ? PRODUCED_OK : what == 'Q' ? PRODUCED_FAILED : PRODUCED_TOO_LARGE);
    else if (what == 'C' || what == 'D')
        take_committed(tape, what == 'C');
    else if (what == 'T')
        pass(tape, rest);
    else if (what == 'H')
        take_log_checked(tape, rest);
    else if (what == 'K')
        take_keyring(tape, rest);
    else if (what == 'I')
        take(tape, (struct input){.type = INPUT_API_KEY});
    else if (what == 'U')
        take_accounts(tape, rest);
    else if (what == 'S')
        take(tape, (struct input){.type = INPUT_STOP});
    else
        take_partition(tape, what, rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape tape = {.engine = engine_make(), .now = {{1000000}, {1767225600000}}};
    struct span rest = {(const char *)data, size};
    for (int moves = 0; rest.data != NULL && moves < 200; moves++)
        play(&tape, span_cut(&rest, 1));
    engine_free(tape.engine);
    return 0;
}
