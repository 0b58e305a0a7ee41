#include "cmd/why/remarks.h"

#include <stdio.h>

#include "cmd/why/time.h"

struct sayer {
    void (*say)(void *context, const char *sentence);
    void *context;
};

__attribute__((format(printf, 2, 3))) static void said(const struct sayer *sayer, const char *format, ...)
{
    char sentence[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    sayer->say(sayer->context, sentence);
}

int64_t why_kept_from_ms(const struct life *life)
{
    int64_t from_ms = -1;
    for (size_t i = 0; i < life->partition_count; i++) {
        const struct life_partition *one = &life->partitions[i];
        if (one->log_begin > 0 && one->begin == one->log_begin && one->first_ms > from_ms)
            from_ms = one->first_ms;
    }
    return from_ms;
}

/* "receipts of partitions 1, 2 and 5 more: WHY": notes that say the same stand together. */
static void notes_say(const struct sayer *sayer, const struct why_reading *reading)
{
    for (size_t i = 0, next; i < reading->note_count; i = next) {
        const struct why_note *first = &reading->notes[i];
        struct buf line;
        buf_init(&line, 512);
        for (next = i; next < reading->note_count && reading->notes[next].what == first->what &&
                       strcmp(reading->notes[next].why, first->why) == 0;
             next++)
            if (next - i < 8)
                buf_printf(&line, "%s%d", next == i ? "" : ", ", (int)reading->notes[next].partition);
        if (next - i > 8)
            buf_printf(&line, " and %zu more", next - i - 8);
        if (first->partition < 0)
            said(sayer, "not read: %s: %s", first->what, first->why);
        else
            said(sayer, "not read: %s of partition%s %s: %s", first->what, next - i == 1 ? "" : "s", line.data, first->why);
        buf_done(&line);
    }
}

static void span_say(const struct sayer *sayer, const struct why_told *told)
{
    const struct life *life = told->life;
    uint64_t count = 0;
    bool cut = false;
    char from[WHY_TIME_SIZE];
    for (size_t i = 0; i < life->partition_count; i++) {
        const struct life_partition *one = &life->partitions[i];
        count += one->end > one->begin ? (uint64_t)(one->end - one->begin) : 0;
        cut = cut || one->begin > one->log_begin || one->end < one->log_end;
    }
    if (life->partition_count == 1)
        said(sayer, "read: partition %d of %d, from offset %lld to before %lld%s", (int)life->partitions[0].id,
             (int)told->partition_count, (long long)life->partitions[0].begin, (long long)life->partitions[0].end,
             cut ? "; not all that is there" : "");
    else
        said(sayer, "read: %zu of %d partitions, %llu offsets%s", life->partition_count, (int)told->partition_count,
             (unsigned long long)count, cut ? "; not all that is there" : "");
    int64_t from_ms = why_kept_from_ms(life);
    if (from_ms < 0)
        return;
    why_time(from, from_ms);
    said(sayer, "older records were deleted: all that was published since %s is there", from);
}

void why_remarks(const struct why_told *told, void (*say)(void *context, const char *sentence), void *context)
{
    const struct life *life = told->life;
    const struct sayer sayer = {say, context};
    size_t forged = 0;
    for (size_t i = 0; i < life->moment_count && life->event_count > 0; i++)
        forged += life->moments[i].kind == LIFE_RECORD && life->moments[i].event == LIFE_NO_EVENT;
    if (forged > 0)
        said(&sayer, "%zu record%s with this id %s not authentic: who wrote %s is not known, and nothing of the event was changed by %s",
             forged, forged == 1 ? "" : "s", forged == 1 ? "is" : "are", forged == 1 ? "it" : "them", forged == 1 ? "it" : "them");
    if (life->none != LIFE_VERDICTS)
        span_say(&sayer, told);
    if (life->none != LIFE_VERDICTS && !event_id_is_valid(life->rules.event_id))
        said(&sayer, "no event can have this id: ids are 1 to %d characters of A-Z a-z 0-9 _ - : ~", ENVELOPE_ID_MAX);
    if (life->of_others > 0)
        said(&sayer, "left out: %llu record%s with this id of other accounts or recipients", (unsigned long long)life->of_others,
             life->of_others == 1 ? "" : "s");
    if (life->left_out > 0)
        said(&sayer, "left out: %llu more records, receipts and dead letters with this id, for there are too many; --account and --recipient tell fewer", (unsigned long long)life->left_out);
    if (life->foreign > 0)
        said(&sayer, "ignored: %llu record%s of the receipts topic that name%s this id, without a good cupbearer-mac: no worker of "
                     "this mark secret wrote %s", (unsigned long long)life->foreign, life->foreign == 1 ? "" : "s",
             life->foreign == 1 ? "s" : "", life->foreign == 1 ? "it" : "them");
    if (life->other_version > 0)
        said(&sayer, "ignored: %llu receipt%s of another version of cupbearer", (unsigned long long)life->other_version,
             life->other_version == 1 ? "" : "s");
    notes_say(&sayer, told->reading);
}
