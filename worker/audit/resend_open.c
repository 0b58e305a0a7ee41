#include "audit/resend.h"

#include "receipt/dead_letter.h"

static const struct {
    enum resend_state state;
    const char *text;
} verdicts[] = {
#define RESEND(name, state, text) [RESEND_##name] = {RESEND_STATE_##state, text},
#include "audit/resend.def"
#undef RESEND
    [RESEND_NOT_CHOSEN] = {RESEND_STATES, "not asked for"},
};

static const struct {
    const char *word, *text;
} states[] = {
#define STATE(name, word, text) [RESEND_STATE_##name] = {word, text},
#include "audit/resend_state.def"
#undef STATE
};

const char *resend_text(enum resend_verdict verdict)
{
    return verdicts[verdict].text;
}

enum resend_state resend_state(enum resend_verdict verdict)
{
    return verdicts[verdict].state;
}

const char *resend_state_word(enum resend_state state)
{
    return states[state].word;
}

const char *resend_state_text(enum resend_state state)
{
    return states[state].text;
}

enum resend_state resend_state_find(struct span word)
{
    int state = 0;
    while (state < RESEND_STATES && !span_equal(span_of(states[state].word), word))
        state++;
    return (enum resend_state)state;
}

/* ---- what it is ---- */

static bool is_chosen(const struct resend_rules *rules, const struct resend_opened *opened)
{
    struct span key = opened->record.key;
    if (opened->source < 0 || !rules->outcomes[opened->outcome])
        return false;
    if (rules->one_place && rules->place != opened->source)
        return false;
    if (rules->event_id.data != NULL && !span_equal(record_header_last(&opened->record, HEADER_ID), rules->event_id))
        return false;
    /* The account is what a routing key begins with. */
    if (rules->account.data != NULL && !span_equal(span_cut(&key, '/'), rules->account))
        return false;
    if (rules->recipient.data == NULL)
        return true;
    key = opened->record.key;
    span_cut(&key, '/');
    return key.data != NULL && span_equal(key, rules->recipient);
}

/* What a sender can do nothing about, and sending again can. */
static bool may_be_sent(enum outcome outcome)
{
    return outcome_is_failed(outcome) || outcome == OUTCOME_EXPIRED || outcome == OUTCOME_WRONG_PARTITION;
}

static enum resend_verdict judge_opened(const struct resend_rules *rules, struct resend_opened *out)
{
    enum outcome outcome = event_open(&out->event, &out->record, &rules->event, &out->detail);
    if (rules->from.data != NULL && (!out->event.authentic || !span_equal(span_of(out->event.entry->sender), rules->from)))
        return RESEND_NOT_CHOSEN;
    if (!out->event.authentic)
        return RESEND_NOT_AUTHENTIC;
    if (!may_be_sent(out->outcome))
        return RESEND_REJECTED;
    if (outcome != OUTCOME_NONE)
        return RESEND_REFUSED;
    if (out->event.entry->revoked)
        return RESEND_KEY_REVOKED;
    if (rules->sender.data != NULL && !span_equal(span_of(out->event.entry->sender), rules->sender))
        return RESEND_OTHER_SENDER;
    return RESEND_YES;
}

enum resend_verdict resend_open(const struct resend_rules *rules, const struct record *letter,
                                struct header *own, struct resend_opened *out)
{
    *out = (struct resend_opened){
        .record = *letter,
        .source = dead_letter_offset(record_header_last(letter, DEAD_LETTER_SOURCE), rules->ledger.events_topic,
                                     rules->ledger.partition),
        .outcome = dead_letter_outcome(record_header_last(letter, DEAD_LETTER_REASON)),
    };
    out->record.headers = own;
    out->record.header_count = dead_letter_own_headers(letter, own);
    if (!is_chosen(rules, out))
        return RESEND_NOT_CHOSEN;
    if (record_header_last(letter, DEAD_LETTER_VALUE_SIZE).data != NULL)
        return rules->from.data != NULL ? RESEND_NOT_CHOSEN : RESEND_NO_VALUE;
    return judge_opened(rules, out);
}

void resend_opened_done(struct resend_opened *opened)
{
    event_done(&opened->event);
}
