#include "template/placeholder.h"

#include "base/utf8.h"
#include "template/link.h"

#define TEXT_MAX   200 /* characters */
#define NUMBER_MAX 40

bool placeholder_type_read(struct span word, enum placeholder_type *out)
{
    static const char *const words[] = {
        [PLACEHOLDER_TEXT] = "text", [PLACEHOLDER_NUMBER] = "number", [PLACEHOLDER_URL] = "url"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (span_equal(word, span_of(words[i]))) {
            *out = (enum placeholder_type)i;
            return true;
        }
    }
    return false;
}

/* A text's spaces at its ends mean nothing, and four of them would mean code. */
static struct span text_trim(struct span text)
{
    while (text.size > 0 && text.data[0] == ' ')
        text = span_skip(text, 1);
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

static int text_check(struct span text, struct err *err)
{
    text = text_trim(text);
    for (size_t at = 0; at < text.size;) {
        int32_t point = utf8_next(text, &at);
        if (point < 0)
            return err_set(err, ERR_USAGE, "is not UTF-8");
        if (point == '\n' || point == '\r')
            return err_set(err, ERR_USAGE, "has more than one line: a text placeholder takes one");
        if (utf8_invisible(point))
            return err_set(err, ERR_USAGE,
                           "holds a control, bidirectional or zero-width character (U+%04X): take it out",
                           (unsigned)point);
    }
    size_t length = utf8_length(text);
    if (length == 0)
        return err_set(err, ERR_USAGE, "is empty: give it 1 to %d characters", TEXT_MAX);
    if (length > TEXT_MAX)
        return err_set(err, ERR_USAGE, "has %zu characters; a text placeholder takes 1 to %d", length,
                       TEXT_MAX);
    return 0;
}

static bool number_is_valid(struct span number)
{
    if (number.size > NUMBER_MAX)
        return false;
    if (span_starts(number, SPAN("-")))
        number = span_skip(number, 1);
    struct span fraction = number, whole = span_cut(&fraction, '.');
    return whole.size > 0 && span_only(whole, "0123456789") &&
           (fraction.data == NULL || (fraction.size > 0 && span_only(fraction, "0123456789")));
}

int placeholder_check(enum placeholder_type type, struct span value, const struct template_rules *rules,
                      struct err *err)
{
    if (type == PLACEHOLDER_URL)
        return link_check(value, rules, err);
    if (type == PLACEHOLDER_TEXT)
        return text_check(value, err);
    if (!number_is_valid(value))
        return err_set(err, ERR_USAGE, "is no number such as 12, -3 or 4.50, of at most %d characters",
                       NUMBER_MAX);
    return 0;
}

static bool is_word(struct span text, size_t at)
{
    unsigned char c = at < text.size ? (unsigned char)text.data[at] : 0;
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c >= 0x80;
}

static bool is_digit(struct span text, size_t at)
{
    return at < text.size && text.data[at] >= '0' && text.data[at] <= '9';
}

/* What Papercups' parser does not take a backslash before gets an entity, which all of them know. What means something
 * only at the edge of a word stays as it is inside of one: agents see some messages unrendered too. */
static void text_write_character(struct buf *out, struct span text, size_t at)
{
    char c = text.data[at];
    bool inside = at > 0 && is_word(text, at - 1) && is_word(text, at + 1);
    bool spaced = at + 1 < text.size && text.data[at + 1] == ' ';
    if (strchr("\\`*{}[]()#+!_>~|", c) != NULL || (c == '-' && !inside) ||
        (c == '.' && (!inside || (text.data[at - 1] | 0x20) == 'w')))
        buf_printf(out, "\\%c", c);
    else if (c == '<')
        buf_add_text(out, "&lt;");
    else if (c == '&' && !spaced)
        buf_add_text(out, "&amp;");
    else if (c == '=' && at == 0)
        buf_add_text(out, "&#61;");
    else if (c == ':' && !spaced && !(at > 0 && is_digit(text, at - 1) && is_digit(text, at + 1)))
        buf_add_text(out, "&#58;"); /* https:// would be a link, without brackets */
    else
        buf_add(out, &c, 1);
}

void placeholder_write(struct buf *out, enum placeholder_type type, struct span value,
                       enum placeholder_place place)
{
    if (type == PLACEHOLDER_URL) {
        if (place == PLACE_TEXT)
            buf_add_text(out, "<");
        link_write(out, value, place != PLACE_PLAIN);
        if (place == PLACE_TEXT)
            buf_add_text(out, ">");
        return;
    }
    struct span text = text_trim(value);
    if (type == PLACEHOLDER_NUMBER || place == PLACE_PLAIN) {
        buf_add_span(out, text);
        return;
    }
    for (size_t i = 0; i < text.size; i++)
        text_write_character(out, text, i);
}
