#include "audit/resend.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"

/* By so much a receipt's stamp may lie before its event was signed, as clocks go. */
#define CLOCKS_MS 3600000

/* A worker must still remember it when it reads it. */
#define REMEMBER_MS 60000

void resend_init(struct resend *resend, const struct resend_rules *rules)
{
    *resend = (struct resend){.rules = rules};
}

void resend_done(struct resend *resend)
{
    free(resend->letters);
    *resend = (struct resend){0};
}

static void letters_add(struct resend *resend, const struct resend_letter *letter)
{
    if (resend->count == resend->capacity) {
        resend->capacity = resend->capacity == 0 ? 64 : resend->capacity * 2;
        resend->letters = mem_grow(resend->letters, resend->capacity, sizeof(*resend->letters));
    }
    resend->letters[resend->count++] = *letter;
}

void resend_letter(struct resend *resend, const struct record *letter)
{
    struct resend_opened opened;
    struct header *own = mem_new(letter->header_count, sizeof(*own));
    enum resend_verdict verdict = resend_open(resend->rules, letter, own, &opened);
    struct resend_letter one = {.offset = letter->offset,
                                .source = opened.source,
                                .again = -1,
                                .outcome = (uint8_t)opened.outcome,
                                .verdict = (uint8_t)verdict};
    one.home = resend->rules->ledger.partition;
    resend->foreign += opened.source < 0 || opened.outcome == OUTCOME_NONE;
    if (opened.event.authentic) {
        one.signed_at_s = opened.event.envelope.timestamp_s;
        one.identity = ledger_identity(&resend->rules->ledger, letter->key, span_of(opened.event.entry->sender),
                                     opened.event.envelope.event_id);
        if (verdict == RESEND_YES && resend->rules->partition_count > 0)
            one.home = partitioner_partition(resend->rules->event.partitioner, letter->key, resend->rules->partition_count);
    }
    if (verdict != RESEND_NOT_CHOSEN)
        letters_add(resend, &one);
    resend_opened_done(&opened);
    free(own);
}

static int letter_order(const void *a, const void *b)
{
    const struct resend_letter *left = a, *right = b;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static int identity_order(const void *a, const void *b)
{
    const struct resend_letter *left = a, *right = b;
    if (left->identity != right->identity)
        return left->identity < right->identity ? -1 : 1;
    return letter_order(a, b);
}

void resend_letters_end(struct resend *resend)
{
    if (resend->count > 0)
        qsort(resend->letters, resend->count, sizeof(*resend->letters), identity_order);
}

/* The first letter of that identity, or where it would stand. */
static size_t letters_find(const struct resend *resend, uint64_t identity)
{
    size_t low = 0, high = resend->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (resend->letters[middle].identity < identity)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What lay there once more has its outcome. */
static void letter_settle(struct resend_letter *letter, int32_t partition, const struct receipt *receipt, bool believed)
{
    if (believed && letter->home == partition && letter->again == receipt->offset)
        letter->again = -1;
}

/* Whether the receipt is of the very record that the letter holds. Another one of the event may be put beside its place: the
 * same id with what it was before its sender corrected it. */
static bool letter_is_of(const struct resend_letter *letter, const struct receipt *receipt)
{
    return receipt->offset == letter->source && receipt->outcome == (enum outcome)letter->outcome &&
           (receipt->signed_at_s == 0 || receipt->signed_at_s == letter->signed_at_s);
}

/* `believed` is false for a receipt of another version. */
static bool letters_note(struct resend *resend, uint64_t identity, const struct receipt *receipt,
                         bool believed)
{
    size_t first = letters_find(resend, identity), i = first;
    for (; i < resend->count && resend->letters[i].identity == identity; i++) {
        struct resend_letter *letter = &resend->letters[i];
        letter->other_version = letter->other_version || !believed;
        letter->was_delivered = letter->was_delivered || (believed && receipt->outcome == OUTCOME_DELIVERED);
        letter_settle(letter, resend->rules->ledger.partition, receipt, believed);
        if (believed && outcome_is_failed(receipt->outcome) && receipt->offset > letter->source)
            letter->failed_later = true;
        if (!believed || !letter_is_of(letter, receipt))
            continue;
        letter->has_receipt = true;
        letter->remembered_until_ms = ledger_remembered_until_ms(receipt, resend->rules->window_ms);
    }
    return i > first;
}

/* The identity of a receipt's event, where it has one. */
static bool receipt_identity(const struct ledger *ledger, const struct record *record, const struct receipt *receipt,
                             uint64_t *out)
{
    if (receipt->event_id.data == NULL || receipt->sender.data == NULL)
        return false;
    *out = ledger_identity(ledger, record->key, receipt->sender, receipt->event_id);
    return true;
}

bool resend_receipt(struct resend *resend, const struct record *record)
{
    struct receipt receipt;
    struct json_t *root;
    uint64_t identity;
    const struct ledger *ledger = &resend->rules->ledger;
    enum ledger_entry entry = ledger_read(ledger, record, &receipt, &root);
    if (root == NULL)
        return false;
    bool noted = receipt_identity(ledger, record, &receipt, &identity) &&
                 letters_note(resend, identity, &receipt, entry == LEDGER_RECEIPT);
    json_decref(root);
    return noted;
}

bool resend_belongs_to(const struct resend *resend, int32_t partition)
{
    for (size_t i = 0; i < resend->count; i++)
        if (resend->letters[i].home == partition && resend->letters[i].identity != 0)
            return true;
    return false;
}

/* Most are of none of them, which a hash tells; only those that seem to be are verified. */
void resend_event(struct resend *resend, const struct record *record)
{
    const struct resend_rules *rules = resend->rules;
    struct span id = record_header(record, HEADER_ID), key_id = record_header(record, HEADER_KEY);
    const struct keyring_entry *entry = key_id.data == NULL ? NULL : keyring_find(rules->event.keyring, key_id);
    if (id.data == NULL || entry == NULL)
        return;
    uint64_t identity = ledger_identity(&rules->ledger, record->key, span_of(entry->sender), id);
    size_t at = letters_find(resend, identity);
    if (at == resend->count || resend->letters[at].identity != identity)
        return;
    struct event event;
    struct detail detail;
    event_open(&event, record, &rules->event, &detail);
    for (; event.authentic && at < resend->count && resend->letters[at].identity == identity; at++) {
        struct resend_letter *letter = &resend->letters[at];
        bool is_itself = record->partition == rules->ledger.partition && record->offset <= letter->source;
        if (letter->home == record->partition && !is_itself)
            letter->again = record->offset;
    }
    event_done(&event);
}

bool resend_goes_to(const struct resend *resend, int32_t partition)
{
    for (size_t i = 0; i < resend->count; i++)
        if (resend->letters[i].home == partition && partition != resend->rules->ledger.partition)
            return true;
    return false;
}

/* Of the letters of that identity, those that belong into the partition. */
static bool letters_note_of(struct resend *resend, uint64_t identity, int32_t partition, const struct receipt *receipt,
                            bool believed)
{
    bool noted = false;
    for (size_t i = letters_find(resend, identity); i < resend->count && resend->letters[i].identity == identity; i++) {
        struct resend_letter *letter = &resend->letters[i];
        if (letter->home != partition)
            continue;
        noted = true;
        letter->was_delivered = letter->was_delivered || (believed && receipt->outcome == OUTCOME_DELIVERED);
        letter->failed_later = letter->failed_later || (believed && outcome_is_failed(receipt->outcome));
        letter->other_version = letter->other_version || !believed;
        letter_settle(letter, partition, receipt, believed);
    }
    return noted;
}

bool resend_receipt_of(struct resend *resend, int32_t partition, const struct record *record)
{
    struct receipt receipt;
    struct json_t *root;
    uint64_t identity;
    struct ledger ledger = resend->rules->ledger;
    ledger.partition = partition;
    bool believed = ledger_read(&ledger, record, &receipt, &root) == LEDGER_RECEIPT, noted = false;
    if (root != NULL) {
        noted = receipt_identity(&ledger, record, &receipt, &identity) &&
                letters_note_of(resend, identity, partition, &receipt, believed);
        json_decref(root);
    }
    sodium_memzero(&ledger, sizeof(ledger));
    return noted;
}

/* What failed was young enough to be taken: had it been delivered before, workers would have remembered. */
void resend_receipts_from(struct resend *resend, int32_t partition, int64_t from_ms)
{
    for (size_t i = 0; i < resend->count; i++) {
        struct resend_letter *letter = &resend->letters[i];
        if (outcome_is_rejected((enum outcome)letter->outcome) &&
            (partition == resend->rules->ledger.partition || partition == letter->home) &&
            letter->signed_at_s * 1000 - CLOCKS_MS < from_ms)
            letter->before_receipts = true;
    }
}

/* Every other failed event was not tried, or proven absent. An unknown one is read back first, but only by who knows it. */
bool resend_is_remembered(const struct resend_letter *letter, int64_t now_ms)
{
    return letter->outcome != OUTCOME_UNKNOWN || letter->remembered_until_ms >= now_ms + REMEMBER_MS;
}

static enum resend_verdict letter_verdict(const struct resend *resend, const struct resend_letter *letter)
{
    if (letter->was_delivered)
        return RESEND_DELIVERED;
    if (letter->failed_later)
        return RESEND_SUPERSEDED;
    if (letter->again >= 0)
        return RESEND_WAITING;
    if (letter->verdict != RESEND_YES)
        return (enum resend_verdict)letter->verdict;
    if (letter->other_version)
        return RESEND_OTHER_VERSION;
    if (!letter->has_receipt)
        return RESEND_NO_RECEIPT;
    if (letter->before_receipts)
        return RESEND_BEFORE_RECEIPTS;
    return resend_is_remembered(letter, resend->rules->now_ms) ? RESEND_YES : RESEND_MAY_BE_SHOWN;
}

/* One that was rejected says nothing of whether those before may be sent, but where it is what will be sent. */
static bool letter_supersedes(const struct resend_letter *letter)
{
    return letter->has_receipt && (letter->verdict == RESEND_YES || letter->verdict == RESEND_WAITING ||
                                   outcome_is_failed((enum outcome)letter->outcome));
}

void resend_finish(struct resend *resend)
{
    const struct resend_letter *later = NULL; /* the last one that supersedes others, of those behind */
    for (size_t i = resend->count; i > 0; i--) {
        struct resend_letter *letter = &resend->letters[i - 1];
        letter->verdict = (uint8_t)letter_verdict(resend, letter);
        if (letter->has_receipt && later != NULL && later->identity == letter->identity &&
            letter->verdict != RESEND_DELIVERED)
            letter->verdict = RESEND_SUPERSEDED;
        if (letter_supersedes(letter))
            later = letter;
    }
    if (resend->count > 0)
        qsort(resend->letters, resend->count, sizeof(*resend->letters), letter_order);
}

const struct resend_letter *resend_told(struct resend *resend, int64_t offset)
{
    for (; resend->next < resend->count && resend->letters[resend->next].offset < offset; resend->next++)
        resend->missed++;
    if (resend->next == resend->count || resend->letters[resend->next].offset != offset)
        return NULL;
    return &resend->letters[resend->next++];
}

size_t resend_missed(const struct resend *resend)
{
    return resend->missed + resend->count - resend->next;
}
