#include "gate/tokens.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/watched.h"

struct tokens {
    struct watched file;
    pthread_mutex_t mutex;
    struct token_list *list;
};

/* 1 with another list, 0 where it is the same, -1 with err. */
static int tokens_read(struct tokens *tokens, struct token_list **out, struct err *err)
{
    struct secret text;
    struct err why;
    int changed = watched_read(&tokens->file, TOKENS_SIZE_MAX, &text, err);
    if (changed <= 0)
        return changed;
    *out = token_list_read((struct span){(const char *)text.data, text.size}, &why);
    secret_done(&text);
    if (*out == NULL)
        return err_set(err, ERR_USAGE, "%s: %s", tokens->file.path, why.text);
    (*out)->holders = 1;
    return 1;
}

struct tokens *tokens_new(const char *path, struct err *err)
{
    struct tokens *tokens = mem_new(1, sizeof(*tokens));
    pthread_mutex_init(&tokens->mutex, NULL);
    tokens->file.path = path;
    if (tokens_read(tokens, &tokens->list, err) >= 0)
        return tokens;
    tokens_free(tokens);
    return NULL;
}

void tokens_free(struct tokens *tokens)
{
    if (tokens == NULL)
        return;
    token_list_free(tokens->list);
    pthread_mutex_destroy(&tokens->mutex);
    free(tokens);
}

void tokens_reload(struct tokens *tokens)
{
    struct err err = {0};
    struct token_list *next = NULL, *last;
    int changed = tokens_read(tokens, &next, &err);
    if (changed != 0)
        watched_tell(&tokens->file, changed < 0, err.text);
    if (changed <= 0)
        return;
    pthread_mutex_lock(&tokens->mutex);
    last = tokens->list;
    tokens->list = next;
    pthread_mutex_unlock(&tokens->mutex);
    tokens_give(tokens, last);
}

struct token_list *tokens_take(struct tokens *tokens)
{
    pthread_mutex_lock(&tokens->mutex);
    struct token_list *list = tokens->list;
    list->holders++;
    pthread_mutex_unlock(&tokens->mutex);
    return list;
}

void tokens_give(struct tokens *tokens, struct token_list *list)
{
    pthread_mutex_lock(&tokens->mutex);
    bool last = --list->holders == 0;
    pthread_mutex_unlock(&tokens->mutex);
    if (last)
        token_list_free(list);
}
