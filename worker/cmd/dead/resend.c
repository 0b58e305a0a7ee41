#include "cmd/dead/resend.h"

#include <stdio.h>

#include "cmd/dead/letter.h"
#include "cmd/escape.h"
#include "cmd/sign/publish.h"
#include "lib/record.h"
#include "os/clock.h"

struct resending {
    struct desk *desk;
    struct resend_job *job;
};

/* What became of a letter. */
struct resent {
    enum resend_verdict verdict;
    const struct detail *detail; /* of the verdict */
    struct detail refused;
    bool sent;
    int32_t partition;
    int64_t offset;
};

static void tell(const struct desk_letter *letter, const struct resent *resent, bool stopped)
{
    const struct event *event = &letter->opened->event;
    printf("%d/%lld %s", (int)letter->partition, (long long)letter->told->source,
           outcome_reason(letter->opened->outcome));
    if (event->authentic)
        printf(" event_id=%.*s sender=%s", SPAN_ARGS(event->envelope.event_id), event->entry->sender);
    if (event->has_payload)
        printf(" account=%.*s", SPAN_ARGS(event->payload.account));
    if (stopped)
        printf(": stopped here");
    else if (resent->sent)
        printf(": sent: partition %d, offset %lld", (int)resent->partition, (long long)resent->offset);
    else
        printf(": %s", resend_text(resent->verdict));
    if (!stopped && resent->detail->text[0] != 0) {
        printf(": ");
        escape_print(stdout, span_of(resent->detail->text));
    }
    putchar('\n');
}

/* As `dead list` would tell it now. */
static void tell_json(const struct desk_letter *letter, const struct resent *resent)
{
    struct desk_letter now = *letter;
    struct resend_letter told = *letter->told;
    now.told = &told;
    now.verdict = resent->sent ? RESEND_WAITING : resent->verdict;
    if (resent->sent) {
        told.home = resent->partition;
        told.again = resent->offset;
    }
    json_t *object = letter_json(&now);
    json_object_set_new(object, "sent", json_boolean(resent->sent));
    escape_print_object(stdout, object);
    json_decref(object);
}

/* So many a minute: the time of the last one is waited for. */
static void pace(const struct resend_job *job)
{
    struct mono until = mono_after(clock_now().mono, 60000 / job->per_minute);
    for (int64_t left; job->sent > 0 && (left = until.ms - clock_now().mono.ms) > 0;)
        rd_kafka_poll(job->publisher->rk, (int)left);
}

/* Signs the same bytes under the same id: later than before, or a worker would take it for the one that failed. */
static int sign_again(const struct signer *signer, const struct resend_opened *opened,
                      struct cupbearer_record **out, struct err *err)
{
    char event_id[ENVELOPE_ID_MAX + 1];
    int64_t now_s = clock_now().wall.ms / 1000, before_s = opened->event.envelope.timestamp_s;
    snprintf(event_id, sizeof(event_id), "%.*s", SPAN_ARGS(opened->event.envelope.event_id));
    return signer_sign(signer, event_id, now_s > before_s ? now_s : before_s + 1,
                       opened->record.value, out, err);
}

static int32_t home_of(const struct resend_rules *rules, struct span key)
{
    return partitioner_partition(rules->event.partitioner, key, rules->partition_count);
}

/* What a worker would say of it now; a key that is not the keyring's is a mistake of whoever gave it. */
static int judge_again(const struct signer *signer, const struct resend_rules *own, const struct cupbearer_record *record,
                       enum outcome *outcome, struct detail *detail, struct err *err)
{
    struct record view = record_view(record, 0);
    struct event_rules rules = own->event;
    struct event event;
    view.partition = home_of(own, view.key);
    rules.partition_count = own->partition_count;
    *outcome = event_open(&event, &view, &rules, detail);
    bool wrong_key = !event.authentic;
    if (*outcome == OUTCOME_NONE)
        *outcome = event_judge(event.entry, event.envelope.timestamp_s, event.payload.ttl_s,
                               clock_now().wall.ms, detail);
    event_done(&event);
    return wrong_key ? err_set(err, ERR_USAGE, "%.200s does not hold the key that the keyring has as %.63s",
                               signer->key_file, signer->key_id)
                     : 0;
}

static int publish_again(const struct resending *resending, const struct desk_letter *letter,
                         const struct cupbearer_record *record, struct resent *out, struct err *err)
{
    out->partition = home_of(letter->rules, letter->opened->record.key);
    if (publish_record(resending->job->publisher, resending->desk->config->events_topic, out->partition, record,
                       "run it again, it sends nothing twice", &out->offset, err) != 0)
        return -1;
    resending->job->sent++;
    out->sent = true;
    return 0;
}

static int send_again(const struct resending *resending, const struct desk_letter *letter, struct resent *out,
                      struct err *err)
{
    const struct resend_job *job = resending->job;
    struct cupbearer_record *record = NULL;
    enum outcome outcome = OUTCOME_NONE;
    if (!job->dry_run)
        pace(job);
    if (!resend_is_remembered(letter->told, clock_now().wall.ms)) {
        out->verdict = RESEND_MAY_BE_SHOWN;
        return 0;
    }
    int result = job->signer->key == NULL ? 0 : sign_again(job->signer, letter->opened, &record, err);
    if (result == 0 && record != NULL)
        result = judge_again(job->signer, letter->rules, record, &outcome, &out->refused, err);
    if (result == 0 && outcome != OUTCOME_NONE) {
        out->verdict = RESEND_REFUSED;
        out->detail = &out->refused;
    } else if (result == 0 && !job->dry_run) {
        result = publish_again(resending, letter, record, out, err);
    }
    cupbearer_record_free(record);
    return result;
}

static int resend_take(void *context, const struct desk_letter *letter, struct err *err)
{
    struct resending *resending = context;
    struct resend_job *job = resending->job;
    struct progress *progress = &resending->desk->progress;
    struct resent resent = {.verdict = letter->verdict, .detail = &letter->opened->detail};
    int result = letter->verdict == RESEND_YES ? send_again(resending, letter, &resent, err) : 0;
    progress_hide(progress);
    if (result == 0)
        desk_sums_add(&job->sums, resent.verdict);
    if (!job->json)
        tell(letter, &resent, result != 0);
    else if (result == 0)
        tell_json(letter, &resent);
    fflush(stdout);
    progress->what = job->dry_run ? "looking" : "sending again";
    progress_step(progress);
    return result;
}

int resend_run(struct desk *desk, struct resend_job *job, struct err *err)
{
    struct resending resending = {desk, job};
    desk->take = resend_take;
    desk->context = &resending;
    int result = desk_read(desk, err);
    if (!job->json && (result == 0 || job->sent > 0))
        desk_sums_print(&job->sums, job->dry_run ? NULL : "sent again");
    struct span id = desk->rules.event_id;
    if (result == 0 && id.data != NULL && job->sums.letters == 0)
        return err_set(err, ERR_NO,
                       "no dead letter of %.*s was chosen; one that was rejected as expired needs --expired, one in another "
                       "partition --wrong-partition; cupbearer dead show tells what there is of it",
                       SPAN_ARGS(id));
    return result;
}
