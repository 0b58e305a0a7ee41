#include "cmd/tail/choice.h"

#include "base/nearest.h"
#include "event/recipient.h"

static int take_outcome(struct choice *choice, struct span word, struct err *err)
{
    struct nearest nearest;
    bool found = false;
    nearest_init(&nearest, word);
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
        const char *names[] = {outcome_word((enum outcome)i), outcome_reason((enum outcome)i)};
        for (size_t j = 0; j < 2 && names[j][0] != 0; j++) {
            nearest_offer(&nearest, span_of(names[j]), names[j]);
            if (!span_equal(word, span_of(names[j])))
                continue;
            choice->outcomes[i] = found = true;
        }
    }
    const char *meant = nearest_thing(&nearest);
    if (found)
        return 0;
    if (meant != NULL)
        return err_set(err, ERR_USAGE, "--outcome: there is no '%.*s'; did you mean %s?", word.size > 60 ? 60 : (int)word.size,
                       word.data, meant);
    return err_set(err, ERR_USAGE,
                   "--outcome: there is no '%.*s': delivered, duplicate, rejected, failed, or a reason such as gave_up",
                   word.size > 60 ? 60 : (int)word.size, word.data);
}

int choice_take_outcomes(struct choice *choice, const char *list, struct err *err)
{
    struct span rest = span_of(list);
    choice->by_outcome = true;
    while (rest.data != NULL)
        if (take_outcome(choice, span_cut(&rest, ','), err) != 0)
            return -1;
    return 0;
}

static bool is_any_or(struct span wanted, struct span text)
{
    return wanted.data == NULL || (text.data != NULL && span_equal(wanted, text));
}

bool choice_has(const struct choice *choice, const struct receipt *receipt, struct span key)
{
    return (!choice->by_outcome || choice->outcomes[receipt->outcome]) && is_any_or(choice->account, receipt->account) &&
           is_any_or(choice->sender, receipt->sender) && is_any_or(choice->recipient, choice_recipient(key));
}

struct span choice_recipient(struct span key)
{
    struct span id = recipient_id(key);
    return id.data == NULL ? key : id;
}
