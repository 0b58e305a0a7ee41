/* What a worker is told of its request: HTTP's side of each fate. */
#include "world.h"

#include <stdlib.h>

#include "world_take.h"

#define PAGE "<html><body><h1>Not here</h1></body></html>"

bool world_fate_stores(enum fate fate)
{
    return fate == FATE_DONE || fate == FATE_LOST_STORED || fate == FATE_ERROR_STORED || fate == FATE_GARBAGE ||
           fate == FATE_TOO_LARGE || fate == FATE_UNAVAILABLE_STORED || fate == FATE_STRAY_STORED ||
           fate == FATE_FORBIDDEN_STORED || fate == FATE_LOGIN_STORED;
}

static struct reply reply_own(int status, struct span body)
{
    return (struct reply){.transport = TRANSPORT_ANSWERED, .status = status, .is_json = true, .body = body};
}

static struct reply reply_page(int status)
{
    return (struct reply){.transport = TRANSPORT_ANSWERED, .status = status, .body = SPAN(PAGE)};
}

static struct reply reply_later(int status)
{
    return (struct reply){
        .transport = TRANSPORT_ANSWERED, .status = status, .has_retry_after = true, .retry_after_ms = 2000};
}

static struct reply reply_none(enum transport transport, bool timed_out)
{
    return (struct reply){
        .transport = transport, .timed_out = timed_out, .failure = SPAN("the test says so")};
}

static struct reply reply_done(const struct world_request *request)
{
    struct reply reply = reply_own(request->status, buf_span(&request->body));
    reply.date = request->date;
    return reply;
}

struct reply world_reply(const struct world_request *request, enum fate fate)
{
    switch (fate) {
    case FATE_DONE:
        return reply_done(request);
    case FATE_LOST:
    case FATE_LOST_STORED:
    case FATE_LOST_STORED_LATE:
        return reply_none(TRANSPORT_LOST, fate == FATE_LOST);
    case FATE_NOT_SENT:
        return reply_none(TRANSPORT_NOT_SENT, false);
    case FATE_ERROR:
    case FATE_ERROR_STORED:
    case FATE_ERROR_STORED_LATE:
        return reply_own(500, SPAN("{\"errors\":{\"detail\":\"Internal Server Error\"}}"));
    case FATE_GARBAGE:
        return reply_page(200);
    case FATE_TOO_LARGE:
        return (struct reply){.transport = TRANSPORT_ANSWERED, .status = 200, .too_large = true};
    case FATE_BUSY:
    case FATE_UNAVAILABLE_STORED:
        return reply_later(fate == FATE_BUSY ? 429 : 503);
    case FATE_REFUSED:
        return reply_own(422, SPAN("{\"error\":{\"message\":\"Unprocessable Entity\",\"status\":422}}"));
    case FATE_UNAUTHORIZED:
        return reply_own(401, SPAN("{\"error\":{\"code\":401,\"message\":\"Not authenticated\"}}"));
    case FATE_MISSING:
        return reply_own(404, SPAN("{\"errors\":{\"detail\":\"Not Found\"}}"));
    case FATE_STRAY:
        return reply_page(404);
    case FATE_STRAY_STORED:
        return reply_page(409);
    case FATE_FORBIDDEN:
    case FATE_FORBIDDEN_STORED:
        return reply_page(403);
    case FATE_LOGIN:
    case FATE_LOGIN_STORED:
        return reply_page(302);
    case FATE_COUNT:
        break;
    }
    abort();
}
