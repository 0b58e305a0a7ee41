#include "delivery/resolve.h"

#include "delivery/step.h"

/* All rows that answer are known: which customer it is, or none. */
static void resolve_row(struct delivery *d, struct mono now)
{
    size_t count = d->customer_matches;
    if (d->some_email && count != 1) {
        detail_set(
            &d->detail, OUTCOME_CUSTOMER_NOT_FOUND,
            "the pages give an e-mail, and %zu customers with this external_id and host have one: send "
            "the e-mail that the page gives",
            count);
        step_finish(d, OUTCOME_CUSTOMER_NOT_FOUND, "not exactly one row has an e-mail");
    } else if (count > 1 && d->limits.refuse_ambiguous) {
        detail_set(&d->detail, OUTCOME_CUSTOMER_NOT_FOUND,
                   "%zu customers have this external_id and host, and ambiguous_customer = refuse", count);
        step_finish(d, OUTCOME_CUSTOMER_NOT_FOUND, "there are several rows");
    } else if (count == 0) {
        step_enter(d, STEP_CREATE, now, "the widget finds no row");
    } else {
        step_enter(d, STEP_CONVERSATION, now, "the widget finds this row");
    }
}

/* One page of them: the newest row is the one that the widget takes. Not before the last page is anything decided. */
void resolve_customers(struct delivery *d, const struct call *call, const struct answer *answer,
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
        step_enter(d, STEP_RESOLVE, now, "there are more rows");
    else
        resolve_row(d, now);
}

/* A widget that has just heard of the conversation may be between its fetch and its join. Here it is not known whether
 * this worker has begun it: an earlier owner may have, or an event to another form of the customer's address. */
static struct mono resolve_post_from(const struct delivery *d, const struct answer *answer, struct mono now)
{
    bool young = answer->id_count > 0 && answer->age_ms >= 0 && answer->age_ms < d->limits.new_spacing_ms;
    return young ? mono_after(now, d->limits.new_spacing_ms - answer->age_ms) : now;
}

/* Whoever names a conversation means that one; else the account says what becomes of a closed one. */
static bool resolve_reopens(const struct delivery *d)
{
    return d->limits.reopen || d->address == ADDRESS_CONVERSATION_ID;
}

void resolve_conversation(struct delivery *d, const struct call *call, const struct answer *answer,
                          struct mono now)
{
    bool found = answer->id_count > 0;
    const char *why = "this is its conversation";
    if (answer->mark_found) {
        delivery_there(d, answer);
        return;
    }
    if (found)
        d->conversation = answer->ids[0];
    d->was_unassigned = found && answer->unassigned;
    d->post_from = resolve_post_from(d, answer, now);
    if (!found)
        why = "it has no conversation";
    else if (!mono_reached(d->post_from, now))
        why = "this is its conversation, and a young one";
    if (!found && call->kind == CALL_LIST_CONVERSATIONS && d->limits.reopen)
        step_enter(d, STEP_CLOSED, now, "no conversation is open");
    else if (found && answer->closed && resolve_reopens(d))
        step_enter(d, STEP_REOPEN, now, "its conversation is closed");
    else
        step_enter(d, STEP_POST, d->post_from, why);
}

/* What was found before may be gone: it is found out anew, at once, and then once more when there was time to settle. */
void resolve_not_found(struct delivery *d, const struct call *call, const struct answer *answer,
                       struct mono now)
{
    bool by_id = d->step == STEP_RESOLVE && d->address != ADDRESS_EXTERNAL_ID;
    bool first = d->missing_since.ms == 0;
    if (delivery_is_missing(d, now) && !first) {
        d->detail = answer->detail;
        step_finish(d, !by_id                               ? OUTCOME_REFUSED_BY_PAPERCUPS
                           : call->kind == CALL_READ_CUSTOMER ? OUTCOME_CUSTOMER_NOT_FOUND
                                                              : OUTCOME_CONVERSATION_NOT_FOUND,
                    "not there, now as before");
        return;
    }
    delivery_forget(d);
    step_enter(d, STEP_RESOLVE,
               first && !by_id ? now : mono_after(d->missing_since, d->limits.settle_ms),
               "not there: once more");
}

/* Which conversation is the newest cannot be read; one that is made now is it. */
void resolve_too_large(struct delivery *d, int64_t delay_ms, struct mono now)
{
    if (d->step != STEP_CONVERSATION && d->step != STEP_CLOSED) {
        step_retry(d, d->step, delay_ms, now, "too_large");
        return;
    }
    d->tries = 0;
    d->resolved_at = now;
    d->was_unassigned = false;
    step_enter(d, STEP_POST, now, "its conversations cannot be read; one that is begun now is the newest");
}
