#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "delivery/delivery.h"

#define RUNS            6000
#define HTTP_TIMEOUT_MS 15000
#define SETTLE_MS       10000
#define NEVER           INT64_MAX
#define CUSTOMERS_MAX   64
#define PLACES_MAX      256
#define PAGE_SIZE       2
/* Past its deadline an unknown one is read for an hour; a wait is five minutes at most, a call a quarter of one. */
#define AFTER_DEADLINE_MS (3600000 + 2 * (300000 + HTTP_TIMEOUT_MS))

/* A little Papercups that keeps what it stores and tells the truth, if late: what a request does, it has done before
 * the settle time after its end is over. */
struct customer {
    struct uuid id;
    int64_t appears_ms;
};

struct place {
    struct uuid id;
    size_t customer;
    bool open;
    int64_t appears_ms, message_ms; /* when our message is in it */
};

struct model {
    struct rng rng;
    uint64_t seed;
    int64_t now_ms, trouble; /* of 100 calls so many go wrong */
    struct customer customers[CUSTOMERS_MAX];
    struct place places[PLACES_MAX];
    size_t customer_count, place_count, planted;
    int stored;
    bool was_in_doubt;
    struct delivery delivery;
};

static bool chance(struct model *m, int64_t percent)
{
    return rng_below(&m->rng, 100) < percent;
}

static struct uuid uuid_number(char letter, size_t number)
{
    struct uuid id;
    snprintf(id.text, sizeof(id.text), "%c%07zx-0000-4000-8000-000000000000", letter, number);
    return id;
}

static size_t add_customer(struct model *m, int64_t appears_ms)
{
    size_t at = m->customer_count++;
    assert_true(at < CUSTOMERS_MAX);
    m->customers[at] = (struct customer){uuid_number('c', at), appears_ms};
    return at;
}

static size_t add_place(struct model *m, size_t customer, int64_t appears_ms, bool open)
{
    size_t at = m->place_count++;
    assert_true(at < PLACES_MAX);
    m->places[at] = (struct place){uuid_number('a', at), customer, open, appears_ms, NEVER};
    return at;
}

static struct customer *customer_of(struct model *m, const struct uuid *id)
{
    for (size_t i = 0; i < m->customer_count; i++)
        if (strcmp(m->customers[i].id.text, id->text) == 0)
            return &m->customers[i];
    fail_msg("seed %llu: an id that nobody gave", (unsigned long long)m->seed);
    return NULL;
}

static struct place *place_of(struct model *m, const struct uuid *id)
{
    for (size_t i = 0; i < m->place_count; i++)
        if (strcmp(m->places[i].id.text, id->text) == 0)
            return &m->places[i];
    fail_msg("seed %llu: an id that nobody gave", (unsigned long long)m->seed);
    return NULL;
}

static void store(struct model *m, struct place *place, int64_t at_ms)
{
    place->message_ms = at_ms;
    m->stored++;
}

/* ---- what a write does; `at_ms`: when ---- */

static void write_happens(struct model *m, const struct call *call, int64_t at_ms, bool half,
                          struct answer *out)
{
    out->ids = calloc(1, sizeof(*out->ids));
    out->id_count = 1;
    out->ids[0] = call->id;
    if (call->kind == CALL_CREATE_CUSTOMER) {
        out->ids[0] = m->customers[add_customer(m, at_ms)].id;
    } else if (call->kind == CALL_POST_CONVERSATION) { /* two writes, not one transaction */
        size_t customer = (size_t)(customer_of(m, &call->id) - m->customers);
        size_t place = add_place(m, customer, at_ms, true);
        out->ids[0] = m->places[place].id;
        if (!half)
            store(m, &m->places[place], at_ms);
    } else if (call->kind == CALL_POST_MESSAGE) {
        store(m, place_of(m, &call->id), at_ms);
    } else if (call->kind == CALL_REOPEN) {
        place_of(m, &call->id)->open = true;
    }
}

/* ---- what a read says, of the moment at which it was asked ---- */

static void read_customers(const struct model *m, unsigned page, struct answer *out)
{
    size_t seen = 0;
    out->ids = calloc(PAGE_SIZE, sizeof(*out->ids));
    for (size_t i = m->customer_count; i-- > 0;) {
        if (m->customers[i].appears_ms > m->now_ms)
            continue;
        if (seen / PAGE_SIZE == page)
            out->ids[out->id_count++] = m->customers[i].id;
        out->incomplete = seen / PAGE_SIZE > page;
        seen++;
    }
}

static void read_places(const struct model *m, const struct call *call, struct answer *out)
{
    out->ids = calloc(PLACES_MAX, sizeof(*out->ids));
    for (size_t i = m->place_count; i-- > 0;) {
        const struct place *place = &m->places[i];
        bool listed =
            call->kind == CALL_READ_CUSTOMER || place->open == (call->kind == CALL_LIST_CONVERSATIONS);
        if (strcmp(m->customers[place->customer].id.text, call->id.text) != 0 || !listed ||
            place->appears_ms > m->now_ms)
            continue;
        out->ids[out->id_count++] = place->id;
        out->closed = out->closed || !place->open;
        if (call->kind != CALL_READ_CUSTOMER && place->message_ms <= m->now_ms)
            out->mark_found = true;
    }
}

static void read_truth(struct model *m, const struct call *call, struct answer *out)
{
    if (call->kind == CALL_FIND_CUSTOMERS || call->kind == CALL_LIST_CUSTOMERS) {
        read_customers(m, call->page, out);
    } else if (call->kind == CALL_READ_MESSAGES || call->kind == CALL_READ_CONVERSATION) {
        const struct place *place = place_of(m, &call->id);
        out->closed = !place->open;
        out->unassigned = true;
        out->mark_found = place->message_ms <= m->now_ms;
        out->ids = calloc(1, sizeof(*out->ids));
        out->ids[0] = place->id;
        out->id_count = call->kind == CALL_READ_CONVERSATION;
    } else {
        read_places(m, call, out);
        out->host_missing = chance(m, 20);
    }
}

/* ---- an answer ---- */

static void go_wrong(struct model *m, const struct call *call, int64_t end_ms, struct answer *out)
{
    static const enum answer_kind kinds[] = {ANSWER_SERVER_ERROR, ANSWER_LOST,         ANSWER_UNREADABLE,
                                             ANSWER_SERVER_ERROR, ANSWER_LOST,         ANSWER_LATER,
                                             ANSWER_NOT_SENT,     ANSWER_UNAUTHORIZED, ANSWER_REDIRECTED};
    struct answer unseen = {.kind = ANSWER_OK};
    out->kind = kinds[rng_below(&m->rng, sizeof(kinds) / sizeof(kinds[0]))];
    out->retry_after_ms = rng_below(&m->rng, 400000);
    bool unclear =
        out->kind == ANSWER_SERVER_ERROR || out->kind == ANSWER_LOST || out->kind == ANSWER_UNREADABLE;
    if (call_posts(call) && chance(m, 5))
        out->kind = chance(m, 50) ? ANSWER_NOT_FOUND : ANSWER_REFUSED;
    else if (call_writes(call) && unclear && chance(m, 60))
        write_happens(m, call, m->now_ms + rng_below(&m->rng, end_ms + SETTLE_MS - m->now_ms), chance(m, 30),
                      &unseen);
    free(unseen.ids);
}

static void answer_call(struct model *m, const struct call *call)
{
    struct answer answer = {.kind = ANSWER_OK};
    int64_t end_ms = m->now_ms + rng_below(&m->rng, chance(m, 20) ? HTTP_TIMEOUT_MS : 200) + 1;
    struct rng jitter = {rng_next(&m->rng)};
    delivery_calling(&m->delivery, call, (struct mono){m->now_ms});
    if (chance(m, m->trouble))
        go_wrong(m, call, end_ms, &answer);
    else if (call_writes(call))
        write_happens(m, call, m->now_ms, false, &answer);
    else
        read_truth(m, call, &answer);
    m->now_ms = end_ms;
    if (m->place_count > 0 && chance(m, 5)) { /* an agent */
        struct place *place = &m->places[rng_below(&m->rng, (int64_t)m->place_count)];
        place->open = !place->open;
    }
    delivery_take(&m->delivery, call, &answer, (struct mono){m->now_ms}, &jitter);
    answer_done(&answer);
}

/* ---- a run ---- */

/* Who was here before: customers, conversations, perhaps another worker that posted and did not say so. */
static void model_plant(struct model *m)
{
    for (int64_t i = rng_below(&m->rng, 6); i > 0; i--)
        add_customer(m, 0);
    for (int64_t i = m->customer_count == 0 ? 0 : rng_below(&m->rng, 8); i > 0; i--)
        add_place(m, (size_t)rng_below(&m->rng, (int64_t)m->customer_count), 0, chance(m, 50));
    m->planted = m->customer_count;
}

static void model_begin(struct model *m, uint64_t seed)
{
    *m = (struct model){.rng = {seed}, .seed = seed, .now_ms = 1000000};
    m->trouble = rng_below(&m->rng, 4) * 30;
    model_plant(m);
    struct payload payload = {.address = ADDRESS_EXTERNAL_ID};
    struct uuid to;
    if (m->place_count > 0 && chance(m, 40)) {
        bool customer = chance(m, 50);
        to = customer ? m->customers[0].id : m->places[0].id;
        payload.address = customer ? ADDRESS_CUSTOMER_ID : ADDRESS_CONVERSATION_ID;
        payload.to = span_of(to.text);
    }
    const struct delivery_limits limits = {.http_timeout_ms = HTTP_TIMEOUT_MS,
                                           .settle_ms = SETTLE_MS,
                                           .unknown_for_ms = 3600 * 1000,
                                           .reopen = chance(m, 30),
                                           .unassign = chance(m, 30)};
    struct mono deadline = {m->now_ms + rng_below(&m->rng, 1200000)};
    delivery_init(&m->delivery, &payload, &limits, deadline);
    m->was_in_doubt = chance(m, 30);
    if (m->was_in_doubt) {
        int64_t absent_from_ms = m->now_ms + HTTP_TIMEOUT_MS + SETTLE_MS;
        delivery_doubt(&m->delivery, (struct mono){absent_from_ms}, 2, "");
        struct place *place = &m->places[0]; /* one that every form of address leads to */
        if (m->place_count > 0 && chance(m, 50) &&
            (payload.address != ADDRESS_CUSTOMER_ID || place->customer == 0))
            store(m, place, absent_from_ms - 1 - rng_below(&m->rng, 60000));
    } else if (m->place_count > 0 && payload.address == ADDRESS_EXTERNAL_ID && chance(m, 20)) {
        const struct cached where = {m->customers[m->places[0].customer].id, m->places[0].id, 1,
                                     {m->now_ms - rng_below(&m->rng, 2 * CACHE_TTL_MS)}};
        delivery_resolved(&m->delivery, &where);
    }
}

static void expect_may_post(const struct model *m)
{
    if (m->delivery.unknown)
        fail_msg("seed %llu: a post while it is unknown", (unsigned long long)m->seed);
    if (m->stored > 0)
        fail_msg("seed %llu: a second post of what is stored", (unsigned long long)m->seed);
    if (m->now_ms >= m->delivery.deadline.ms)
        fail_msg("seed %llu: a post after the deadline", (unsigned long long)m->seed);
}

static void expect_end(const struct model *m)
{
    enum outcome outcome = m->delivery.outcome;
    int expected = outcome == OUTCOME_DELIVERED ? 1 : 0;
    if (m->stored != expected && outcome != OUTCOME_UNKNOWN)
        fail_msg("seed %llu: %s %s, and stored %d times", (unsigned long long)m->seed, outcome_word(outcome),
                 outcome_reason(outcome), m->stored);
    if (m->trouble == 0 && outcome != OUTCOME_DELIVERED && m->delivery.deadline.ms > 1100000)
        fail_msg("seed %llu: without trouble, and not delivered", (unsigned long long)m->seed);
    if (m->customer_count > m->planted + 1)
        fail_msg("seed %llu: more than one customer was made", (unsigned long long)m->seed);
}

static void run(struct model *m, uint64_t seed)
{
    model_begin(m, seed);
    int64_t end_ms = m->delivery.deadline.ms + AFTER_DEADLINE_MS;
    struct call call;
    enum delivery_want want;
    while ((want = delivery_want(&m->delivery, (struct mono){m->now_ms}, &call)) != DELIVERY_FINISHED) {
        if (m->now_ms > end_ms)
            fail_msg("seed %llu: it never ends", (unsigned long long)m->seed);
        if (want == DELIVERY_WAITS) {
            assert_true(m->delivery.wake.ms > m->now_ms);
            m->now_ms = m->delivery.wake.ms;
            continue;
        }
        if (call_posts(&call))
            expect_may_post(m);
        answer_call(m, &call);
    }
    expect_end(m);
    delivery_done(&m->delivery);
}

static void whatever_is_answered_it_ends_is_shown_at_most_once_and_told_as_it_is(void **state)
{
    (void)state;
    static struct model m;
    size_t outcomes[OUTCOME_COUNT] = {0};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        run(&m, seed);
        outcomes[m.delivery.outcome]++;
    }
    /* The runs come to every end that there is. */
    assert_true(outcomes[OUTCOME_DELIVERED] > RUNS / 3);
    assert_true(outcomes[OUTCOME_GAVE_UP] > RUNS / 20);
    assert_true(outcomes[OUTCOME_REFUSED_BY_PAPERCUPS] > 0);
    assert_true(outcomes[OUTCOME_UNKNOWN] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_answered_it_ends_is_shown_at_most_once_and_told_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
