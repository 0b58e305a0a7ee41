#include "gate/access/tokens.h"

static void *tokens_read(struct span text, struct err *err)
{
    return token_list_read(text, err);
}

static void tokens_free(void *list)
{
    token_list_free(list);
}

struct snapshot *tokens_new(const char *path, struct err *err)
{
    static const struct snapshot_kind kind = {TOKENS_SIZE_MAX, tokens_read, tokens_free};
    return snapshot_new(path, &kind, err);
}
