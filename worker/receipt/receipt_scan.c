#include <stdint.h>

#include "base/json_scan.h"
#include "receipt/receipt.h"

#define NOT_THERE SIZE_MAX

/* Where the value of a member goes: one of the two. */
struct member {
    struct span name;
    struct span *text;
    size_t *number;
};

static bool scan_value(struct json_scan *scan, const struct member *members, size_t count, struct span name)
{
    size_t i = 0;
    while (i < count && !span_equal(members[i].name, name))
        i++;
    if (i == count) {
        json_scan_skip(scan);
        return true;
    }
    if (members[i].number != NULL)
        return json_scan_count(scan, members[i].number);
    return json_scan_string(scan, members[i].text) && members[i].text->data != NULL;
}

bool receipt_scan(struct span json, struct receipt *out)
{
    struct json_scan scan;
    struct span name, outcome = SPAN_NONE, reason = SPAN_NONE;
    size_t partition = NOT_THERE, offset = NOT_THERE, record_timestamp = NOT_THERE, admitted_at = NOT_THERE,
           finished_at = NOT_THERE, attempts = NOT_THERE, signed_at = 0;
    *out = (struct receipt){0};
    const struct member members[] = {
        {SPAN("event_id"), &out->event_id, NULL},  {SPAN("sender"), &out->sender, NULL},
        {SPAN("account"), &out->account, NULL},    {SPAN("outcome"), &outcome, NULL},
        {SPAN("reason"), &reason, NULL},           {SPAN("detail"), &out->detail, NULL},
        {SPAN("topic"), &out->topic, NULL},        {SPAN("partition"), NULL, &partition},
        {SPAN("offset"), NULL, &offset},           {SPAN("record_timestamp"), NULL, &record_timestamp},
        {SPAN("admitted_at"), NULL, &admitted_at}, {SPAN("finished_at"), NULL, &finished_at},
        {SPAN("signed_at"), NULL, &signed_at},     {SPAN("attempts"), NULL, &attempts},
    };
    json_scan_init(&scan, json, 4);
    if (json.size > RECEIPT_SIZE_MAX || !json_scan_object(&scan))
        return false;
    while (json_scan_member(&scan, &name))
        if (!scan_value(&scan, members, sizeof(members) / sizeof(members[0]), name))
            return false;
    out->outcome = outcome_find(outcome, reason);
    out->partition = (int32_t)partition;
    out->offset = (int64_t)offset;
    out->record_timestamp_ms = (int64_t)record_timestamp;
    out->admitted_at_ms = (int64_t)admitted_at;
    out->finished_at_ms = (int64_t)finished_at;
    out->signed_at_s = (int64_t)signed_at;
    out->attempts = (unsigned)attempts;
    return json_scan_is_done(&scan) && out->outcome != OUTCOME_NONE && out->topic.data != NULL &&
           partition <= INT32_MAX && offset <= INT64_MAX && record_timestamp <= INT64_MAX &&
           admitted_at <= INT64_MAX && finished_at <= INT64_MAX && signed_at <= INT64_MAX &&
           attempts <= UINT32_MAX;
}
