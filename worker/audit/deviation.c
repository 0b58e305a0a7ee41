#include "audit/deviation.h"

#include <stdlib.h>

#include "base/mem.h"

void deviations_add(struct deviations *deviations, const struct deviation *one)
{
    if (deviations->count == deviations->capacity) {
        deviations->capacity = deviations->capacity == 0 ? 16 : deviations->capacity * 2;
        deviations->list = mem_grow(deviations->list, deviations->capacity, sizeof(*deviations->list));
    }
    deviations->list[deviations->count++] = *one;
}

static int deviation_order(const void *a, const void *b)
{
    const struct deviation *left = a, *right = b;
    if (left->offset != right->offset)
        return left->offset < right->offset ? -1 : 1;
    return left->kind < right->kind ? -1 : left->kind > right->kind;
}

void deviations_sort(struct deviations *deviations)
{
    if (deviations->count > 0)
        qsort(deviations->list, deviations->count, sizeof(*deviations->list), deviation_order);
}

void deviations_done(struct deviations *deviations)
{
    free(deviations->list);
    *deviations = (struct deviations){0};
}

static const struct {
    const char *word, *advice;
} kinds[DEVIATION_COUNT] = {
#define DEVIATION(name, word, advice) [DEVIATION_##name] = {word, advice},
#include "audit/deviation.def"
#undef DEVIATION
};

const char *deviation_word(enum deviation_kind kind)
{
    return kinds[kind].word;
}

const char *deviation_advice(enum deviation_kind kind)
{
    return kinds[kind].advice;
}

static void tell_outcome(struct buf *out, enum outcome outcome)
{
    buf_add_text(out, outcome_word(outcome));
    if (outcome_reason(outcome)[0] != 0)
        buf_printf(out, " (%s)", outcome_reason(outcome));
}

static const char *letter_reason(enum outcome outcome)
{
    return outcome == DEVIATION_REASON_UNKNOWN ? "something else" : outcome_reason(outcome);
}

void deviation_tell(struct buf *out, const struct deviation *d)
{
    switch (d->kind) {
    case DEVIATION_NO_OUTCOME:
        buf_add_text(out, "no receipt, and the group's offset is beyond it");
        if (d->other_outcome != OUTCOME_NONE)
            buf_printf(out, "; its dead letter says %s", letter_reason(d->other_outcome));
        break;
    case DEVIATION_DELETED:
        if (d->other > d->offset)
            buf_printf(out, "this and what follows to offset %lld was deleted before it was settled",
                       (long long)d->other);
        else
            buf_add_text(out, "was deleted before it was settled");
        break;
    case DEVIATION_RECEIPTS_DISAGREE:
        buf_add_text(out, "its receipts disagree: ");
        tell_outcome(out, d->outcome);
        buf_add_text(out, " and ");
        tell_outcome(out, d->other_outcome);
        break;
    case DEVIATION_NO_DEAD_LETTER:
        tell_outcome(out, d->outcome);
        buf_add_text(out, ", and no dead letter names it");
        break;
    case DEVIATION_OTHER_DEAD_LETTER:
        tell_outcome(out, d->outcome);
        buf_printf(out, ", but its dead letter says %s", letter_reason(d->other_outcome));
        break;
    case DEVIATION_DELIVERED_TWICE:
        buf_printf(out, "delivered, and offset %lld, the same event, was delivered within the dedup window",
                   (long long)d->other);
        break;
    case DEVIATION_DUPLICATE_OF_NOTHING:
        buf_add_text(out, "duplicate, and no receipt says that this event was admitted before");
        break;
    case DEVIATION_NO_RECORD:
        buf_add_text(out, "a receipt says ");
        tell_outcome(out, d->outcome);
        buf_add_text(out, ", and the log has no record at this offset");
        break;
    case DEVIATION_REUSED_OFFSET:
        buf_add_text(out, "a receipt says ");
        tell_outcome(out, d->outcome);
        buf_add_text(out, " of a record with another time stamp, in whose place this one stands now");
        break;
    case DEVIATION_OTHER_RECORD:
        buf_add_text(out, "a receipt says ");
        tell_outcome(out, d->outcome);
        buf_add_text(out, " of this record, but its key or event id is another one");
        break;
    case DEVIATION_UNTRUTHFUL_RECEIPT:
        buf_add_text(out, "its receipt says ");
        tell_outcome(out, d->outcome);
        buf_add_text(out, d->other_outcome == OUTCOME_NONE ? ", but the record passes every check"
                                                           : ", but the record's own outcome is ");
        tell_outcome(out, d->other_outcome);
        break;
    case DEVIATION_COMMITTED_BEYOND:
        buf_printf(out,
                   "the group has committed this offset, and the log ends at %lld; was the topic made again?",
                   (long long)d->other);
        break;
    case DEVIATION_NOT_SHOWN:
        buf_add_text(out, "its receipt says delivered, and the message is in none of the customer's conversations");
        break;
    case DEVIATION_SHOWN:
        buf_add_text(out, "its receipt says ");
        tell_outcome(out, d->outcome);
        buf_add_text(out, ", and the message is in a conversation of the customer");
        break;
    case DEVIATION_COUNT:
        break;
    }
}
