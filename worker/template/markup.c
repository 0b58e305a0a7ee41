#include "template/markup.h"

void markup_init(struct markup *markup)
{
    *markup = (struct markup){.line_is_blank = true};
}

static void markup_newline(struct markup *markup)
{
    if (markup->line_is_blank) { /* a paragraph's end; only Papercups' definitions go over it */
        markup->depth = 0;
        markup->link_depth = 0;
    }
    markup->angle = false;
    markup->line_is_blank = true;
}

static void markup_parenthesis(struct markup *markup, char c)
{
    if (c == '(') {
        markup->depth++;
        if (markup->last != ']')
            return;
        if (markup->link_depth == 0)
            markup->link_depth = markup->depth;
        markup->touches = markup->in_link;
        markup->in_link = true;
    } else if (markup->depth > 0) {
        if (markup->link_depth == markup->depth)
            markup->link_depth = 0;
        markup->depth--;
    }
}

static bool begins_tag(char next)
{
    return (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') ||
           (next != 0 && strchr("/!?{", next) != NULL);
}

/* A backslash before a bracket or an angle is not believed: that errs to the safe side. */
static void markup_visible(struct markup *markup, char c, char next)
{
    bool opens = markup->definition || markup->link_depth > 0;
    markup->line_is_blank = false;
    markup->in_link |= markup->definition;
    markup->definition = false;
    if ((c == '(' || c == ')') && !markup->escaped)
        markup_parenthesis(markup, c);
    else if (c == '<') {
        markup->angle |= opens || begins_tag(next);
        markup->in_link = true;
    } else if (c == '>')
        markup->angle = false;
    else if (c == ':' && markup->last == ']')
        markup->definition = markup->in_link = true;
    else if (c == ':' && (markup->last | 0x20) == 'o' && (markup->before_last | 0x20) == 't')
        markup->in_link = true; /* mailto: */
    else if (c == '/' && markup->last == '/' && markup->before_last == ':')
        markup->in_link = true;
}

/* Code ends with as many backticks as it began with. */
static size_t markup_code(const struct markup *markup)
{
    if (markup->ticks == 0)
        return markup->code;
    return markup->code == 0 ? markup->ticks : markup->code == markup->ticks ? 0 : markup->code;
}

void markup_take(struct markup *markup, char c, char next)
{
    if (c == '`' && !markup->escaped) {
        markup->ticks++;
    } else {
        markup->code = markup_code(markup);
        markup->ticks = 0;
    }
    if (c == '\n')
        markup_newline(markup);
    if (c == '\n' || c == ' ' || c == '\t' || c == '\r')
        markup->in_link = false;
    else
        markup_visible(markup, c, next);
    markup->escaped = c == '\\' && !markup->escaped;
    markup->before_last = markup->last;
    markup->last = c;
}

int markup_place(const struct markup *markup, enum placeholder_type type, char next,
                 enum placeholder_place *out, struct err *err)
{
    bool target = markup->before_last == ']' && markup->last == '(' && next == ')' && !markup->angle &&
                  !markup->touches && markup->link_depth == markup->depth;
    bool brackets = markup->last == '<' && next == '>';
    if (markup_code(markup) > 0)
        return err_set(err, ERR_USAGE,
                       "stands between backticks, where its value could not be escaped: take the backticks "
                       "away, or write \\` for one that is none");
    if (type == PLACEHOLDER_URL && target) {
        *out = PLACE_TARGET;
        return 0;
    }
    if (markup->link_depth > 0 || markup->definition ||
        ((markup->in_link || markup->angle) && !(type == PLACEHOLDER_URL && brackets)))
        return err_set(err, ERR_USAGE,
                       "stands in a link or touches one: a placeholder of type url may be a link's whole target, "
                       "as in [text]({{link}}); all others stand apart, with a space before them");
    *out = brackets ? PLACE_BRACKETS : PLACE_TEXT;
    return 0;
}
