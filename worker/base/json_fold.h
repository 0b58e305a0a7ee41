/* Takes JSON piece by piece, as it comes, and keeps less of it: of each object at one depth only what a function makes of
 * it. So a list may be much longer than what there is room for, as long as each of its things fits. It does not say
 * whether all of it is JSON: json_scan.h reads what is left, in which nothing that was wrong has become right. */
#ifndef BASE_JSON_FOLD_H
#define BASE_JSON_FOLD_H

#include "base/buf.h"

struct json_fold_rule {
    size_t depth; /* of the objects that are folded; 1: the whole text is one */
    /* Writes to `out`, which is empty, what stands for the object; false: it stays as it is. */
    bool (*object)(struct span object, struct buf *out);
};

struct json_fold {
    const struct json_fold_rule *rule; /* NULL: all is kept */
    struct buf text;                   /* what is kept; `failed` where it is more than its limit */
    size_t depth, start;               /* of the text: where the object began that is at the rule's depth */
    bool is_object;                    /* what is open at that depth */
    bool in_string, escaped;
};

void json_fold_init(struct json_fold *fold, size_t limit);
void json_fold_done(struct json_fold *fold);
/* Begins anew. */
void json_fold_begin(struct json_fold *fold, const struct json_fold_rule *rule);
void json_fold_add(struct json_fold *fold, const char *data, size_t size);

#endif
