/* A cache, or a proxy, that answers a question with what Papercups said to another one, or said a short while ago. An answer
 * that names nothing, as an empty list, is not among them: nobody can tell whose it is. */
#include "world.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "world_take.h"

#define KEPT_MAX 64 /* the last of them */

struct world_kept {
    struct mono at;
    char account[16];
    struct fake_request what;
    int status;
    struct wall date;
    struct buf body;
};

void world_keep_answer(struct world *world, const struct world_request *request)
{
    static const struct span nothing = SPAN("\"data\":[]");
    const struct buf *body = &request->body;
    if (!world->options.answers_are_kept || request->status >= 400 || request->what.kind == CALL_ME ||
        memmem(body->data, body->size, nothing.data, nothing.size) != NULL)
        return;
    if (world->kept == NULL)
        world->kept = mem_new(KEPT_MAX, sizeof(*world->kept));
    struct world_kept *kept = &world->kept[world->kept_count++ % KEPT_MAX];
    buf_done(&kept->body);
    *kept = (struct world_kept){
        .at = world->now.mono, .what = request->what, .status = request->status, .date = request->date};
    memcpy(kept->account, request->account, sizeof(kept->account));
    buf_init(&kept->body, body->limit);
    buf_add_span(&kept->body, buf_span(body));
}

void world_forget_answers(struct world *world)
{
    for (size_t i = 0; i < KEPT_MAX && world->kept != NULL; i++)
        buf_done(&world->kept[i].body);
    free(world->kept);
}

static bool lists_conversations(const struct fake_request *what)
{
    return what->kind == CALL_LIST_CONVERSATIONS || what->kind == CALL_LIST_CLOSED;
}

/* The answer to a question about something else, and says so: a customer's rows do not tell their account, and a new
 * conversation not the message in it. */
static bool is_of_another(const struct fake_request *kept, const struct fake_request *asked)
{
    if (kept->kind != asked->kind && !(lists_conversations(kept) && lists_conversations(asked)))
        return false;
    return kept->kind != asked->kind || kept->id != asked->id || kept->page != asked->page ||
           strcmp(kept->external_id, asked->external_id) != 0 ||
           (kept->kind == CALL_CREATE_CUSTOMER && strcasecmp(kept->host, asked->host) != 0) ||
           (kept->kind == CALL_POST_MESSAGE && strcmp(kept->mark, asked->mark) != 0);
}

static bool is_young(const struct world *world, const struct world_kept *kept,
                     const struct world_request *request)
{
    const struct fake_request *a = &kept->what, *b = &request->what;
    return !fake_request_writes(b) && a->kind == b->kind && a->id == b->id && a->page == b->page &&
           strcmp(kept->account, request->account) == 0 && strcmp(a->external_id, b->external_id) == 0 &&
           strcmp(a->host, b->host) == 0 && strcmp(a->email, b->email) == 0 &&
           mono_reached(request->sent_at, mono_after(kept->at, world->options.stale_ms));
}

static const struct world_kept *world_pick(const struct world *world, const struct world_request *request,
                                           uint64_t pick, bool stale)
{
    const struct world_kept *fitting[KEPT_MAX];
    size_t count = 0;
    for (size_t i = 0; i < KEPT_MAX && i < world->kept_count; i++) {
        const struct world_kept *kept = &world->kept[i];
        if (stale ? is_young(world, kept, request) : is_of_another(&kept->what, &request->what))
            fitting[count++] = kept;
    }
    return count == 0 ? NULL : fitting[pick % count];
}

bool world_answer_other(struct world *world, size_t place, enum world_other other, uint64_t pick)
{
    struct world_request *request = &world->requests[place];
    assert(request->status == 0);
    if (world_is_away(world, request))
        return false;
    const struct world_kept *kept = world_pick(world, request, pick, other == OTHER_STALE);
    if (kept == NULL)
        return false;
    world_tell_request(world, request->worker, &kept->what, "its old answer is given to");
    if (other == OTHER_DONE && fake_request_writes(&request->what) && world_takes_key(world, request))
        world_store(world, request->account, &request->what);
    request->swapped = true;
    request->status = kept->status;
    request->date = kept->date;
    buf_clear(&request->body);
    buf_add_span(&request->body, buf_span(&kept->body));
    world_answer(world, place, FATE_DONE);
    return true;
}
