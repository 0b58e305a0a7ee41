#include "delivery/answer.h"

#include <stdlib.h>

const char *answer_word(enum answer_kind kind)
{
    static const char *const words[ANSWER_COUNT] = {
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

size_t answer_status_class(const struct answer *answer)
{
    return answer->status >= 100 && answer->status < STATUS_CLASSES * 100 ? (size_t)answer->status / 100 : 0;
}

const char *status_class_word(size_t status_class)
{
    static const char *const words[STATUS_CLASSES] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
    return words[status_class];
}

bool answer_is_doubtful(const struct answer *answer)
{
    return answer->kind == ANSWER_UNAUTHORIZED || answer->kind == ANSWER_FORBIDDEN ||
           answer->kind == ANSWER_REDIRECTED;
}

bool call_posts(const struct call *call)
{
    return call->kind == CALL_POST_MESSAGE || call->kind == CALL_POST_CONVERSATION;
}

bool call_lists(const struct call *call)
{
    return call->kind == CALL_LIST_CONVERSATIONS || call->kind == CALL_LIST_CLOSED ||
           call->kind == CALL_READ_CONVERSATION || call->kind == CALL_READ_MESSAGES;
}

bool call_writes(const struct call *call)
{
    return call_posts(call) || call->kind == CALL_CREATE_CUSTOMER || call->kind == CALL_SET_HOST ||
           call->kind == CALL_REOPEN || call->kind == CALL_UNASSIGN;
}
