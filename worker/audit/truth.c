#include "audit/truth.h"

enum outcome truth_of(const struct record *record, const struct truth_rules *rules)
{
    struct event event;
    struct detail detail;
    enum outcome found = event_open(&event, record, &rules->event, &detail);
    if (found == OUTCOME_NONE)
        found = event_judge(event.entry, event.envelope.timestamp_s, event.payload.ttl_s,
                            record->timestamp_ms, &detail);
    event_done(&event);
    return found;
}

/* How many of the checks of the record alone it has passed; they are made in the table's order. */
static int checks_passed(enum outcome outcome)
{
    return outcome >= OUTCOME_MALFORMED_HEADERS && outcome <= OUTCOME_WRONG_PARTITION ? (int)outcome
                                                                                      : OUTCOME_COUNT;
}

static bool is_of_its_bytes(enum outcome outcome)
{
    return outcome == OUTCOME_MALFORMED_HEADERS || outcome == OUTCOME_BAD_SIGNATURE ||
           outcome == OUTCOME_BAD_PAYLOAD || outcome == OUTCOME_WRONG_ROUTING_KEY;
}

static bool is_of_its_time(enum outcome outcome)
{
    return outcome == OUTCOME_EXPIRED || outcome == OUTCOME_EXPIRES_TOO_LATE;
}

bool truth_denies(const struct truth_rules *rules, enum outcome found, enum outcome told)
{
    int of_record = checks_passed(found), of_receipt = checks_passed(told);
    if (of_record != of_receipt)
        return is_of_its_bytes(of_record < of_receipt ? found : told);
    return rules->stamps_are_brokers && is_of_its_time(told) && found != told &&
           (found == OUTCOME_NONE || is_of_its_time(found));
}
