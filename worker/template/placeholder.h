/* A placeholder of a message: what kind of value it takes. */
#ifndef TEMPLATE_PLACEHOLDER_H
#define TEMPLATE_PLACEHOLDER_H

#include "base/buf.h"
#include "base/err.h"
#include "template/template.h"

enum placeholder_type {
    PLACEHOLDER_TEXT,   /* one line */
    PLACEHOLDER_NUMBER, /* in decimal, kept as it was typed */
    PLACEHOLDER_URL,
};

struct placeholder {
    struct span name;
    enum placeholder_type type;
    struct span fallback; /* SPAN_NONE: it must be given */
};

/* "text", "number", "url"; false for anything else. */
bool placeholder_type_read(struct span word, enum placeholder_type *out);

/* 0, or -1 with what is wrong with a value, its placeholder not named. Without rules (NULL) links may lead anywhere. */
int placeholder_check(enum placeholder_type type, struct span value, const struct template_rules *rules,
                      struct err *err);

/* What stands around a placeholder. */
enum placeholder_place {
    PLACE_PLAIN,    /* no Markdown */
    PLACE_TEXT,     /* Markdown */
    PLACE_TARGET,   /* the whole of a link's target */
    PLACE_BRACKETS, /* between < and >, alone */
};

/* Appends a value that has passed so that it shows as it is and changes nothing around it. */
void placeholder_write(struct buf *out, enum placeholder_type type, struct span value,
                       enum placeholder_place place);

#endif
