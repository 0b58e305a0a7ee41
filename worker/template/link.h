/* Links that come as values: https only, to known hosts only, and written so that they can end nothing. */
#ifndef TEMPLATE_LINK_H
#define TEMPLATE_LINK_H

#include "base/buf.h"
#include "base/err.h"
#include "template/template.h"

/* 0, or -1 with what is wrong with the value. Without rules (NULL) any host passes. */
int link_check(struct span link, const struct template_rules *rules, struct err *err);

/* Appends a link that has passed, percent-encoded where a character would mean something around it. `markdown`: as it
 * stands in Markdown. */
void link_write(struct buf *out, struct span link, bool markdown);

#endif
