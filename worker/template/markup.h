/* Where in Markdown one is, followed character by character: whether a value may stand there. No parser: where parsers
 * could disagree it says no, and the author moves the placeholder. */
#ifndef TEMPLATE_MARKUP_H
#define TEMPLATE_MARKUP_H

#include "template/placeholder.h"

struct markup {
    char last, before_last;
    size_t depth, link_depth; /* open parentheses; at which of them a link's target begins, 0: none */
    bool in_link;             /* what stands here without a space is, or touches, a link */
    bool touches;             /* it did so already where the last target began */
    bool definition;          /* "]:" and nothing but white space since */
    bool angle;               /* behind a < that may begin a link or a tag */
    size_t ticks, code;       /* backticks just read; how many of them opened the code we are in, 0: none */
    bool line_is_blank, escaped;
};

void markup_init(struct markup *markup);
/* `next` is what follows c, 0 at the end. */
void markup_take(struct markup *markup, char c, char next);

/* Where a placeholder stands that begins here and is followed by `next`; or -1 with what is wrong with it there. */
int markup_place(const struct markup *markup, enum placeholder_type type, char next,
                 enum placeholder_place *out, struct err *err);

#endif
