/* An answer of Papercups: the first two bytes choose the call and the status, the rest is the body. */
#include "fuzz/fuzz.h"
#include "papercups/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 201, 301, 401, 404, 422, 429, 500, 503};
    if (size < 2)
        return 0;
    const struct call call = {.kind = (enum call_kind)(data[0] % (CALL_ME + 1))};
    const struct reply reply = {
        .status = statuses[data[1] % 9], .is_json = true, .body = {(const char *)data + 2, size - 2}};
    const struct identity mark = {{1}};
    struct answer answer;
    reply_read(&reply, &call, &mark, 1, &answer);
    answer_done(&answer);
    return 0;
}
