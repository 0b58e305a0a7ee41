#include "event/outcome.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

static const struct {
    const char *word;
    const char *reason;
    const char *text;
    const char *advice;
} outcomes[OUTCOME_COUNT] = {
    [OUTCOME_NONE] = {"", "", "", ""},
#define OUTCOME(name, outcome, reason, text, advice) [OUTCOME_##name] = {outcome, reason, text, advice},
#include "event/outcome.def"
#undef OUTCOME
};

const char *outcome_word(enum outcome outcome)
{
    return outcomes[outcome].word;
}

const char *outcome_reason(enum outcome outcome)
{
    return outcomes[outcome].reason;
}

const char *outcome_text(enum outcome outcome)
{
    return outcomes[outcome].text;
}

const char *outcome_advice(enum outcome outcome)
{
    return outcomes[outcome].advice;
}

enum outcome outcome_find(struct span word, struct span reason)
{
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++)
        if (span_equal(word, span_of(outcomes[i].word)) && span_equal(reason, span_of(outcomes[i].reason)))
            return (enum outcome)i;
    return OUTCOME_NONE;
}

bool outcome_is_rejected(enum outcome outcome)
{
    return strcmp(outcome_word(outcome), "rejected") == 0;
}

bool outcome_is_failed(enum outcome outcome)
{
    return strcmp(outcome_word(outcome), "failed") == 0;
}

bool outcome_precedes_account(enum outcome outcome)
{
    return outcome == OUTCOME_MALFORMED_HEADERS || outcome == OUTCOME_UNKNOWN_KEY || outcome == OUTCOME_BAD_SIGNATURE ||
           outcome == OUTCOME_BAD_PAYLOAD;
}

bool outcome_has_dead_letter(enum outcome outcome)
{
    return outcome_is_rejected(outcome) || outcome_is_failed(outcome);
}

static int outcome_weight(enum outcome outcome)
{
    return outcome == OUTCOME_DELIVERED ? 3 : outcome == OUTCOME_UNKNOWN ? 2 : outcome != OUTCOME_NONE;
}

bool outcome_outweighs(enum outcome one, enum outcome other)
{
    return outcome_weight(one) > outcome_weight(other);
}

enum outcome detail_set(struct detail *detail, enum outcome outcome, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(detail->text, sizeof(detail->text), format, args);
    va_end(args);
    if (size >= (int)sizeof(detail->text))
        detail->text[utf8_whole(span_of(detail->text))] = 0;
    detail->place_size = 0;
    return outcome;
}

struct span detail_place(const struct detail *detail)
{
    return (struct span){detail->text, detail->place_size};
}

int detail_err(const struct detail *detail, struct err *err)
{
    err_set(err, ERR_USAGE, "%s", detail->text);
    return err_place(err, "%.*s", SPAN_ARGS(detail_place(detail)));
}
