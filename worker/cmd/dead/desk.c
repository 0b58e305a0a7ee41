#include "cmd/dead/desk.h"

#include <stdio.h>
#include <stdlib.h>

#include "audit/audit.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/topics.h"
#include "kafka/record_of.h"
#include "receipt/dead_letter.h"

#define LETTER_HEADERS (RECORD_HEADERS + DEAD_LETTER_ADDED_MAX)

struct pass {
    struct desk *desk;
    struct resend_rules rules; /* of the partition */
    struct resend resend;
    int32_t home; /* whose receipts are read, of another partition than the letters' */
    struct audit_reading receipts; /* of the partition that is being read */
    struct err *err;
    bool failed;
};

/* ---- the first time ---- */

static void take_letter(void *context, const rd_kafka_message_t *message)
{
    struct pass *pass = context;
    struct header headers[LETTER_HEADERS];
    struct record letter;
    record_of_with(message, headers, LETTER_HEADERS, &letter);
    resend_letter(&pass->resend, &letter);
    progress_step(&pass->desk->progress);
}

static void take_event(void *context, const rd_kafka_message_t *message)
{
    struct pass *pass = context;
    struct header headers[RECORD_HEADERS];
    struct record record;
    record_of(message, headers, &record);
    resend_event(&pass->resend, &record);
    progress_step(&pass->desk->progress);
}

static void hand_receipt(const struct pass *pass, const struct record *record, bool noted)
{
    const struct desk *desk = pass->desk;
    struct ledger ledger = pass->rules.ledger;
    struct receipt receipt;
    struct json_t *root;
    ledger.partition = record->partition;
    bool believed = ledger_read(&ledger, record, &receipt, &root) == LEDGER_RECEIPT;
    if (believed && (noted || (pass->rules.one_place && pass->home < 0 && receipt.offset == pass->rules.place)))
        desk->receipt(desk->context, &ledger, record, &receipt);
    json_decref(root);
    topics_ledger_done(&ledger);
}

static void take_receipt(void *context, const rd_kafka_message_t *message)
{
    struct pass *pass = context;
    struct header headers[RECORD_HEADERS];
    struct record record;
    record_of(message, headers, &record);
    audit_reading_take(&pass->receipts, record.offset, record.timestamp_ms);
    bool noted = pass->home < 0 ? resend_receipt(&pass->resend, &record)
                                : resend_receipt_of(&pass->resend, pass->home, &record);
    if (pass->desk->receipt != NULL && (noted || pass->rules.one_place))
        hand_receipt(pass, &record, noted);
    progress_step(&pass->desk->progress);
}

/* ---- the second time ---- */

/* The letter is opened anew, so that nothing is signed but what was just verified. */
static void take_chosen(void *context, const rd_kafka_message_t *message)
{
    struct pass *pass = context;
    struct desk *desk = pass->desk;
    const struct resend_letter *told = pass->failed ? NULL : resend_told(&pass->resend, message->offset);
    if (told == NULL)
        return;
    struct header headers[LETTER_HEADERS], own[LETTER_HEADERS];
    struct record record;
    struct resend_opened opened;
    record_of_with(message, headers, LETTER_HEADERS, &record);
    enum resend_verdict now = resend_open(&pass->rules, &record, own, &opened);
    const struct desk_letter letter = {
        .partition = message->partition,
        .record = &record,
        .opened = &opened,
        .told = told,
        .rules = &pass->rules,
        .verdict = told->verdict == RESEND_YES ? now : (enum resend_verdict)told->verdict,
    };
    pass->failed = desk->take(desk->context, &letter, pass->err) != 0;
    resend_opened_done(&opened);
}

/* ---- a partition ---- */

static int read_span(struct desk *desk, const char *topic, int32_t partition, struct scan *out, struct err *err)
{
    *out = (struct scan){.topic = topic, .partition = partition};
    return client_offsets(desk->reader, topic, partition, &out->begin, &out->end, err);
}

static int read_all(struct pass *pass, const char *what, const struct scan *scan, scan_take *take, struct err *err)
{
    progress_begin(&pass->desk->progress, what, scan->end > scan->begin ? (uint64_t)(scan->end - scan->begin) : 0);
    return scan_read(pass->desk->reader, scan, take, pass, err);
}

/* In this order: what the group had committed has its receipt, which is there when those are read after it. */
static int read_events(struct pass *pass, int32_t partition, struct err *err)
{
    struct desk *desk = pass->desk;
    struct scan events;
    int64_t committed;
    if (!resend_belongs_to(&pass->resend, partition))
        return 0;
    if (topics_committed(desk->reader, desk->config, &partition, 1, &committed, err) != 0 ||
        read_span(desk, desk->config->events_topic, partition, &events, err) != 0)
        return -1;
    if (committed > events.begin)
        events.begin = committed;
    return read_all(pass, "reading events", &events, take_event, err);
}

static int read_receipts(struct pass *pass, int32_t partition, struct err *err)
{
    struct scan receipts;
    pass->home = partition == pass->rules.ledger.partition ? -1 : partition;
    if (pass->home >= 0 && !resend_goes_to(&pass->resend, partition))
        return 0;
    if (read_span(pass->desk, pass->desk->config->receipts_topic, partition, &receipts, err) != 0)
        return -1;
    pass->receipts = (struct audit_reading){receipts.begin, receipts.end, receipts.begin, INT64_MIN, -1, -1};
    if (read_all(pass, "reading receipts", &receipts, take_receipt, err) != 0)
        return -1;
    resend_receipts_from(&pass->resend, partition, audit_known_from(&pass->receipts));
    return 0;
}

static int read_chosen(struct pass *pass, const struct scan *letters, struct err *err)
{
    struct desk *desk = pass->desk;
    int result = 0;
    resend_letters_end(&pass->resend);
    for (int32_t i = 0; i < pass->rules.partition_count && result == 0; i++)
        result = read_events(pass, i, err);
    for (int32_t i = 0; i < pass->rules.partition_count && result == 0; i++)
        result = read_receipts(pass, i, err);
    if (result != 0)
        return -1;
    resend_finish(&pass->resend);
    progress_begin(&desk->progress, "going through them", pass->resend.count);
    if (scan_read(desk->reader, letters, take_chosen, pass, err) != 0)
        return -1;
    if (!pass->failed && resend_missed(&pass->resend) > 0)
        return err_set(err, ERR_UNREACHABLE, "topic %.200s, partition %d: while it was read, records were deleted; try again",
                       letters->topic, (int)letters->partition);
    return pass->failed ? -1 : 0;
}

static int read_partition(struct desk *desk, int32_t partition, struct err *err)
{
    struct pass *pass = mem_new(1, sizeof(*pass));
    struct scan letters;
    *pass = (struct pass){.desk = desk, .rules = desk->rules, .err = err};
    pass->rules.ledger.partition = partition;
    resend_init(&pass->resend, &pass->rules);
    int result = read_span(desk, desk->config->dead_topic, partition, &letters, err);
    if (result == 0)
        result = scan_cut(desk->reader, &letters, desk->since_ms, desk->until_ms, err);
    if (result == 0)
        result = read_all(pass, "reading dead letters", &letters, take_letter, err);
    desk->foreign += pass->resend.foreign;
    if (result == 0 && pass->resend.count > 0)
        result = read_chosen(pass, &letters, err);
    resend_done(&pass->resend);
    topics_ledger_done(&pass->rules.ledger);
    free(pass);
    return result;
}

int desk_read(struct desk *desk, struct err *err)
{
    int32_t events, *served = &desk->rules.partition_count;
    progress_init(&desk->progress);
    int result = topics_count(desk->reader, desk->config, &events, served, err);
    if (result == 0 && desk->only >= *served)
        result = err_set(err, ERR_USAGE, "%.200s has %d partitions, counted from 0: there is no partition %d",
                         desk->config->events_topic, (int)*served, (int)desk->only);
    for (int32_t i = 0; i < *served && result == 0; i++)
        if (desk->only < 0 || desk->only == i)
            result = read_partition(desk, i, err);
    progress_hide(&desk->progress);
    return result;
}

/* ---- sums ---- */

void desk_sums_add(struct desk_sums *sums, enum resend_verdict verdict)
{
    sums->letters++;
    sums->states[resend_state(verdict)]++;
}

void desk_sums_print(const struct desk_sums *sums, const char *open)
{
    printf("%llu dead letter%s", (unsigned long long)sums->letters, sums->letters == 1 ? "" : "s");
    const char *before = ": ";
    for (int i = 0; i < RESEND_STATES; i++) {
        const char *text = resend_state_text((enum resend_state)i);
        if (sums->states[i] == 0 && i != RESEND_STATE_OPEN)
            continue; /* how many are to be sent is what is asked */
        printf("%s%llu %s", before, (unsigned long long)sums->states[i], i == RESEND_STATE_OPEN && open != NULL ? open : text);
        before = ", ";
    }
    putchar('\n');
}
