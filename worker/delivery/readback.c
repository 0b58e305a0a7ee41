#include "delivery/readback.h"

#include <stdlib.h>

#include "base/mem.h"
#include "delivery/step.h"

#define READBACK_IDS_MAX  10000 /* customers and conversations of one readback; more is unreadable */
#define READBACK_AGAIN_MS 1000  /* between two readbacks that must both say "absent" */

void readback_done(struct delivery_search *search)
{
    free(search->customers);
    free(search->conversations);
    *search = (struct delivery_search){0};
}

struct call readback_call(const struct delivery *d)
{
    static const enum call_kind first[] = {[ADDRESS_EXTERNAL_ID] = CALL_LIST_CUSTOMERS,
                                           [ADDRESS_CUSTOMER_ID] = CALL_READ_CUSTOMER,
                                           [ADDRESS_CONVERSATION_ID] = CALL_READ_MESSAGES};
    const struct delivery_search *search = &d->search;
    if (d->step == STEP_READBACK)
        return (struct call){.kind = first[d->address], .id = d->to, .page = search->page};
    if (search->customer_next < search->customer_count)
        return (struct call){.kind = CALL_READ_CUSTOMER, .id = search->customers[search->customer_next]};
    return (struct call){.kind = CALL_READ_MESSAGES, .id = search->conversations[search->conversation_next]};
}

/* One readback has gone through everything and has not found it. */
static void readback_absent(struct delivery *d, struct mono now)
{
    readback_done(&d->search);
    d->tries = 0;
    if (!mono_reached(d->absent_from, d->readback_started)) {
        step_enter(d, STEP_READBACK, d->absent_from, "absent, but it may still be under way");
        return;
    }
    if (++d->absent_seen < d->absent_needed) {
        step_enter(d, STEP_READBACK, mono_after(now, READBACK_AGAIN_MS), "absent, and once more to prove it");
        return;
    }
    if (d->refused_by != 0)
        delivery_refused(d, d->refused_by, d->refused_at);
    d->refused_by = 0;
    d->unknown = false;
    delivery_forget(d);
    step_enter(d, STEP_RESOLVE, now, "proven absent");
}

/* A readback that could not be finished says nothing: never a reason to post. */
static void readback_unreadable(struct delivery *d, int64_t delay_ms, struct mono now, const char *why)
{
    readback_done(&d->search);
    d->absent_seen = 0;
    d->tries++;
    step_enter(d, STEP_READBACK, mono_after(now, delay_ms), why);
}

static void readback_add(struct uuid **list, size_t *count, const struct answer *answer)
{
    if (answer->id_count == 0)
        return;
    *list = mem_grow(*list, *count + answer->id_count, sizeof(**list));
    memcpy(*list + *count, answer->ids, answer->id_count * sizeof(**list));
    *count += answer->id_count;
}

void readback_take(struct delivery *d, const struct call *call, const struct answer *answer, int64_t delay_ms,
                   struct mono now)
{
    struct delivery_search *search = &d->search;
    bool gone = answer->kind == ANSWER_NOT_FOUND && call->kind == CALL_READ_CUSTOMER;
    bool more = answer->incomplete && call->kind == CALL_LIST_CUSTOMERS && call->page + 1 < CUSTOMER_PAGES;
    bool too_many = search->customer_count + search->conversation_count + answer->id_count > READBACK_IDS_MAX;
    bool cut = too_many || (answer->incomplete && !more);
    if (gone && !delivery_is_missing(d, now)) {
        delay_ms = mono_after(d->missing_since, d->limits.settle_ms).ms - now.ms;
        readback_unreadable(d, delay_ms, now, "a row is not there, and one 404 is not believed");
        return;
    }
    if ((answer->kind != ANSWER_OK && !gone) || (cut && !answer->mark_found)) {
        readback_unreadable(d, delay_ms, now, cut ? "more than can be read" : answer_word(answer->kind));
        return;
    }
    if (answer->mark_found) {
        if (call->kind == CALL_READ_MESSAGES)
            d->conversation = call->id;
        delivery_there(d, answer);
        return;
    }
    if (call->kind == CALL_LIST_CUSTOMERS)
        readback_add(&search->customers, &search->customer_count, answer);
    else if (call->kind == CALL_READ_CUSTOMER)
        readback_add(&search->conversations, &search->conversation_count, answer);
    if (d->step == STEP_READBACK_LIST && call->kind == CALL_READ_CUSTOMER)
        search->customer_next++;
    else if (d->step == STEP_READBACK_LIST)
        search->conversation_next++;
    if (more) {
        search->page++;
        step_enter(d, STEP_READBACK, now, "there are more rows");
        return;
    }
    if (search->customer_next < search->customer_count ||
        search->conversation_next < search->conversation_count)
        step_enter(d, STEP_READBACK_LIST, now, "not in what is read so far");
    else
        readback_absent(d, now);
}
