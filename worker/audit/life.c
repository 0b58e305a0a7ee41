#include "audit/life.h"

#include <sodium.h>
#include <stdlib.h>
#include <strings.h>

#include "audit/life_judge.h"
#include "base/json.h"
#include "base/mem.h"
#include "engine/rebuild.h"
#include "receipt/dead_letter.h"

bool life_is_of(const struct record *record, struct span event_id)
{
    for (size_t i = 0; i < record->header_count; i++) {
        const struct header *header = &record->headers[i];
        if (header->name.size == sizeof(HEADER_ID) - 1 &&
            strncasecmp(header->name.data, HEADER_ID, header->name.size) == 0 && span_equal(header->value, event_id))
            return true;
    }
    return false;
}

void life_init(struct life *life, const struct life_rules *rules)
{
    *life = (struct life){.rules = *rules, .forged = LIFE_VERDICTS, .none = LIFE_VERDICTS};
}

void life_done(struct life *life)
{
    for (size_t i = 0; i < life->moment_count; i++) {
        free(life->moments[i].record);
        json_decref(life->moments[i].root);
    }
    for (size_t i = 0; i < life->event_count; i++) {
        free(life->events[i].sender);
        free(life->events[i].key);
    }
    free(life->moments);
    free(life->events);
    free(life->partitions);
    sodium_memzero(life, sizeof(*life));
}

struct life_partition *life_begin(struct life *life, const struct life_partition *partition)
{
    life->partitions = mem_grow(life->partitions, life->partition_count + 1, sizeof(*life->partitions));
    life->partitions[life->partition_count] = *partition;
    life->rules.ledger.partition = partition->id;
    return &life->partitions[life->partition_count++];
}

/* ---- what there is ---- */

static bool life_wants(const struct life *life, struct span key)
{
    const struct life_rules *rules = &life->rules;
    struct span rest = key;
    if (rules->account.data != NULL && !span_equal(span_cut(&rest, '/'), rules->account))
        return false;
    for (size_t i = 0; i < rules->key_count; i++)
        if (span_equal(rules->keys[i], key))
            return true;
    return rules->key_count == 0;
}

static size_t event_find(const struct life *life, struct span key, struct span sender)
{
    for (size_t i = 0; i < life->event_count; i++) {
        const struct life_event *event = &life->events[i];
        if (span_equal((struct span){event->key, event->key_size}, key) && span_equal(span_of(event->sender), sender))
            return i;
    }
    return LIFE_NO_EVENT;
}

static size_t event_of(struct life *life, struct span key, struct span sender)
{
    size_t found = event_find(life, key, sender);
    if (found != LIFE_NO_EVENT)
        return found;
    life->events = mem_grow(life->events, life->event_count + 1, sizeof(*life->events));
    life->events[life->event_count] = (struct life_event){
        .sender = mem_copy(sender), .key = mem_copy(key), .key_size = key.size, .held_record = SIZE_MAX};
    return life->event_count++;
}

/* The event that was signed. The record key is not: whoever has read a good record may publish it again under any other. */
static size_t event_signed(struct life *life, const struct event *event, struct span record_key)
{
    struct buf key;
    buf_init(&key, ENVELOPE_KEY_MAX);
    if (event->has_payload)
        payload_routing_key(&event->payload, &key);
    size_t of = event_of(life, event->has_payload && !key.failed ? buf_span(&key) : record_key, span_of(event->entry->sender));
    buf_done(&key);
    return of;
}

static struct life_moment *moment_add(struct life *life, enum life_kind kind, const struct record *record)
{
    life->moments = mem_grow(life->moments, life->moment_count + 1, sizeof(*life->moments));
    struct life_moment *moment = &life->moments[life->moment_count++];
    *moment = (struct life_moment){.kind = kind,
                                   .partition = life->rules.ledger.partition,
                                   .offset = record->offset,
                                   .of_offset = record->offset,
                                   .time_ms = record->timestamp_ms,
                                   .order_ms = record->timestamp_ms,
                                   .event = LIFE_NO_EVENT};
    return moment;
}

static struct life_moment *record_at(const struct life *life, int64_t offset)
{
    for (size_t i = 0; i < life->moment_count; i++) {
        struct life_moment *moment = &life->moments[i];
        if (moment->kind == LIFE_RECORD && moment->partition == life->rules.ledger.partition &&
            moment->offset == offset)
            return moment;
    }
    return NULL;
}

/* ---- records ---- */

static bool record_has_room(struct life *life, const struct record *record, const struct event *event)
{
    bool authentic = event->authentic;
    size_t size = record_size(record);
    bool fits = life->record_bytes + size <= LIFE_BYTES_MAX &&
                (authentic ? life->record_count < LIFE_RECORDS_MAX : life->forged_count < LIFE_FORGED_MAX);
    life->left_out += !fits;
    if (!fits && authentic && event_find(life, record->key, span_of(event->entry->sender)) == LIFE_NO_EVENT)
        life->events_left_out = true;
    if (!fits)
        return false;
    life->record_bytes += authentic ? size : 0;
    life->record_count += authentic;
    life->forged_count += !authentic;
    return true;
}

void life_record(struct life *life, const struct record *record)
{
    if (!life_is_of(record, life->rules.event_id))
        return;
    if (!life_wants(life, record->key)) {
        life->of_others++;
        return;
    }
    struct event event;
    struct detail detail;
    enum outcome outcome = event_open(&event, record, &life->rules.truth->event, &detail);
    /* Where producers stamp records, nothing here tells when a worker admitted it. */
    if (outcome == OUTCOME_NONE && life->rules.truth->stamps_are_brokers)
        outcome = event_judge(event.entry, event.envelope.timestamp_s, event.payload.ttl_s, record->timestamp_ms, &detail);
    if (record_has_room(life, record, &event)) {
        struct life_moment *moment = moment_add(life, LIFE_RECORD, record);
        moment->outcome = outcome;
        moment->detail = detail;
        moment->signed_at_s = event.envelope.timestamp_s;
        moment->record = record_copy(record);
        if (event.authentic)
            moment->event = event_signed(life, &event, record->key);
    }
    event_done(&event);
}

/* ---- receipts ---- */

static bool span_holds(struct span text, struct span part)
{
    return part.size > 0 && text.size >= part.size && memmem(text.data, text.size, part.data, part.size) != NULL;
}

/* Whether it may be of the event: without a look at its code, which takes longer. */
static bool receipt_may_be_of(const struct life *life, const struct record *receipt)
{
    if (span_holds(receipt->value, life->rules.event_id))
        return true;
    for (size_t i = 0; i < life->moment_count; i++) /* the receipt of what was not authentic does not name the id */
        if (life->moments[i].record != NULL &&
            span_equal(receipted_key(life->moments[i].record), receipt->key))
            return true;
    return false;
}

/* The record that a receipt means, of those that there are. */
static struct life_moment *receipt_record(const struct life *life, const struct record *record,
                                          const struct receipt *receipt)
{
    struct life_moment *there = record_at(life, receipt->offset);
    if (there == NULL || receipt->record_timestamp_ms != there->time_ms ||
        !span_equal(receipted_key(there->record), record->key))
        return NULL;
    bool names = span_equal(receipt->event_id, life->rules.event_id);
    return receipt->event_id.data == NULL || names ? there : NULL;
}

/* What a worker has found authentic, by a key that may have been taken out of the keyring since, belongs to its event. */
static void receipt_believed(struct life *life, struct life_moment *moment, const struct record *record,
                             const struct receipt *receipt)
{
    if (moment->event == LIFE_NO_EVENT && receipt->sender.data != NULL)
        moment->event = event_of(life, record->key, receipt->sender);
}

static void receipt_add(struct life *life, const struct record *record, const struct receipt *receipt,
                        struct life_moment *there, json_t *root)
{
    bool untruthful = there != NULL && truth_denies(life->rules.truth, there->outcome, receipt->outcome);
    size_t event = LIFE_NO_EVENT, at = there == NULL ? SIZE_MAX : (size_t)(there - life->moments);
    if (there != NULL && !untruthful)
        receipt_believed(life, there, record, receipt);
    if (there != NULL)
        event = there->event;
    else if (receipt->sender.data != NULL)
        event = event_of(life, record->key, receipt->sender);
    struct life_moment *moment = moment_add(life, LIFE_RECEIPT, record);
    moment->of_offset = receipt->offset;
    moment->outcome = receipt->outcome;
    moment->signed_at_s = receipt->signed_at_s;
    moment->untruthful = untruthful;
    moment->root = json_incref(root);
    moment->event = event;
    if (at == SIZE_MAX)
        return;
    there = &life->moments[at]; /* they may have moved */
    there->receipted = there->receipted || !untruthful;
    moment->signed_at_s = there->signed_at_s;
    if (moment->order_ms < there->order_ms)
        moment->order_ms = there->order_ms;
}

/* Whoever may write to the topic may write a good receipt there once more, and once more. */
static bool receipt_is_copy(const struct life *life, const struct receipt *receipt, const json_t *root)
{
    for (size_t i = 0; i < life->moment_count; i++) {
        const struct life_moment *moment = &life->moments[i];
        if (moment->kind == LIFE_RECEIPT && moment->of_offset == receipt->offset &&
            moment->partition == life->rules.ledger.partition && json_equal(moment->root, root))
            return true;
    }
    return false;
}

static bool receipt_has_room(struct life *life, const struct record *record, const struct receipt *receipt)
{
    size_t most = receipt->outcome == OUTCOME_DELIVERED ? 2 * LIFE_RECEIPTS_MAX : LIFE_RECEIPTS_MAX;
    if (life->receipt_count < most) {
        life->receipt_count++;
        return true;
    }
    life->left_out++;
    life->receipts_left_out = true;
    if (receipt->sender.data != NULL && event_find(life, record->key, receipt->sender) == LIFE_NO_EVENT)
        life->events_left_out = true;
    return false;
}

/* Nothing that it says is believed, but its event is not called lost either. */
static void receipt_of_other_version(struct life *life, const struct record *record, const struct receipt *receipt)
{
    const struct life_moment *there = receipt_record(life, record, receipt);
    size_t event = there != NULL ? there->event : event_find(life, record->key, receipt->sender);
    if (there == NULL && !span_equal(receipt->event_id, life->rules.event_id))
        return;
    life->other_version++;
    if (event != LIFE_NO_EVENT)
        life->events[event].other_version = true;
}

/* What nobody vouches for is read only to count it. */
static bool foreign_names_it(const struct life *life, const struct record *record)
{
    struct receipt receipt;
    struct json_t *root;
    if (receipt_read(record->value, &receipt, &root, NULL) != 0)
        return false;
    bool names = span_equal(receipt.event_id, life->rules.event_id);
    json_decref(root);
    return names;
}

void life_receipt(struct life *life, const struct record *record)
{
    struct receipt receipt;
    struct json_t *root;
    if (!receipt_may_be_of(life, record))
        return;
    enum ledger_entry entry = ledger_read(&life->rules.ledger, record, &receipt, &root);
    life->foreign += entry == LEDGER_FOREIGN && foreign_names_it(life, record);
    if (root == NULL)
        return;
    if (entry == LEDGER_OTHER_VERSION) {
        receipt_of_other_version(life, record, &receipt);
    } else {
        struct life_moment *there = receipt_record(life, record, &receipt);
        bool is_of = there != NULL ||
                     (span_equal(receipt.event_id, life->rules.event_id) && life_wants(life, record->key));
        if (is_of && !receipt_is_copy(life, &receipt, root) && receipt_has_room(life, record, &receipt))
            receipt_add(life, record, &receipt, there, root);
    }
    json_decref(root);
}

/* ---- dead letters ---- */

/* One whose record is there speaks of that one. Of any other it is said whose it is only where the letter proves it by itself. */
static size_t letter_event(struct life *life, const struct record *letter, struct header *own)
{
    struct record record = *letter;
    struct event event;
    struct detail detail;
    record.headers = own;
    record.header_count = dead_letter_own_headers(letter, own);
    event_open(&event, &record, &life->rules.truth->event, &detail);
    size_t of = event.authentic ? event_signed(life, &event, letter->key) : LIFE_NO_EVENT;
    event_done(&event);
    return of;
}

void life_letter(struct life *life, const struct record *letter)
{
    const struct ledger *ledger = &life->rules.ledger;
    int64_t source = dead_letter_offset(record_header_last(letter, DEAD_LETTER_SOURCE), ledger->events_topic,
                                        ledger->partition);
    struct life_moment *there = source < 0 ? NULL : record_at(life, source);
    /* One without a key is of a record that would not fit. */
    if (there != NULL && letter->key.data != NULL && !span_equal(letter->key, there->record->key))
        there = NULL;
    if (there == NULL && (!life_is_of(letter, life->rules.event_id) || !life_wants(life, letter->key)))
        return;
    if (life->letter_count >= LIFE_LETTERS_MAX) {
        life->left_out++;
        return;
    }
    size_t event, at = there == NULL ? SIZE_MAX : (size_t)(there - life->moments);
    if (there != NULL) {
        event = there->event;
    } else {
        struct header *own = mem_new(letter->header_count, sizeof(*own));
        event = letter_event(life, letter, own);
        free(own);
    }
    if (event == LIFE_NO_EVENT && life->forged_letters >= LIFE_FORGED_MAX) {
        life->left_out++;
        return;
    }
    life->letter_count += event != LIFE_NO_EVENT;
    life->forged_letters += event == LIFE_NO_EVENT;
    struct life_moment *moment = moment_add(life, LIFE_LETTER, letter);
    moment->of_offset = source;
    moment->event = event;
    moment->outcome = dead_letter_outcome(record_header_last(letter, DEAD_LETTER_REASON));
    if (at != SIZE_MAX && moment->order_ms < life->moments[at].order_ms)
        moment->order_ms = life->moments[at].order_ms;
}

/* ---- all of it ---- */

static int moment_order(const void *a, const void *b)
{
    const struct life_moment *left = a, *right = b;
    if (left->order_ms != right->order_ms)
        return left->order_ms < right->order_ms ? -1 : 1;
    if (left->partition != right->partition)
        return left->partition < right->partition ? -1 : 1;
    if (left->of_offset != right->of_offset)
        return left->of_offset < right->of_offset ? -1 : 1;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

void life_finish(struct life *life)
{
    if (life->moment_count > 0)
        qsort(life->moments, life->moment_count, sizeof(*life->moments), moment_order);
    life_judge(life);
}
