#include <stdint.h>

#include "base/json_scan.h"
#include "receipt/receipt.h"

#define NOT_THERE SIZE_MAX

/* Where the value of a member goes: one of the two. */
struct scan_member {
    struct span name;
    struct span *text;
    size_t *number;
};

static bool scan_value(struct json_scan *scan, const struct scan_member *members, size_t count, struct span name)
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
    struct span name, word = SPAN_NONE, reason = SPAN_NONE;
    bool good = true;
#define RECEIPT_NUMBER(name, member, type, least, most) size_t member = NOT_THERE;
#define RECEIPT_OPTIONAL(name, member, type, least)     size_t member = 0;
#include "receipt/receipt_member.def"
    *out = (struct receipt){0};
    const struct scan_member members[] = {
#define RECEIPT_WORD(name, part)                        {SPAN(name), &part, NULL},
#define RECEIPT_TEXT(name, member)                      {SPAN(name), &out->member, NULL},
#define RECEIPT_NUMBER(name, member, type, least, most) {SPAN(name), NULL, &member},
#define RECEIPT_OPTIONAL(name, member, type, least)     {SPAN(name), NULL, &member},
#include "receipt/receipt_member.def"
    };
    json_scan_init(&scan, json, 4);
    if (json.size > RECEIPT_SIZE_MAX || !json_scan_object(&scan))
        return false;
    while (json_scan_member(&scan, &name))
        if (!scan_value(&scan, members, sizeof(members) / sizeof(members[0]), name))
            return false;
#define RECEIPT_NUMBER(name, member, type, least, most)                                                      \
    good = good && member <= most;                                                                           \
    out->member = (type)member;
#define RECEIPT_OPTIONAL(name, member, type, least) RECEIPT_NUMBER(name, member, type, least, INT64_MAX)
#include "receipt/receipt_member.def"
    out->outcome = outcome_find(word, reason);
    return good && json_scan_is_done(&scan) && out->outcome != OUTCOME_NONE && out->topic.size > 0;
}
