#include "audit/life_judge.h"

#include "audit/deviation.h"

static const struct {
    const char *word;
    enum life_level level;
    const char *text, *advice;
} verdicts[LIFE_VERDICTS] = {
#define LIFE(name, word, level, text, advice) [LIFE_##name] = {word, LIFE_LEVEL_##level, text, advice},
#include "audit/life.def"
#undef LIFE
};

const char *life_word(enum life_verdict verdict, enum outcome outcome)
{
    return verdict == LIFE_ENDED ? outcome_word(outcome) : verdicts[verdict].word;
}

const char *life_text(enum life_verdict verdict, enum outcome outcome)
{
    return verdict == LIFE_ENDED ? outcome_text(outcome) : verdicts[verdict].text;
}

/* What an audit calls by the same name has its advice. */
const char *life_advice(enum life_verdict verdict, enum outcome outcome)
{
    if (verdict == LIFE_ENDED)
        return outcome_advice(outcome);
    if (verdict == LIFE_NO_OUTCOME)
        return deviation_advice(DEVIATION_NO_OUTCOME);
    if (verdict == LIFE_NOT_SHOWN)
        return deviation_advice(DEVIATION_NOT_SHOWN);
    if (verdict == LIFE_SHOWN)
        return deviation_advice(DEVIATION_SHOWN);
    return verdicts[verdict].advice;
}

enum life_level life_level_of(enum life_verdict verdict)
{
    return verdict == LIFE_VERDICTS ? LIFE_LEVEL_FINE : verdicts[verdict].level;
}

/* ---- one event ---- */

static const struct life_partition *partition_of(const struct life *life, int32_t id)
{
    size_t i = 0;
    while (life->partitions[i].id != id)
        i++;
    return &life->partitions[i];
}

/* What to say of a record that has no receipt. */
static enum life_verdict without_receipt(const struct life *life, const struct life_moment *record, bool other_version)
{
    const struct life_partition *partition = partition_of(life, record->partition);
    if (partition->unserved)
        return LIFE_UNSERVED;
    if (!partition->receipts_read || (life->receipts_left_out && record->offset < partition->committed))
        return LIFE_NOT_READ;
    if (!partition->committed_known)
        return LIFE_UNSETTLED;
    if (record->offset >= partition->committed)
        return LIFE_WAITING;
    if (other_version)
        return LIFE_OTHER_VERSION;
    if (life->foreign > 0)
        return LIFE_FOREIGN_ONLY;
    return record->time_ms < partition->receipts_from_ms ? LIFE_RECEIPT_GONE : LIFE_NO_OUTCOME;
}

/* Whether a receipt decides rather than another. What was signed later does; of one signature that which was judged first, or
 * whoever publishes a good record again could change what is told of it; but what was taken rather than what was rejected, for that
 * may be such a one, into another partition, while the event itself still waited. */
static bool receipt_decides(const struct life_moment *one, const struct life_moment *other)
{
    if (other == NULL)
        return true;
    if (one->partition == other->partition && one->of_offset == other->of_offset)
        return outcome_outweighs(one->outcome, other->outcome);
    if (one->outcome == OUTCOME_DELIVERED || other->outcome == OUTCOME_DELIVERED)
        return other->outcome != OUTCOME_DELIVERED;
    if (one->signed_at_s == other->signed_at_s && outcome_is_rejected(one->outcome) != outcome_is_rejected(other->outcome))
        return outcome_is_rejected(other->outcome);
    return one->signed_at_s > other->signed_at_s;
}

/* The same of records without a receipt. One of the same signature as what was rejected may still be taken: that left no trace. */
static bool record_decides(const struct life_moment *record, const struct life_moment *receipt)
{
    if (receipt == NULL)
        return true;
    if (receipt->outcome == OUTCOME_DELIVERED || record->signed_at_s < receipt->signed_at_s)
        return false;
    return record->signed_at_s > receipt->signed_at_s || outcome_is_rejected(receipt->outcome);
}

struct gathered {
    const struct life_moment *receipt, *record, *letter, *repeats; /* that which decides */
};

static struct gathered event_gather(const struct life *life, size_t event)
{
    struct gathered gathered = {0};
    for (size_t i = 0; i < life->moment_count; i++) {
        const struct life_moment *moment = &life->moments[i];
        if (moment->event != event || moment->untruthful)
            continue;
        if (moment->kind == LIFE_LETTER)
            gathered.letter = moment;
        else if (moment->kind == LIFE_RECEIPT && moment->outcome == OUTCOME_DUPLICATE)
            gathered.repeats = moment;
        else if (moment->kind == LIFE_RECEIPT && receipt_decides(moment, gathered.receipt))
            gathered.receipt = moment;
        else if (moment->kind == LIFE_RECORD && !moment->receipted &&
                 (gathered.record == NULL || moment->signed_at_s > gathered.record->signed_at_s))
            gathered.record = moment;
    }
    return gathered;
}

static enum life_verdict event_decide(const struct life *life, const struct gathered *all, bool other_version,
                                      const struct life_moment **by, enum outcome *outcome)
{
    *by = all->record;
    *outcome = OUTCOME_NONE;
    if (all->record != NULL && record_decides(all->record, all->receipt))
        return without_receipt(life, all->record, other_version);
    *by = all->receipt;
    if (all->receipt != NULL) {
        *outcome = all->receipt->outcome;
        return *outcome == OUTCOME_DELIVERED ? LIFE_DELIVERED : LIFE_ENDED;
    }
    *by = all->repeats != NULL ? all->repeats : all->letter;
    return all->repeats != NULL ? LIFE_REPEATS : all->letter != NULL ? LIFE_LETTER_ONLY : LIFE_OTHER_VERSION;
}

/* One of another signature may be another message: what was corrected since, or what was before that and was published again by
 * whoever has read it. */
static size_t record_held(const struct life *life, size_t event, const struct life_moment *by)
{
    size_t held = SIZE_MAX;
    for (size_t i = 0; i < life->moment_count; i++) {
        const struct life_moment *moment = &life->moments[i];
        if (moment->kind != LIFE_RECORD || moment->event != event)
            continue;
        if (by != NULL && moment->partition == by->partition && moment->offset == by->of_offset)
            return i;
        if (by != NULL && by->signed_at_s != 0 && by->signed_at_s != moment->signed_at_s)
            continue;
        if (held == SIZE_MAX || moment->signed_at_s > life->moments[held].signed_at_s)
            held = i;
    }
    return held;
}

static void event_judge_it(struct life *life, size_t index)
{
    struct life_event *event = &life->events[index];
    const struct life_moment *by;
    struct gathered all = event_gather(life, index);
    event->verdict = event_decide(life, &all, event->other_version, &by, &event->outcome);
    event->partition = by == NULL ? -1 : by->partition;
    event->offset = by == NULL ? -1 : by->of_offset;
    event->held_record = record_held(life, index, by);
}

/* Which record repeats another, which was sent again. */
static void event_mark(struct life *life, size_t index)
{
    bool first = true;
    const struct life_moment *ended = NULL;
    for (size_t i = 0; i < life->moment_count; i++) {
        struct life_moment *moment = &life->moments[i];
        if (moment->event != index)
            continue;
        if (moment->kind == LIFE_RECEIPT && moment->outcome != OUTCOME_DUPLICATE && moment->outcome != OUTCOME_DELIVERED)
            ended = moment;
        if (moment->kind != LIFE_RECORD)
            continue;
        moment->repeated = !first;
        moment->sent_again = ended != NULL && moment->signed_at_s > ended->signed_at_s;
        first = false;
    }
}

/* ---- what is of no event ---- */

static void forged_judge(struct life *life)
{
    struct gathered all = event_gather(life, LIFE_NO_EVENT);
    const struct life_moment *by;
    if (life->event_count > 0 || (all.receipt == NULL && all.record == NULL && all.letter == NULL))
        return;
    life->forged = event_decide(life, &all, false, &by, &life->forged_outcome);
}

static bool none_was_cut(const struct life *life)
{
    bool cut = life->rules.narrowed;
    for (size_t i = 0; i < life->partition_count; i++)
        cut = cut || life->partitions[i].begin > life->partitions[i].log_begin ||
              life->partitions[i].end < life->partitions[i].log_end;
    return cut;
}

static enum life_verdict none_judge(const struct life *life)
{
    bool read = true, deleted = false, unread = false;
    for (size_t i = 0; i < life->partition_count; i++) {
        const struct life_partition *one = &life->partitions[i];
        read = read && one->events_read && (one->receipts_read || one->unserved);
        deleted = deleted || one->log_begin > 0;
        unread = unread ||
                 (one->log_begin > 0 && !one->unserved && one->committed_known && one->committed < one->log_begin);
    }
    return !read                ? LIFE_NOTHING_READ
           : none_was_cut(life) ? LIFE_CUT
           : unread             ? LIFE_MAYBE_DROPPED
           : deleted            ? LIFE_RETENTION
                                : LIFE_NOT_FOUND;
}

void life_judge(struct life *life)
{
    for (size_t i = 0; i < life->event_count; i++) {
        event_judge_it(life, i);
        event_mark(life, i);
    }
    forged_judge(life);
    if (life->event_count == 0 && life->forged == LIFE_VERDICTS)
        life->none = none_judge(life);
}

/* ---- Papercups ---- */

static enum life_verdict shown_there(const struct life_event *event, bool whole)
{
    enum life_level level = life_level_of(event->verdict);
    if (event->verdict == LIFE_WAITING)
        return LIFE_WAITING;
    if (event->verdict == LIFE_DELIVERED || level == LIFE_LEVEL_UNTOLD)
        return whole ? LIFE_DELIVERED : LIFE_CHANGED;
    return LIFE_SHOWN;
}

void life_shown(struct life *life, size_t index, enum shown found, bool whole)
{
    struct life_event *event = &life->events[index];
    event->looked_for = true;
    event->shown = found;
    if (found == SHOWN_THERE)
        event->verdict = shown_there(event, whole);
    else if (found == SHOWN_ABSENT && event->verdict == LIFE_DELIVERED)
        event->verdict = LIFE_NOT_SHOWN;
}

enum life_level life_level(const struct life *life)
{
    enum life_level worst = life_level_of(life->none), one = life_level_of(life->forged);
    worst = one > worst ? one : worst;
    if (life->events_left_out && worst == LIFE_LEVEL_FINE)
        worst = LIFE_LEVEL_UNTOLD;
    for (size_t i = 0; i < life->event_count; i++) {
        const struct life_event *event = &life->events[i];
        one = life_level_of(event->verdict);
        if (one == LIFE_LEVEL_FINE && event->looked_for && event->shown == SHOWN_NOT_READ)
            one = LIFE_LEVEL_UNTOLD;
        worst = one > worst ? one : worst;
    }
    for (size_t i = 0; i < life->moment_count; i++)
        worst = life->moments[i].untruthful ? LIFE_LEVEL_WRONG : worst;
    for (size_t i = 0; i < life->partition_count; i++) {
        const struct life_partition *partition = &life->partitions[i];
        bool read = partition->events_read && (partition->unserved || (partition->receipts_read && partition->letters_read));
        one = read ? LIFE_LEVEL_FINE : LIFE_LEVEL_UNTOLD;
        worst = one > worst ? one : worst;
    }
    return worst;
}
