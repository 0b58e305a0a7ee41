#include "delivery/answer.h"

#include <stdlib.h>

const char *answer_word(enum answer_kind kind)
{
    static const char *const words[] = {
#define ANSWER(name, word, text) [ANSWER_##name] = word,
#include "delivery/answer.def"
#undef ANSWER
    };
    return words[kind];
}

void answer_done(struct answer *answer)
{
    free(answer->ids);
    *answer = (struct answer){0};
}
