/* A blank of a message: what kind of value it takes. */
#ifndef TEMPLATE_BLANK_H
#define TEMPLATE_BLANK_H

#include "base/buf.h"
#include "base/err.h"
#include "template/template.h"

enum blank_type {
    BLANK_TEXT,   /* one line */
    BLANK_NUMBER, /* in decimal, kept as it was typed */
    BLANK_URL,
};

struct blank {
    struct span name;
    enum blank_type type;
    struct span fallback; /* SPAN_NONE: it must be given */
};

/* "text", "number", "url"; false for anything else. */
bool blank_type_read(struct span word, enum blank_type *out);

/* 0, or -1 with what is wrong with a value, its blank not named. Without rules (NULL) links may lead anywhere. */
int blank_check(enum blank_type type, struct span value, const struct template_rules *rules, struct err *err);

/* What stands around a blank. */
enum blank_place {
    PLACE_PLAIN,    /* no Markdown */
    PLACE_TEXT,     /* Markdown */
    PLACE_TARGET,   /* the whole of a link's target */
    PLACE_BRACKETS, /* between < and >, alone */
};

/* Appends a value that has passed so that it shows as it is and changes nothing around it. */
void blank_write(struct buf *out, enum blank_type type, struct span value, enum blank_place place);

#endif
