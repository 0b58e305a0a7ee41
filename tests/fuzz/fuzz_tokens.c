/* The tokens file: whoever is in it has a name, a grant and a rate, and nobody comes in with what is in no entry. */
#include <sodium.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "gate/access/tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {(const char *)data, size};
    struct err err = {0};
    if (sodium_init() < 0)
        abort();
    struct token_list *list = token_list_read(text, &err);
    if (list == NULL) {
        if (err.text[0] == 0)
            abort();
        return 0;
    }
    if (token_list_find(list, text) != NULL || token_list_find(list, SPAN("")) != NULL)
        abort();
    for (size_t i = 0; i < list->count; i++) {
        const struct token *token = &list->tokens[i];
        if (token->name[0] == 0 || token->account_count == 0 || token->per_minute <= 0 ||
            token_list_find_hash(list, token->hash) != token || token_grants_account(token, SPAN_NONE) ||
            !token_grants_account(token, span_of(token->accounts[0])))
            abort();
    }
    token_list_free(list);
    return 0;
}
