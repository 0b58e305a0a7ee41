#include "cmd/tail/line.h"

#include "base/json.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "cmd/escape.h"
#include "cmd/output.h"
#include "cmd/tail/choice.h"

#define DAY_MS         86400000
#define ACCOUNT_WIDTH  9
#define EVENT_ID_WIDTH 20
/* With UTC's time and outcomes' words, and a space behind each, what leaves room for a UUID as event id in 79 columns. */
#define RECIPIENT_WIDTH 13
#define RECIPIENT_MOST  36
#define NARROW          80 /* columns; of more than these the recipient gets half */

struct line {
    FILE *out;
    size_t left;    /* columns; SIZE_MAX: no end */
    size_t pending; /* spaces, before anything else */
};

/* How much of the text has room, and how many columns that takes. What may be wide counts as two. */
static struct span line_fit(struct span text, size_t room, size_t *columns)
{
    size_t at = 0, next = 0;
    *columns = 0;
    while (next < text.size) {
        int32_t point = utf8_next(text, &next);
        size_t wide = point >= 0x1100 && !utf8_invisible(point) ? 2 : 1;
        if (*columns + wide > room)
            break;
        *columns += wide;
        at = next;
    }
    return (struct span){text.data, at};
}

static void line_spaces(struct line *line)
{
    size_t count = line->pending < line->left ? line->pending : line->left;
    fprintf(line->out, "%*s", (int)count, "");
    line->left -= line->left == SIZE_MAX ? 0 : count;
    line->pending = 0;
}

/* A text, shortened to `most` columns and to what is left of the line; the next one begins behind `least` and a space. */
static void line_add(struct line *line, struct span text, size_t least, size_t most)
{
    size_t columns;
    line_spaces(line);
    size_t room = most < line->left ? most : line->left;
    struct span fits = line_fit(text, room, &columns);
    bool is_cut = fits.size < text.size;
    if (is_cut && room > 0)
        fits = line_fit(text, room - 1, &columns);
    escape_print(line->out, fits);
    if (is_cut && room > 0) {
        fputs("…", line->out);
        columns++;
    }
    line->left -= line->left == SIZE_MAX ? 0 : columns;
    line->pending = (columns < least ? least - columns : 0) + 1;
}

static void line_add_time(struct line *line, const struct receipt *receipt, bool short_form, int64_t now_ms)
{
    char text[21];
    time_text_write(text, receipt->finished_at_ms);
    bool is_today = receipt->finished_at_ms / DAY_MS == now_ms / DAY_MS;
    line_add(line, short_form && is_today ? (struct span){text + 11, 8} : span_of(text), 0, SIZE_MAX);
}

/* The reason, and what the receipt says of it, else what the reason means. */
static void line_add_why(struct line *line, const struct receipt *receipt)
{
    const char *reason = outcome_reason(receipt->outcome);
    struct span detail = receipt->detail;
    if (reason[0] != 0) {
        line_add(line, span_of(reason), 0, SIZE_MAX);
        line->pending = 0;
        line_add(line, SPAN(":"), 0, SIZE_MAX);
    }
    if (detail.size == 0 && reason[0] != 0)
        detail = span_of(outcome_text(receipt->outcome));
    if (detail.size > 0)
        line_add(line, detail, 0, SIZE_MAX);
}

static struct span or_dash(struct span text)
{
    return text.size == 0 ? SPAN("-") : text;
}

void line_print(FILE *out, const struct receipt *receipt, struct span key, size_t width, int64_t now_ms)
{
    struct line line = {.out = out, .left = width == 0 ? SIZE_MAX : width - 1};
    bool is_cut = width != 0;
    size_t recipient = RECIPIENT_WIDTH + (width > NARROW ? (width - NARROW) / 2 : 0);
    recipient = recipient > RECIPIENT_MOST ? RECIPIENT_MOST : recipient;
    line_add_time(&line, receipt, is_cut, now_ms);
    line_spaces(&line);
    output_tone(out, outcome_has_dead_letter(receipt->outcome)      ? TONE_BAD
                     : receipt->outcome == OUTCOME_DELIVERED ? TONE_GOOD
                                                             : TONE_PLAIN);
    line_add(&line, span_of(outcome_word(receipt->outcome)), sizeof("delivered") - 1, SIZE_MAX);
    output_tone(out, TONE_PLAIN);
    line_add(&line, or_dash(receipt->account), ACCOUNT_WIDTH, is_cut ? ACCOUNT_WIDTH : SIZE_MAX);
    line_add(&line, or_dash(choice_recipient(key)), recipient, is_cut ? recipient : SIZE_MAX);
    line_add(&line, or_dash(receipt->event_id), EVENT_ID_WIDTH, SIZE_MAX);
    line_add_why(&line, receipt);
    fputc('\n', out);
}

void line_print_json(FILE *out, struct json_t *root, struct span key)
{
    json_t *value = key.data == NULL ? NULL : json_stringn(key.data, key.size);
    json_object_set_new(root, "routing_key", value == NULL ? json_null() : value);
    escape_print_object(out, root);
}
