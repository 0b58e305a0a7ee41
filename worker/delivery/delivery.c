#include "delivery/delivery.h"

#include <stdlib.h>

#include "delivery/readback.h"
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

void delivery_doubt(struct delivery *d, struct mono absent_from, unsigned times)
{
    d->unknown = true;
    d->absent_from = absent_from;
    d->absent_needed = times;
    d->absent_seen = 0;
    delivery_enter(d, STEP_READBACK, d->wake);
}

void delivery_resolved(struct delivery *d, const struct cached *where)
{
    d->customer = where->customer;
    d->customer_matches = where->customer_matches;
    d->conversation = where->conversation;
    d->resolved_at = where->found_at;
    delivery_enter(d, STEP_POST, d->wake);
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
        delivery_finish(d, OUTCOME_GAVE_UP);
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
        delivery_finish(d, OUTCOME_UNKNOWN);
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
        delivery_enter(d, STEP_RESOLVE, now);
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

static void delivery_retry(struct delivery *d, enum delivery_step step, int64_t delay_ms, struct mono now)
{
    d->tries++;
    d->page = 0; /* rows move from page to page: from the beginning */
    delivery_enter(d, step, mono_after(now, delay_ms));
}

/* All rows that answer are known: which customer it is, or none. */
static void delivery_take_row(struct delivery *d, struct mono now)
{
    size_t count = d->customer_matches;
    if (d->some_email && count != 1) {
        detail_set(
            &d->detail, OUTCOME_CUSTOMER_NOT_FOUND,
            "the pages give an e-mail, and %zu customers with this external_id and host have one: send "
            "the e-mail that the page gives",
            count);
        delivery_finish(d, OUTCOME_CUSTOMER_NOT_FOUND);
    } else if (count > 1 && d->limits.refuse_ambiguous) {
        detail_set(&d->detail, OUTCOME_CUSTOMER_NOT_FOUND,
                   "%zu customers have this external_id and host, and ambiguous_customer = refuse", count);
        delivery_finish(d, OUTCOME_CUSTOMER_NOT_FOUND);
    } else {
        delivery_enter(d, count == 0 ? STEP_CREATE : STEP_CONVERSATION, now);
    }
}

/* One page of them: the newest row is the one that the widget takes. Not before the last page is anything decided. */
static void delivery_take_customers(struct delivery *d, const struct call *call, const struct answer *answer,
                                    struct mono now)
{
    if (call->page == 0) {
        d->customer = (struct uuid){{0}};
        d->customer_matches = 0;
    }
    if (answer->id_count > 0 &&
        (d->customer_matches == 0 || strcmp(answer->updated_at, d->customer_updated_at) > 0)) {
        d->customer = answer->ids[0];
        memcpy(d->customer_updated_at, answer->updated_at, sizeof(d->customer_updated_at));
    }
    d->customer_matches += answer->id_count;
    d->page = answer->incomplete ? call->page + 1 : 0;
    if (answer->incomplete)
        delivery_enter(d, STEP_RESOLVE, now);
    else
        delivery_take_row(d, now);
}

/* A widget that has just heard of the conversation may be between its fetch and its join. Here it is not known whether
 * this worker has begun it: an earlier owner may have, or an event to another form of the customer's address. */
static struct mono delivery_post_from(const struct delivery *d, const struct answer *answer, struct mono now)
{
    bool young = answer->id_count > 0 && answer->age_ms >= 0 && answer->age_ms < d->limits.new_spacing_ms;
    return young ? mono_after(now, d->limits.new_spacing_ms - answer->age_ms) : now;
}

/* Whoever names a conversation means that one; else the account says what becomes of a closed one. */
static bool delivery_reopens(const struct delivery *d)
{
    return d->limits.reopen || d->address == ADDRESS_CONVERSATION_ID;
}

static void delivery_take_conversation(struct delivery *d, const struct call *call,
                                       const struct answer *answer, struct mono now)
{
    bool found = answer->id_count > 0;
    if (answer->mark_found) {
        delivery_there(d, answer);
        return;
    }
    if (found)
        d->conversation = answer->ids[0];
    d->was_unassigned = found && answer->unassigned;
    d->post_from = delivery_post_from(d, answer, now);
    if (!found && call->kind == CALL_LIST_CONVERSATIONS && d->limits.reopen)
        delivery_enter(d, STEP_CLOSED, now);
    else if (found && answer->closed && delivery_reopens(d))
        delivery_enter(d, STEP_REOPEN, now);
    else
        delivery_enter(d, STEP_POST, d->post_from);
}

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
        delivery_enter(d, STEP_UNASSIGN, now);
    else
        delivery_finish(d, OUTCOME_DELIVERED);
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
        delivery_take_customers(d, call, answer, now);
        break;
    case CALL_CREATE_CUSTOMER:
        d->customer = first;
        d->customer_matches = 1;
        delivery_enter(d, STEP_POST, now);
        break;
    case CALL_READ_CUSTOMER:
        d->customer = d->to;
        delivery_enter(d, answer->host_missing ? STEP_HOST : STEP_CONVERSATION, now);
        break;
    case CALL_SET_HOST:
        delivery_enter(d, STEP_CONVERSATION, now);
        break;
    case CALL_READ_CONVERSATION:
    case CALL_LIST_CONVERSATIONS:
    case CALL_LIST_CLOSED:
        delivery_take_conversation(d, call, answer, now);
        break;
    case CALL_REOPEN:
        delivery_enter(d, STEP_POST, mono_later(d->post_from, now));
        break;
    case CALL_POST_MESSAGE:
    case CALL_POST_CONVERSATION:
        delivery_take_posted(d, call, first, now);
        break;
    case CALL_UNASSIGN:
        delivery_finish(d, OUTCOME_DELIVERED);
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
    delivery_finish(d, OUTCOME_DELIVERED);
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
    delivery_doubt(d, settled, complete ? 1 : 2);
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
        delivery_retry(d, STEP_RESOLVE, settled_ms, now);
    else
        delivery_retry(d, d->step, delay_ms, now);
}

/* What was found before may be gone: it is found out anew, at once, and then once more when there was time to settle. */
static void delivery_take_not_found(struct delivery *d, const struct call *call, const struct answer *answer,
                                    struct mono now)
{
    bool by_id = d->step == STEP_RESOLVE && d->address != ADDRESS_EXTERNAL_ID;
    bool first = d->missing_since.ms == 0;
    if (delivery_is_missing(d, now) && !first) {
        d->detail = answer->detail;
        delivery_finish(d, !by_id                               ? OUTCOME_REFUSED_BY_PAPERCUPS
                           : call->kind == CALL_READ_CUSTOMER ? OUTCOME_CUSTOMER_NOT_FOUND
                                                              : OUTCOME_CONVERSATION_NOT_FOUND);
        return;
    }
    delivery_forget(d);
    delivery_enter(d, STEP_RESOLVE,
                   first && !by_id ? now : mono_after(d->missing_since, d->limits.settle_ms));
}

/* Which conversation is the newest cannot be read; one that is made now is it. */
static void delivery_take_too_large(struct delivery *d, int64_t delay_ms, struct mono now)
{
    if (d->step != STEP_CONVERSATION && d->step != STEP_CLOSED) {
        delivery_retry(d, d->step, delay_ms, now);
        return;
    }
    d->tries = 0;
    d->resolved_at = now;
    d->was_unassigned = false;
    delivery_enter(d, STEP_POST, now);
}

static void delivery_take_other(struct delivery *d, const struct call *call, const struct answer *answer,
                                int64_t delay_ms, struct mono now)
{
    /* What is optional does not hold a delivery up: a row without its host, a conversation that stays assigned. */
    if (answer->kind != ANSWER_OK && d->step == STEP_HOST) {
        delivery_enter(d, STEP_CONVERSATION, now);
        return;
    }
    if (answer->kind != ANSWER_OK && delivery_cut_short(d))
        return;
    if (answer_leaves_open(answer)) {
        delivery_take_open(d, answer, delay_ms, now);
        return;
    }
    if (answer->incomplete && call->page + 1 >= CUSTOMER_PAGES) {
        delivery_retry(d, d->step, delay_ms, now);
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
        delivery_retry(d, d->step, delay_ms, now);
        break;
    case ANSWER_NOT_FOUND:
        delivery_take_not_found(d, call, answer, now);
        break;
    case ANSWER_REFUSED:
        d->detail = answer->detail;
        delivery_finish(d, OUTCOME_REFUSED_BY_PAPERCUPS);
        break;
    case ANSWER_TOO_LARGE:
        delivery_take_too_large(d, delay_ms, now);
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
