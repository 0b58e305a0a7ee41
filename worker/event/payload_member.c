#include "event/payload_member.h"

#include <stdio.h>

#include "base/json.h"
#include "base/utf8.h"
#include "event/payload.h"

#define QUICK_REPLIES_MAX      10
#define QUICK_REPLY_TEXT_MAX   80
#define QUICK_REPLY_ACTION_MAX 255

struct payload_member member_of(const struct payload_member *parent, const char *name)
{
    const json_t *value = json_object_get(parent->value, name);
    return (struct payload_member){parent, name, json_is_null(value) ? NULL : value};
}

bool member_is_given(const struct payload_member *parent, const char *name)
{
    return member_of(parent, name).value != NULL;
}

static void member_path(const struct payload_member *member, struct buf *out)
{
    if (member->parent == NULL)
        return;
    member_path(member->parent, out);
    if (out->size > 0 && member->name[0] != '[')
        buf_add_text(out, ".");
    buf_add_text(out, member->name);
}

enum outcome bad_member(const struct payload_member *member, const char *name, const char *text,
                        struct detail *detail)
{
    struct buf path;
    buf_init(&path, 512);
    struct payload_member last = {member, name, NULL};
    member_path(name == NULL ? member : &last, &path);
    detail_set(detail, OUTCOME_BAD_PAYLOAD, "%s%s%s", path.size == 0 ? "the payload" : path.data,
               path.size == 0 ? " " : ": ", text);
    size_t size = strlen(detail->text);
    detail->place_size = (unsigned char)(path.size < size ? path.size : size);
    buf_done(&path);
    return OUTCOME_BAD_PAYLOAD;
}

/* Says what is wrong with a member whose name the sender chose: no more than 64 bytes of it, cut at a code point's end,
 * and a ? for what cannot be seen. */
static enum outcome bad_name(const struct payload_member *member, const char *name, const char *text,
                             struct detail *detail)
{
    struct span whole = {name, strlen(name) < 64 ? strlen(name) : 64};
    struct buf shown;
    whole.size = utf8_whole(whole);
    buf_init(&shown, 64);
    for (size_t at = 0; at < whole.size;) {
        size_t start = at;
        if (utf8_invisible(utf8_next(whole, &at)))
            buf_add_text(&shown, "?");
        else
            buf_add(&shown, name + start, at - start);
    }
    bad_member(member, shown.size == 0 ? "\"\"" : shown.data, text, detail);
    buf_done(&shown);
    return OUTCOME_BAD_PAYLOAD;
}

enum outcome member_object(const struct payload_member *member, const char *const known[], struct detail *detail)
{
    if (member->value == NULL)
        return bad_member(member, NULL, "is missing", detail);
    if (!json_is_object(member->value))
        return bad_member(member, NULL, "is not an object", detail);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)member->value, name, value)
    {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], name) != 0)
            i++;
        if (known[i] == NULL)
            return bad_name(member, name, "is not a member that format 1 knows", detail);
    }
    return OUTCOME_NONE;
}

static bool text_is_blank(struct span text)
{
    size_t at = 0;
    while (at < text.size) {
        int32_t point = utf8_next(text, &at);
        bool space = point == ' ' || (point >= 9 && point <= 13) || point == 0x85 || point == 0xa0 ||
                     point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x202f ||
                     point == 0x205f || point == 0x3000 || utf8_invisible(point);
        if (!space)
            return false;
    }
    return true;
}

static bool text_is_visible(struct span text)
{
    size_t at = 0;
    while (at < text.size)
        if (utf8_invisible(utf8_next(text, &at)))
            return false;
    return true;
}

enum outcome member_text(const struct payload_member *member, const struct member_text *rule, struct span *out,
                         struct detail *detail)
{
    if (member->value == NULL)
        return rule->required ? bad_member(member, NULL, "is missing", detail) : OUTCOME_NONE;
    if (!json_is_string(member->value))
        return bad_member(member, NULL, "is not a string", detail);
    struct span text = json_span(member->value);
    size_t length = utf8_length(text);
    char asked[64];
    if (length < rule->least || length > rule->most) {
        snprintf(asked, sizeof(asked), "has %zu characters; allowed are %zu to %zu", length, rule->least,
                 rule->most);
        return bad_member(member, NULL, asked, detail);
    }
    if (rule->not_blank && text_is_blank(text))
        return bad_member(member, NULL, "is blank", detail);
    if (rule->visible && !text_is_visible(text))
        return bad_member(member, NULL, "holds a control, bidirectional or zero-width character", detail);
    if (out != NULL)
        *out = text;
    return OUTCOME_NONE;
}

enum outcome member_integer(const struct payload_member *member, int64_t least, int64_t most, int64_t *out,
                            struct detail *detail)
{
    if (member->value == NULL)
        return OUTCOME_NONE;
    char asked[80];
    snprintf(asked, sizeof(asked), "is not a whole number from %lld to %lld (without fraction or exponent)",
             (long long)least, (long long)most);
    if (!json_is_integer(member->value) || json_integer_value(member->value) < least ||
        json_integer_value(member->value) > most)
        return bad_member(member, NULL, asked, detail);
    *out = json_integer_value(member->value);
    return OUTCOME_NONE;
}

enum outcome member_boolean(const struct payload_member *member, bool *out, struct detail *detail)
{
    if (member->value == NULL)
        return OUTCOME_NONE;
    if (!json_is_boolean(member->value))
        return bad_member(member, NULL, "is not true or false", detail);
    *out = json_is_true(member->value);
    return OUTCOME_NONE;
}

/* Names in a message's metadata to which Papercups or cupbearer give a meaning. */
static bool metadata_name_is_taken(const char *name)
{
    static const char *const prefixes[] = {"cupbearer", "ses_", "gmail_", "reminder"};
    static const char *const names[] = {"quick_replies", "disable_webhook_events", "is_reminder"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (span_starts(span_of(name), span_of(prefixes[i])))
            return true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

enum outcome member_metadata(const struct payload_member *member, bool of_message, const json_t **out,
                             struct detail *detail)
{
    if (member->value == NULL)
        return OUTCOME_NONE;
    if (!json_is_object(member->value))
        return bad_member(member, NULL, "is not an object", detail);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)member->value, name, value)
    {
        if (of_message && metadata_name_is_taken(name))
            return bad_name(member, name, "is a name that Papercups or cupbearer use themselves", detail);
    }
    struct buf compact;
    buf_init(&compact, METADATA_SIZE_MAX);
    json_write(&compact, member->value);
    bool too_long = compact.failed;
    buf_done(&compact);
    if (too_long)
        return bad_member(member, NULL, "is larger than 16 KiB", detail);
    if (out != NULL)
        *out = member->value;
    return OUTCOME_NONE;
}

void quick_reply_parts(const json_t *reply, struct span *text, struct span *action)
{
    const json_t *text_value = json_is_object(reply) ? json_object_get(reply, "text") : reply;
    const json_t *action_value = json_object_get(reply, "action");
    if (!json_is_string(action_value))
        action_value = text_value;
    *text = json_span(text_value);
    *action = json_span(action_value);
}

static enum outcome member_quick_reply(const struct payload_member *reply, struct detail *detail)
{
    static const char *const known[] = {"text", "action", NULL};
    const struct member_text shown = {
        .required = true, .least = 1, .most = QUICK_REPLY_TEXT_MAX, .not_blank = true};
    const struct member_text given = {.least = 1, .most = QUICK_REPLY_ACTION_MAX};
    if (json_is_string(reply->value))
        return member_text(reply, &shown, NULL, detail);
    if (!json_is_object(reply->value))
        return bad_member(reply, NULL, "is neither a text nor {\"text\", \"action\"}", detail);
    struct payload_member text = member_of(reply, "text"), action = member_of(reply, "action");
    enum outcome outcome = member_object(reply, known, detail);
    if (outcome == OUTCOME_NONE)
        outcome = member_text(&text, &shown, NULL, detail);
    if (outcome == OUTCOME_NONE)
        outcome = member_text(&action, &given, NULL, detail);
    return outcome;
}

enum outcome member_quick_replies(const struct payload_member *member, const json_t **out, struct detail *detail)
{
    if (member->value == NULL)
        return OUTCOME_NONE;
    if (!json_is_array(member->value) || json_array_size(member->value) > QUICK_REPLIES_MAX)
        return bad_member(member, NULL, "is not a list of up to 10", detail);
    struct span actions[QUICK_REPLIES_MAX];
    size_t count = json_array_size(member->value);
    for (size_t i = 0; i < count; i++) {
        char index[32];
        snprintf(index, sizeof(index), "[%zu]", i);
        struct payload_member reply = {member, index, json_array_get(member->value, i)};
        enum outcome outcome = member_quick_reply(&reply, detail);
        if (outcome != OUTCOME_NONE)
            return outcome;
        struct span text;
        quick_reply_parts(reply.value, &text, &actions[i]);
        for (size_t other = 0; other < i; other++)
            if (span_equal(actions[other], actions[i]))
                return bad_member(&reply, NULL, "has the same action as another", detail);
    }
    if (count > 0)
        *out = member->value;
    return OUTCOME_NONE;
}
