#include "cmd/resend.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cmd/escape.h"
#include "cmd/publish.h"
#include "cmd/topics.h"
#include "kafka/record_of.h"
#include "lib/record.h"
#include "os/clock.h"
#include "receipt/dead_letter.h"

#define LETTER_HEADERS (RECORD_HEADERS + DEAD_LETTER_ADDED_MAX)

struct pass {
    struct resend_job *job;
    const struct resend_rules *rules; /* of the partition */
    struct resend resend;
    size_t next;  /* letter that is looked for */
    int32_t home; /* whose receipts are read, of another partition than the letters' */
    struct err *err;
    bool failed;
};

/* ---- reading ---- */

static void take_letter(void *context, const rd_kafka_message_t *message)
{
    struct pass *pass = context;
    struct header headers[LETTER_HEADERS];
    struct record letter;
    record_of_with(message, headers, LETTER_HEADERS, &letter);
    resend_letter(&pass->resend, &letter);
}

static void take_receipt(void *context, const rd_kafka_message_t *message)
{
    struct pass *pass = context;
    struct header headers[RECORD_HEADERS];
    struct record record;
    record_of(message, headers, &record);
    resend_receipt(&pass->resend, &record);
}

static void take_receipt_of(void *context, const rd_kafka_message_t *message)
{
    struct pass *pass = context;
    struct header headers[RECORD_HEADERS];
    struct record record;
    record_of(message, headers, &record);
    resend_receipt_of(&pass->resend, pass->home, &record);
}

static int read_span(const struct resend_job *job, const char *topic, int32_t partition, int64_t since_ms,
                     int64_t until_ms, struct scan *out, struct err *err)
{
    *out = (struct scan){.topic = topic, .partition = partition};
    return client_offsets(job->reader, topic, partition, &out->begin, &out->end, err) != 0
               ? -1
               : scan_cut(job->reader, out, since_ms, until_ms, err);
}

/* ---- sending ---- */

static void tell_letter(const struct resend_opened *opened, const struct resend_letter *letter,
                        int32_t partition)
{
    printf("%d/%lld %s", (int)partition, (long long)letter->source,
           outcome_reason((enum outcome)letter->outcome));
    if (opened->event.authentic)
        printf(" event_id=%.*s sender=%s", SPAN_ARGS(opened->event.envelope.event_id),
               opened->event.entry->sender);
    if (opened->event.has_payload)
        printf(" account=%.*s", SPAN_ARGS(opened->event.payload.account));
    printf(": ");
}

static void tell_refused(struct pass *pass, enum resend_verdict verdict, const struct detail *detail)
{
    fputs(resend_text(verdict), stdout);
    if (detail->text[0] != 0) {
        printf(": ");
        escape_print(stdout, span_of(detail->text));
    }
    putchar('\n');
    /* These two are as they should be. */
    if (verdict != RESEND_DELIVERED && verdict != RESEND_SUPERSEDED)
        pass->job->refused++;
}

/* So many a minute: the time of the last one is waited for. */
static void pace(const struct resend_job *job)
{
    struct mono until = mono_after(clock_now().mono, 60000 / job->per_minute);
    for (int64_t left; job->sent > 0 && (left = until.ms - clock_now().mono.ms) > 0;)
        rd_kafka_poll(job->publisher->rk, (int)left);
}

/* Signs the same bytes under the same id: later than before, or a worker would take it for the one that failed. */
static int sign_again(const struct pass *pass, const struct resend_opened *opened,
                      struct cupbearer_record **out, struct err *err)
{
    char event_id[ENVELOPE_ID_MAX + 1];
    int64_t now_s = clock_now().wall.ms / 1000, before_s = opened->event.envelope.timestamp_s;
    snprintf(event_id, sizeof(event_id), "%.*s", SPAN_ARGS(opened->event.envelope.event_id));
    return signer_sign(pass->job->signer, event_id, now_s > before_s ? now_s : before_s + 1,
                       opened->record.value, out, err);
}

static int32_t home_of(const struct pass *pass, struct span key)
{
    return partitioner_partition(pass->rules->event.partitioner, key, pass->rules->partition_count);
}

/* What a worker would say of it now; a key that is not the keyring's is a mistake of whoever gave it. */
static int judge_again(const struct pass *pass, const struct cupbearer_record *record, enum outcome *outcome,
                       struct detail *detail, struct err *err)
{
    struct record view = record_view(record, 0);
    struct event_rules rules = pass->rules->event;
    struct event event;
    view.partition = home_of(pass, view.key);
    rules.partition_count = pass->rules->partition_count;
    *outcome = event_open(&event, &view, &rules, detail);
    bool wrong_key = !event.authentic;
    if (*outcome == OUTCOME_NONE)
        *outcome = event_judge(event.entry, event.envelope.timestamp_s, event.payload.ttl_s,
                               clock_now().wall.ms, detail);
    event_done(&event);
    return wrong_key ? err_set(err, ERR_USAGE, "%.200s does not hold the key that the keyring has as %.63s",
                               pass->job->signer->key_file, pass->job->signer->key_id)
                     : 0;
}

static int publish_again(struct pass *pass, const struct resend_opened *opened,
                         const struct cupbearer_record *record, struct err *err)
{
    struct resend_job *job = pass->job;
    int64_t offset;
    int32_t partition = home_of(pass, opened->record.key);
    if (publish_record(job->publisher, job->config->events_topic, partition, record, &offset, err) != 0)
        return -1;
    job->sent++;
    printf("sent: partition %d, offset %lld\n", (int)partition, (long long)offset);
    return 0;
}

static int send_again(struct pass *pass, const struct resend_opened *opened, struct err *err)
{
    struct resend_job *job = pass->job;
    struct cupbearer_record *record = NULL;
    enum outcome outcome = OUTCOME_NONE;
    struct detail detail = {0};
    if (!job->dry_run)
        pace(job);
    int result = job->signer->key == NULL ? 0 : sign_again(pass, opened, &record, err);
    if (result == 0 && record != NULL)
        result = judge_again(pass, record, &outcome, &detail, err);
    if (result == 0 && outcome != OUTCOME_NONE) {
        tell_refused(pass, RESEND_REFUSED, &detail);
    } else if (result == 0 && job->dry_run) {
        job->sent++;
        printf("%s\n", resend_text(RESEND_YES));
    } else if (result == 0) {
        result = publish_again(pass, opened, record, err);
    }
    cupbearer_record_free(record);
    return result;
}

/* The second time that a letter is read: it is opened anew, so that nothing is signed but what was just verified. */
static void take_chosen(void *context, const rd_kafka_message_t *message)
{
    struct pass *pass = context;
    const struct resend *resend = &pass->resend;
    while (pass->next < resend->count && resend->letters[pass->next].offset < message->offset)
        pass->next++; /* deleted meanwhile */
    if (pass->failed || pass->next == resend->count || resend->letters[pass->next].offset != message->offset)
        return;
    const struct resend_letter *one = &resend->letters[pass->next++];
    struct header headers[LETTER_HEADERS], own[LETTER_HEADERS];
    struct record letter;
    struct resend_opened opened;
    record_of_with(message, headers, LETTER_HEADERS, &letter);
    enum resend_verdict now = resend_open(pass->rules, &letter, own, &opened);
    enum resend_verdict verdict = now == RESEND_YES ? (enum resend_verdict)one->verdict : now;
    tell_letter(&opened, one, pass->rules->ledger.partition);
    if (verdict != RESEND_YES)
        tell_refused(pass, verdict, &opened.detail);
    else if (send_again(pass, &opened, pass->err) != 0)
        pass->failed = true;
    fflush(stdout);
    resend_opened_done(&opened);
}

/* ---- a partition ---- */

static int resend_chosen(struct pass *pass, const struct scan *letters, struct err *err)
{
    const struct resend_job *job = pass->job;
    struct scan receipts;
    resend_letters_end(&pass->resend);
    if (read_span(job, job->config->receipts_topic, letters->partition, INT64_MIN, INT64_MAX, &receipts,
                  err) != 0 ||
        scan_read(job->reader, &receipts, take_receipt, pass, err) != 0)
        return -1;
    for (pass->home = 0; pass->home < pass->rules->partition_count; pass->home++)
        if (resend_goes_to(&pass->resend, pass->home) &&
            (read_span(job, job->config->receipts_topic, pass->home, INT64_MIN, INT64_MAX, &receipts, err) != 0 ||
             scan_read(job->reader, &receipts, take_receipt_of, pass, err) != 0))
            return -1;
    resend_finish(&pass->resend);
    if (scan_read(job->reader, letters, take_chosen, pass, err) != 0)
        return -1;
    return pass->failed ? -1 : 0;
}

static int resend_partition(struct resend_job *job, int32_t partition, struct err *err)
{
    struct resend_rules rules = job->rules;
    struct pass pass = {.job = job, .rules = &rules, .err = err};
    struct scan letters;
    rules.ledger.partition = partition;
    resend_init(&pass.resend, &rules);
    int result =
        read_span(job, job->config->dead_topic, partition, job->since_ms, job->until_ms, &letters, err);
    if (result == 0)
        result = scan_read(job->reader, &letters, take_letter, &pass, err);
    if (result == 0 && pass.resend.count > 0)
        result = resend_chosen(&pass, &letters, err);
    resend_done(&pass.resend);
    topics_ledger_done(&rules.ledger);
    return result;
}

int resend_run(struct resend_job *job, struct err *err)
{
    int32_t events;
    int result = topics_count(job->reader, job->config, &events, &job->rules.partition_count, err);
    for (int32_t i = 0; i < job->rules.partition_count && result == 0; i++)
        result = resend_partition(job, i, err);
    if (result == 0 || job->sent > 0)
        printf("%llu %s, %llu not\n", (unsigned long long)job->sent,
               job->dry_run ? "may be sent again" : "sent again", (unsigned long long)job->refused);
    return result;
}
