#include "delivery/delivery.h"

#include <stdlib.h>

#include "delivery/readback.h"
#include "delivery/resolve.h"
#include "delivery/retry.h"
#include "delivery/step.h"

void delivery_init(struct delivery *d, const struct payload *payload, const struct delivery_limits *limits,
                   struct mono deadline)
{
    *d = (struct delivery){.address = payload->address, .limits = *limits, .deadline = deadline};
    if (payload->address != ADDRESS_EXTERNAL_ID)
        memcpy(d->to.text, payload->to.data, 36);
    else
        d->some_email = limits->email_given && payload_of_customer(payload, "email").data == NULL;
}

void delivery_doubt(struct delivery *d, struct mono absent_from, unsigned times, const char *why)
{
    d->unknown = true;
    d->absent_from = absent_from;
    d->absent_needed = times;
    d->absent_seen = 0;
    step_enter(d, STEP_READBACK, d->wake, why);
}

void delivery_resolved(struct delivery *d, const struct cached *where)
{
    d->customer = where->customer;
    d->customer_matches = where->customer_matches;
    d->conversation = where->conversation;
    d->resolved_at = where->found_at;
    step_enter(d, STEP_POST, d->wake, "where to post is known");
}

void delivery_done(struct delivery *d)
{
    readback_done(&d->search);
}

bool delivery_may_be_shown(const struct delivery *d)
{
    return d->unknown || d->attempts > 0 || d->outcome == OUTCOME_DELIVERED || d->outcome == OUTCOME_UNKNOWN;
}

bool delivery_may_be_given_up(const struct delivery *d)
{
    return !d->unknown && !d->calling && d->step != STEP_UNASSIGN && d->step != STEP_DONE;
}

/* ---- what it wants ---- */

static struct call delivery_call(const struct delivery *d)
{
    static const enum call_kind resolve[] = {[ADDRESS_EXTERNAL_ID] = CALL_FIND_CUSTOMERS,
                                             [ADDRESS_CUSTOMER_ID] = CALL_READ_CUSTOMER,
                                             [ADDRESS_CONVERSATION_ID] = CALL_READ_CONVERSATION};
    switch (d->step) {
    case STEP_RESOLVE:
        return (struct call){.kind = resolve[d->address], .id = d->to, .page = d->page};
    case STEP_CREATE:
        return (struct call){.kind = CALL_CREATE_CUSTOMER};
    case STEP_HOST:
        return (struct call){.kind = CALL_SET_HOST, .id = d->customer};
    case STEP_CONVERSATION:
        return (struct call){.kind = CALL_LIST_CONVERSATIONS, .id = d->customer};
    case STEP_CLOSED:
        return (struct call){.kind = CALL_LIST_CLOSED, .id = d->customer};
    case STEP_REOPEN:
        return (struct call){.kind = CALL_REOPEN, .id = d->conversation};
    case STEP_UNASSIGN:
        return (struct call){.kind = CALL_UNASSIGN, .id = d->conversation};
    case STEP_POST:
        if (d->conversation.text[0] != 0)
            return (struct call){.kind = CALL_POST_MESSAGE, .id = d->conversation};
        return (struct call){.kind = CALL_POST_CONVERSATION, .id = d->customer};
    case STEP_READBACK:
    case STEP_READBACK_LIST:
        return readback_call(d);
    case STEP_DONE:
        break;
    }
    abort(); /* a finished delivery is not asked */
}

/* An event that may be shown is never called failed: past its deadline it is only read, and once that has not worked
 * for some time either, it ends as unknown. That time begins when the delivery is first asked past its deadline: after
 * an outage of the workers that may be long past, and nothing has been read yet. */
static void delivery_check_deadline(struct delivery *d, struct mono now)
{
    if (!mono_reached(d->deadline, now) || delivery_cut_short(d))
        return;
    if (!d->unknown) {
        detail_set(&d->detail, OUTCOME_GAVE_UP, "%u attempts; not delivered within deliver_within",
                   d->attempts);
        step_finish(d, OUTCOME_GAVE_UP, "its time is over");
    } else if (d->read_until.ms == 0) {
        d->read_until = mono_after(now, d->limits.unknown_for_ms);
    } else if (mono_reached(d->read_until, now)) {
        if (d->attempts == 0)
            detail_set(&d->detail, OUTCOME_UNKNOWN,
                       "never posted by this worker, and Papercups could not be read: it may have been shown "
                       "by an earlier one");
        else
            detail_set(&d->detail, OUTCOME_UNKNOWN,
                       "posted %u times, the last without a good answer, and Papercups could not be read: it "
                       "may have been shown",
                       d->attempts);
        step_finish(d, OUTCOME_UNKNOWN, "its time is over, and it could not be read for long");
    }
}

struct mono delivery_ends(const struct delivery *d)
{
    return d->read_until.ms == 0 ? d->deadline : d->read_until;
}

enum delivery_want delivery_want(struct delivery *d, struct mono now, struct call *call)
{
    if (d->step != STEP_DONE && !d->calling)
        delivery_check_deadline(d, now);
    if (d->step == STEP_DONE)
        return DELIVERY_FINISHED;
    if (d->calling)
        return DELIVERY_WAITS;
    if (!mono_reached(d->wake, now)) {
        if (!d->unknown)
            d->wake = mono_earlier(d->wake, d->deadline);
        return DELIVERY_WAITS;
    }
    /* It has waited, for a place or in an outage: an agent may have closed the conversation meanwhile. */
    if (d->step == STEP_POST && mono_reached(mono_after(d->resolved_at, CACHE_TTL_MS), now)) {
        delivery_forget(d);
        step_enter(d, STEP_RESOLVE, now, "what was found out is too old");
    }
    *call = delivery_call(d);
    return DELIVERY_CALLS;
}

bool delivery_goes_on(const struct delivery *d)
{
    bool has_begun = d->step == STEP_RESOLVE ? d->page > 0 : d->step <= STEP_UNASSIGN;
    return d->tries == 0 && has_begun;
}

void delivery_calling(struct delivery *d, const struct call *call, struct mono now)
{
    d->calling = true;
    if (d->step == STEP_READBACK && call->page == 0)
        d->readback_started = now;
    if (call_posts(call))
        d->attempts++;
    if (call->kind == CALL_POST_CONVERSATION || call->kind == CALL_REOPEN)
        d->opened = true;
}

/* ---- what was answered ---- */

static void delivery_take_posted(struct delivery *d, const struct call *call, struct uuid first,
                                 struct mono now)
{
    d->acknowledged = true;
    if (call->kind == CALL_POST_CONVERSATION) {
        d->conversation = first;
        d->resolved_at = now;
    } else {
        d->message = first;
    }
    /* A conversation that begins with a nested message stays unassigned by itself. */
    if (call->kind == CALL_POST_MESSAGE && d->limits.unassign && d->was_unassigned)
        step_enter(d, STEP_UNASSIGN, now, "posted, and that has assigned the conversation");
    else
        step_finish(d, OUTCOME_DELIVERED, "posted");
}

static void delivery_take_ok(struct delivery *d, const struct call *call, const struct answer *answer,
                             struct mono now)
{
    struct uuid first = answer->id_count > 0 ? answer->ids[0] : (struct uuid){{0}};
    d->tries = 0;
    if (d->step < STEP_POST)
        d->resolved_at = now;
    switch (call->kind) {
    case CALL_FIND_CUSTOMERS:
        resolve_customers(d, call, answer, now);
        break;
    case CALL_CREATE_CUSTOMER:
        d->customer = first;
        d->customer_matches = 1;
        step_enter(d, STEP_POST, now, "the row is made");
        break;
    case CALL_READ_CUSTOMER:
        d->customer = d->to;
        if (answer->host_missing)
            step_enter(d, STEP_HOST, now, "the row has no host, and no widget finds it");
        else
            step_enter(d, STEP_CONVERSATION, now, "the row is there");
        break;
    case CALL_SET_HOST:
        step_enter(d, STEP_CONVERSATION, now, "the row has its host");
        break;
    case CALL_READ_CONVERSATION:
    case CALL_LIST_CONVERSATIONS:
    case CALL_LIST_CLOSED:
        resolve_conversation(d, call, answer, now);
        break;
    case CALL_REOPEN:
        step_enter(d, STEP_POST, mono_later(d->post_from, now), "it is open again");
        break;
    case CALL_POST_MESSAGE:
    case CALL_POST_CONVERSATION:
        delivery_take_posted(d, call, first, now);
        break;
    case CALL_UNASSIGN:
        step_finish(d, OUTCOME_DELIVERED, "the conversation is given back");
        break;
    case CALL_LIST_CUSTOMERS:
    case CALL_READ_MESSAGES:
    case CALL_ME:
        abort(); /* a readback makes the one, the account the other */
    }
}

bool delivery_cut_short(struct delivery *d)
{
    if (d->step != STEP_UNASSIGN)
        return false;
    step_finish(d, OUTCOME_DELIVERED, "what it still wants is not worth waiting for");
    return true;
}

/* Whether what was asked may have been done all the same. Something in between may have passed the request on, and have
 * replaced Papercups' answer by its own: a 503 that says when to come again, a 403, a login. A 429 comes instead of that. */
static bool answer_leaves_open(const struct answer *answer)
{
    return answer->kind == ANSWER_SERVER_ERROR || answer->kind == ANSWER_UNREADABLE ||
           answer->kind == ANSWER_LOST || (answer->kind == ANSWER_LATER && answer->status >= 500) ||
           (answer_is_doubtful(answer) && (!answer->own || answer->kind == ANSWER_FORBIDDEN));
}

/* A post, and no word that it failed: it may be there. After a complete answer the readback begins at once, or when it says
 * so; else what is still under way is given time first, and one "absent" is not enough. */
static void delivery_take_unknown(struct delivery *d, const struct answer *answer, int64_t delay_ms,
                                  struct mono now)
{
    bool complete = answer->kind != ANSWER_LOST;
    struct mono settled = mono_after(now, d->limits.settle_ms);
    delivery_doubt(d, settled, complete ? 1 : 2,
                   complete ? "posted, and no word that it failed" : "posted, and not answered");
    bool may_be_for_good = answer->kind == ANSWER_SERVER_ERROR || answer->kind == ANSWER_FORBIDDEN;
    d->refused_by = may_be_for_good ? answer->status : 0;
    d->refused_at = now;
    d->wake = !complete ? settled : answer->kind == ANSWER_LATER ? mono_after(now, delay_ms) : now;
}

static void delivery_take_open(struct delivery *d, const struct answer *answer, int64_t delay_ms,
                               struct mono now)
{
    bool told = answer->kind == ANSWER_LATER && delay_ms > d->limits.settle_ms;
    int64_t settled_ms = told ? delay_ms : d->limits.settle_ms;
    if (answer->kind == ANSWER_FORBIDDEN && d->step != STEP_POST)
        delivery_refused(d, answer->status, now);
    if (d->step == STEP_POST)
        delivery_take_unknown(d, answer, delay_ms, now);
    else if (d->step == STEP_CREATE) /* it may have been made: looked up once it has had time to appear */
        step_retry(d, STEP_RESOLVE, settled_ms, now, "the row may be made, or not");
    else
        step_retry(d, d->step, delay_ms, now, answer_word(answer->kind));
}

static void delivery_take_other(struct delivery *d, const struct call *call, const struct answer *answer,
                                int64_t delay_ms, struct mono now)
{
    /* What is optional does not hold a delivery up: a row without its host, a conversation that stays assigned. */
    if (answer->kind != ANSWER_OK && d->step == STEP_HOST) {
        step_enter(d, STEP_CONVERSATION, now, "the host is optional");
        return;
    }
    if (answer->kind != ANSWER_OK && delivery_cut_short(d))
        return;
    if (answer_leaves_open(answer)) {
        delivery_take_open(d, answer, delay_ms, now);
        return;
    }
    if (answer->incomplete && call->page + 1 >= CUSTOMER_PAGES) {
        step_retry(d, d->step, delay_ms, now, "too many pages of rows");
        return;
    }
    switch (answer->kind) {
    case ANSWER_OK:
        delivery_take_ok(d, call, answer, now);
        break;
    case ANSWER_NOT_SENT:
    case ANSWER_UNAUTHORIZED:
    case ANSWER_REDIRECTED:
    case ANSWER_LATER:
        step_retry(d, d->step, delay_ms, now, answer_word(answer->kind));
        break;
    case ANSWER_NOT_FOUND:
        resolve_not_found(d, call, answer, now);
        break;
    case ANSWER_REFUSED:
        d->detail = answer->detail;
        step_finish(d, OUTCOME_REFUSED_BY_PAPERCUPS, "refused");
        break;
    case ANSWER_TOO_LARGE:
        resolve_too_large(d, delay_ms, now);
        break;
    case ANSWER_SERVER_ERROR:
    case ANSWER_FORBIDDEN:
    case ANSWER_UNREADABLE:
    case ANSWER_LOST:
    case ANSWER_COUNT:
        break;
    }
}

void delivery_take(struct delivery *d, const struct call *call, struct answer *answer, struct mono now,
                   struct rng *rng)
{
    int64_t delay_ms = retry_delay_ms(d->tries, rng);
    if (answer->retry_within_ms > 0 && delay_ms > answer->retry_within_ms)
        delay_ms = answer->retry_within_ms;
    if (answer->kind == ANSWER_LATER)
        delay_ms = retry_after_bounded_ms(answer->retry_after_ms);
    d->calling = false;
    if (d->step == STEP_READBACK || d->step == STEP_READBACK_LIST)
        readback_take(d, call, answer, delay_ms, now);
    else
        delivery_take_other(d, call, answer, delay_ms, now);
}
