#include "template/fill.h"

#include "event/envelope.h"
#include "template/markup.h"

struct walk {
    const struct filling *filling;
    const char *path;
    bool markdown;
    struct markup markup;
    struct buf *out;
};

/* What stands between {{ and }}, if text begins with that and it is a placeholder's name. */
static bool placeholder_name(struct span text, struct span *name)
{
    const char *end = memchr(text.data, '}', text.size);
    if (end == NULL || !span_starts(span_skip(text, (size_t)(end - text.data)), SPAN("}}")))
        return false;
    *name = (struct span){text.data + 2, (size_t)(end - text.data) - 2};
    return name_is_valid(*name);
}

static int placeholder_find(const struct walk *walk, struct span name, size_t *out, struct err *err)
{
    const struct filling *filling = walk->filling;
    for (*out = 0; *out < filling->count; (*out)++)
        if (span_equal(filling->placeholders[*out].name, name))
            return 0;
    return err_set(
        err, ERR_USAGE,
        "%s: {{%.*s}} is not among the placeholders: add \"%.*s\": {\"type\": \"text\"} to \"blanks\", or write "
        "\\{{ for braces that are meant as such",
        walk->path, SPAN_ARGS(name), SPAN_ARGS(name));
}

/* Takes the placeholder that text begins with; *taken is its size. */
static int walk_placeholder(struct walk *walk, struct span text, size_t *taken, struct err *err)
{
    struct span name;
    size_t index;
    if (!placeholder_name(text, &name))
        return err_set(
            err, ERR_USAGE,
            "%s: {{ begins a placeholder, which is written {{name}} (a-z, 0-9, - and _, no spaces); write "
            "\\{{ for braces that are meant as such",
            walk->path);
    if (placeholder_find(walk, name, &index, err) != 0)
        return -1;
    const struct placeholder *placeholder = &walk->filling->placeholders[index];
    enum placeholder_place place = PLACE_PLAIN;
    struct err why;
    *taken = name.size + 4;
    char next = *taken < text.size ? text.data[*taken] : 0;
    if (walk->markdown && markup_place(&walk->markup, placeholder->type, next, &place, &why) != 0)
        return err_set(err, ERR_USAGE, "%s: {{%.*s}} %s", walk->path, SPAN_ARGS(name), why.text);
    placeholder_write(walk->out, placeholder->type, walk->filling->values[index], place);
    walk->filling->used[index] = true;
    markup_take(&walk->markup, 'x', next);
    return 0;
}

static void walk_character(struct walk *walk, struct span text)
{
    buf_add(walk->out, text.data, 1);
    markup_take(&walk->markup, text.data[0], text.size > 1 ? text.data[1] : 0);
}

int fill_text(const struct filling *filling, const char *path, struct span text, bool markdown,
              struct buf *out, struct err *err)
{
    struct walk walk = {.filling = filling, .path = path, .markdown = markdown, .out = out};
    markup_init(&walk.markup);
    while (text.size > 0) {
        size_t taken = 1;
        if (span_starts(text, SPAN("\\\\{{")))
            return err_set(err, ERR_USAGE,
                           "%s: \\\\{{ could mean two things: put something between the backslash and the "
                           "braces",
                           path);
        if (span_starts(text, SPAN("\\{{"))) {
            walk_character(&walk, span_skip(text, 1));
            walk_character(&walk, span_skip(text, 2));
            taken = 3;
        } else if (!span_starts(text, SPAN("{{"))) {
            walk_character(&walk, text);
        } else if (walk_placeholder(&walk, text, &taken, err) != 0) {
            return -1;
        }
        text = span_skip(text, taken);
    }
    return 0;
}
