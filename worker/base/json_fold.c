#include "base/json_fold.h"

void json_fold_init(struct json_fold *fold, size_t limit)
{
    *fold = (struct json_fold){0};
    buf_init(&fold->text, limit);
}

void json_fold_done(struct json_fold *fold)
{
    buf_done(&fold->text);
}

void json_fold_begin(struct json_fold *fold, const struct json_fold_rule *rule)
{
    buf_clear(&fold->text);
    fold->rule = rule;
    fold->depth = fold->start = 0;
    fold->in_string = fold->escaped = fold->is_object = false;
}

/* One has ended, at the text's end. */
static void fold_object(struct json_fold *fold)
{
    struct buf *text = &fold->text;
    struct buf kept;
    if (text->failed)
        return;
    buf_init(&kept, text->limit);
    struct span object = {text->data + fold->start, text->size - fold->start};
    if (fold->rule->object(object, &kept) && !kept.failed && kept.size < object.size) {
        text->size = fold->start;
        buf_add_span(text, buf_span(&kept));
    }
    buf_done(&kept);
}

/* Whether the byte ends an object that is to be folded; `at`: where it will stand in the text. */
static bool fold_step(struct json_fold *fold, char byte, size_t at)
{
    if (fold->in_string) {
        if (fold->escaped)
            fold->escaped = false;
        else if (byte == '\\')
            fold->escaped = true;
        else
            fold->in_string = byte != '"';
        return false;
    }
    if (byte == '"') {
        fold->in_string = true;
    } else if (byte == '{' || byte == '[') {
        if (++fold->depth != fold->rule->depth)
            return false;
        fold->is_object = byte == '{';
        fold->start = at;
    } else if ((byte == '}' || byte == ']') && fold->depth > 0) {
        return fold->depth-- == fold->rule->depth && byte == '}' && fold->is_object;
    }
    return false;
}

void json_fold_add(struct json_fold *fold, const char *data, size_t size)
{
    size_t from = 0;
    for (size_t i = 0; fold->rule != NULL && i < size; i++) {
        if (!fold_step(fold, data[i], fold->text.size + i - from))
            continue;
        buf_add(&fold->text, data + from, i + 1 - from);
        from = i + 1;
        fold_object(fold);
    }
    buf_add(&fold->text, data + from, size - from);
}
