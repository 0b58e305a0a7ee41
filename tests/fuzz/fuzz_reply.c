/* An answer of Papercups: the first two bytes choose the call and the status, the rest is the body. */
#include <stdlib.h>

#include "event/payload.h"
#include "fuzz/fuzz.h"
#include "papercups/content.h"
#include "papercups/reply.h"

#define ASKED "0b4a7c1e-52d1-4c5c-9a3e-6f1d2a7b8c91" /* as in the seeds */

/* What is read of a good answer is used as it is, in paths and bodies. */
static void check_answer(const struct answer *answer)
{
    if (answer->id_count > REPLY_IDS_MAX)
        abort();
    for (size_t i = 0; i < answer->id_count; i++)
        if (!uuid_is_valid(span_of(answer->ids[i].text)))
            abort();
    if (answer->marked.text[0] != 0 && !uuid_is_valid(span_of(answer->marked.text)))
        abort();
}

/* Folded on the way, in pieces, it says the same or it is unreadable: nothing that was wrong has become right. */
static void check_folded(const struct reply *whole, const struct call *call, const struct question *question,
                         size_t piece)
{
    static const struct identity marks[] = {{{1}}, {{0}}};
    struct reply reply = *whole;
    struct answer answer, folded;
    struct json_fold fold;
    json_fold_init(&fold, REPLY_BODY_MAX);
    json_fold_begin(&fold, content_fold(call->kind));
    for (size_t at = 0, size = whole->body.size; at < size; at += piece)
        json_fold_add(&fold, whole->body.data + at, size - at < piece ? size - at : piece);
    reply.body = buf_span(&fold.text);
    reply_read(whole, call, marks, 2, question, &answer);
    reply_read(&reply, call, marks, 2, question, &folded);
    if (folded.kind != answer.kind || folded.id_count != answer.id_count ||
        folded.mark_found != answer.mark_found || strcmp(folded.marked.text, answer.marked.text) != 0)
        abort();
    for (size_t i = 0; i < answer.id_count; i++)
        if (strcmp(answer.ids[i].text, folded.ids[i].text) != 0)
            abort();
    answer_done(&answer);
    answer_done(&folded);
    json_fold_done(&fold);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 201, 301, 401, 404, 422, 429, 500, 503};
    static const struct identity marks[] = {{{1}}, {{0}}};
    if (size < 2)
        return 0;
    const struct call call = {.kind = (enum call_kind)(data[0] % (CALL_ME + 1)), .id = {ASKED}};
    const struct reply reply = {
        .status = statuses[data[1] % 9], .is_json = true, .body = {(const char *)data + 2, size - 2}};
    const struct question question = {
        .external_id = SPAN("user_42"), .host = SPAN("shop.example"), .some_email = data[1] / 9 % 2 == 0};
    struct answer answer;
    check_folded(&reply, &call, &question, data[1] % 16 + 1U);
    reply_read(&reply, &call, marks, 2, &question, &answer);
    check_answer(&answer);
    answer_done(&answer);
    return 0;
}
