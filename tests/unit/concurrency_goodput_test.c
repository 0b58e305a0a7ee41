/* What the concurrency limit makes of a Papercups that serves less the harder it is pushed, in virtual time: the
 * service model of the stand-in (worker/demo/standin/service.c), and a worker that has a log to work off, of which its memory
 * holds a part. Held against the best of some fixed numbers in flight, for which the memory has no limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "delivery/cache.h"
#include "delivery/concurrency.h"
#include "progress/intake.h"
#include "event/partitioner.h"

#define MOST              16
#define CONVERSATIONS_MAX 300
#define PARTITIONS        12
#define EVENTS            12000 /* the customers take turns */
#define MEMORY_EVENTS     560   /* in the default memory */
#define FETCH_US          20000 /* from one partition's first records to the next one's */
#define PHASES            3     /* all of the capacity, half of it, all of it again */
#define PHASE_US          40000000LL
#define SETTLE_US         10000000LL /* at the beginning of each, which is not looked at */
#define SEEDS             5

enum where { NOWHERE, GOING, WAITING, SERVED, RETURNING };

struct flight {
    enum where where;
    int64_t at_us, began_us; /* when it gets on; SERVED: is served */
    int64_t arrived;         /* WAITING: its place in the order */
    int conversation;
    enum call_kind kind;
};

struct road {
    int fixed; /* so many in flight; 0: what the limit allows */
    struct concurrency concurrency;
    struct rng rng;
    int64_t now_us, round_trip_us, arrivals;
    int capacity, conversations;
    int ready[CONVERSATIONS_MAX], ready_first, ready_count;
    struct intake intakes[PARTITIONS];
    int32_t taken_last;
    int partition[CONVERSATIONS_MAX], next[PARTITIONS]; /* the event of each that is taken next; EVENTS: none is left */
    int waiting[CONVERSATIONS_MAX], in_memory;          /* events of each that were taken, and of all */
    int64_t resolved_us[CONVERSATIONS_MAX];
    bool found[CONVERSATIONS_MAX]; /* its customer is, its conversation is not yet */
    struct flight flights[MOST];
    int in_flight, under_way, served;
    int64_t posted[PHASES];
};

static struct mono now_of(int64_t us)
{
    return (struct mono){us / 1000};
}

static void road_ready(struct road *road, int conversation)
{
    road->ready[(road->ready_first + road->ready_count++) % CONVERSATIONS_MAX] = conversation;
}

/* From `event` on. */
static int road_event_of(const struct road *road, int partition, int event)
{
    while (event < EVENTS && road->partition[event % road->conversations] != partition)
        event++;
    return event;
}

static void road_log(struct road *road)
{
    road->taken_last = -1;
    for (int i = 0; i < road->conversations; i++) {
        char key[32];
        snprintf(key, sizeof(key), "acme/e/customer_%d", i);
        road->partition[i] = partitioner_partition(PARTITIONER_MURMUR2, span_of(key), PARTITIONS);
        road->resolved_us[i] = -CACHE_TTL_MS * 1000LL;
    }
    for (int i = 0; i < PARTITIONS; i++)
        road->next[i] = road_event_of(road, i, 0);
}

/* As many as the memory has room for. */
static void road_take(struct road *road)
{
    int memory = road->fixed > 0 ? EVENTS : MEMORY_EVENTS;
    while (road->in_memory < memory) {
        for (int i = 0; i < PARTITIONS; i++)
            road->intakes[i].waits = road->next[i] < EVENTS && road->now_us >= i * FETCH_US;
        int partition = intake_next(road->intakes, PARTITIONS, road->taken_last);
        if (partition < 0)
            return;
        int event = road->next[partition], conversation = event % road->conversations;
        road->taken_last = partition;
        road->next[partition] = road_event_of(road, partition, event + 1);
        road->intakes[partition].held++;
        road->in_memory++;
        if (road->waiting[conversation]++ == 0)
            road_ready(road, conversation);
    }
}

static void road_settle(struct road *road, int conversation)
{
    road->waiting[conversation]--;
    road->in_memory--;
    road->intakes[road->partition[conversation]].held--;
}

static void road_depart(struct road *road, struct flight *flight, enum call_kind kind)
{
    flight->where = GOING;
    flight->kind = kind;
    flight->began_us = road->now_us;
    flight->at_us = road->now_us + road->round_trip_us / 2;
    road->in_flight++;
}

static bool road_allows(const struct road *road)
{
    return road->fixed > 0 ? road->in_flight < road->fixed
                           : concurrency_allows(&road->concurrency, road->in_flight, now_of(road->now_us));
}

/* A conversation whose customer was asked for lately is posted to. */
static void road_fill(struct road *road)
{
    for (int i = 0; i < MOST && road->ready_count > 0 && road_allows(road); i++) {
        if (road->flights[i].where != NOWHERE)
            continue;
        int conversation = road->flights[i].conversation = road->ready[road->ready_first];
        road->ready_first = (road->ready_first + 1) % CONVERSATIONS_MAX;
        road->ready_count--;
        bool known = road->resolved_us[conversation] + CACHE_TTL_MS * 1000LL > road->now_us;
        road_depart(road, &road->flights[i],
                    known                       ? CALL_POST_MESSAGE
                    : road->found[conversation] ? CALL_LIST_CONVERSATIONS
                                                : CALL_FIND_CUSTOMERS);
    }
}

static int64_t road_cost_us(struct road *road, enum call_kind kind)
{
    double us = kind == CALL_POST_MESSAGE ? 45000 * (1 + 0.0004 * road->conversations) : 3000;
    us *= 0.5 + (double)rng_below(&road->rng, 1001) / 1000;
    return (int64_t)(us * (1 + 0.02 * (road->under_way - 1)));
}

/* Those that wait, first come first served. */
static void road_serve(struct road *road)
{
    while (road->served < road->capacity) {
        struct flight *next = NULL;
        for (int i = 0; i < MOST; i++)
            if (road->flights[i].where == WAITING &&
                (next == NULL || road->flights[i].arrived < next->arrived))
                next = &road->flights[i];
        if (next == NULL)
            return;
        next->where = SERVED;
        next->at_us = road->now_us + road_cost_us(road, next->kind);
        road->served++;
    }
}

static void road_answered(struct road *road, struct flight *flight)
{
    int conversation = flight->conversation;
    if (road->fixed == 0)
        concurrency_succeeded(&road->concurrency, flight->kind, now_of(flight->began_us), road->in_flight,
                              now_of(road->now_us));
    road->in_flight--;
    flight->where = NOWHERE;
    if (flight->kind == CALL_POST_MESSAGE) {
        road->posted[road->now_us / PHASE_US] += road->now_us % PHASE_US >= SETTLE_US;
        road_settle(road, conversation);
    }
    road->found[conversation] = flight->kind == CALL_FIND_CUSTOMERS;
    if (flight->kind == CALL_LIST_CONVERSATIONS)
        road->resolved_us[conversation] = road->now_us;
    if (road->waiting[conversation] > 0)
        road_ready(road, conversation);
}

static void road_step(struct road *road, struct flight *flight)
{
    switch (flight->where) {
    case GOING:
        flight->where = WAITING;
        flight->at_us = INT64_MAX;
        flight->arrived = road->arrivals++;
        road->under_way++;
        break;
    case SERVED:
        road->served--;
        road->under_way--;
        flight->where = RETURNING;
        flight->at_us = road->now_us + road->round_trip_us / 2;
        break;
    case RETURNING:
        road_answered(road, flight);
        break;
    case WAITING:
    case NOWHERE:
        break;
    }
}

static void road_run(struct road *road, int fixed, int conversations, int64_t round_trip_us, uint64_t seed)
{
    *road = (struct road){
        .fixed = fixed, .conversations = conversations, .round_trip_us = round_trip_us, .rng = {seed}};
    concurrency_init(&road->concurrency, MOST);
    road_log(road);
    for (;;) {
        road_take(road);
        road->capacity = road->now_us / PHASE_US == 1 ? 2 : 4;
        road_serve(road);
        road_fill(road);
        struct flight *next = NULL;
        for (int i = 0; i < MOST; i++) {
            struct flight *at = &road->flights[i];
            if (at->where != NOWHERE && at->where != WAITING && (next == NULL || at->at_us < next->at_us))
                next = at;
        }
        assert_non_null(next);
        if (next->at_us >= PHASES * PHASE_US)
            return;
        road->now_us = next->at_us;
        road_step(road, next);
    }
}

static void best_of_fixed(int conversations, int64_t round_trip_us, uint64_t seed, int64_t best[PHASES])
{
    static const int numbers[] = {2, 4, 6, 8, 12, 16};
    static struct road road;
    memset(best, 0, PHASES * sizeof(*best));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        road_run(&road, numbers[i], conversations, round_trip_us, seed);
        for (int phase = 0; phase < PHASES; phase++)
            best[phase] = road.posted[phase] > best[phase] ? road.posted[phase] : best[phase];
    }
}

static double median(double numbers[SEEDS])
{
    for (int i = 1; i < SEEDS; i++)
        for (int j = i; j > 0 && numbers[j] < numbers[j - 1]; j--) {
            double greater = numbers[j - 1];
            numbers[j - 1] = numbers[j];
            numbers[j] = greater;
        }
    return numbers[SEEDS / 2];
}

static void its_goodput_is_95_in_100_of_the_best_fixed_number_s(void **state)
{
    (void)state;
    static const struct {
        int conversations;
        int64_t round_trip_us;
    } rows[] = {{30, 0}, {30, 80000}, {300, 0}, {300, 80000}};
    static struct road road;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        double ratios[PHASES][SEEDS];
        for (int seed = 0; seed < SEEDS; seed++) {
            int64_t best[PHASES];
            best_of_fixed(rows[row].conversations, rows[row].round_trip_us, (uint64_t)seed, best);
            road_run(&road, 0, rows[row].conversations, rows[row].round_trip_us, (uint64_t)seed);
            for (int phase = 0; phase < PHASES; phase++)
                ratios[phase][seed] = (double)road.posted[phase] / (double)best[phase];
        }
        for (int phase = 0; phase < PHASES; phase++) {
            double ratio = median(ratios[phase]);
            print_message("%d conversations, %lld ms, phase %d: %.2f\n", rows[row].conversations,
                          (long long)rows[row].round_trip_us / 1000, phase, ratio);
            if (ratio < 0.95)
                fail_msg("%d conversations, %lld ms, phase %d: %.3f of the best fixed number",
                         rows[row].conversations, (long long)rows[row].round_trip_us / 1000, phase, ratio);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_goodput_is_95_in_100_of_the_best_fixed_number_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
