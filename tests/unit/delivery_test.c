#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/delivery.h"
#include "papercups/request.h"
#include "unit/tables/table.h"

#define HTTP_TIMEOUT_MS 15000
#define SETTLE_MS       10000
#define START_MS        1000000 /* of the machine's clock: not 0, as in life */

/* A delivery that is led through a story: what it wants, when, and what it is answered. */
struct story {
    struct table *table;
    struct delivery delivery;
    struct rng rng;
    struct mono now; /* of the last answer, or of the beginning */
};

/* "c1" and the like, filled up to 36 characters: a delivery only hands ids on. */
static struct uuid uuid_named(struct span name)
{
    struct uuid id;
    memset(id.text, '0', 36);
    if (name.size > 0)
        memcpy(id.text, name.data, name.size < 36 ? name.size : 36);
    id.text[36] = 0;
    return id;
}

static bool is_named(const struct uuid *id, struct span name)
{
    struct uuid expected = uuid_named(name);
    return name.size == 0 ? id->text[0] == 0 : strcmp(id->text, expected.text) == 0;
}

static int64_t number(struct span *text)
{
    struct span word = span_cut(text, ' ');
    char digits[24] = "";
    memcpy(digits, word.data, word.size < 23 ? word.size : 23);
    return strtoll(digits, NULL, 10);
}

/* ---- the beginning: `external_id` or `customer_id c9`, then any of `deadline MS`, `in_doubt ABSENT_FROM TIMES`,
 * `cached CUSTOMER CONVERSATION`, `found_ago MS`, `new_spacing MS`, `reopen`, `unassign`, `refuse_ambiguous`, `email_given`,
 * `email EMAIL` ---- */

static void story_begin(struct story *story, struct table *table, struct span setup)
{
    struct span form = span_cut(&setup, ' '), id = SPAN_NONE;
    enum address address = span_equal(form, SPAN("customer_id"))       ? ADDRESS_CUSTOMER_ID
                           : span_equal(form, SPAN("conversation_id")) ? ADDRESS_CONVERSATION_ID
                                                                       : ADDRESS_EXTERNAL_ID;
    if (address != ADDRESS_EXTERNAL_ID)
        id = span_cut(&setup, ' ');
    struct uuid to = uuid_named(id);
    struct payload payload = {.address = address, .to = span_of(to.text)};
    struct delivery_limits limits = {
        .http_timeout_ms = HTTP_TIMEOUT_MS, .settle_ms = SETTLE_MS, .unknown_for_ms = 3600 * 1000};
    *story = (struct story){.table = table, .rng = {1}, .now = {START_MS}};
    int64_t deadline_ms = 3600000, absent_from_ms = -1, times = 0;
    struct cached cached = {.customer_matches = 1, .found_at = story->now};
    while (setup.size > 0) {
        struct span word = span_cut(&setup, ' ');
        if (span_equal(word, SPAN("deadline"))) {
            deadline_ms = number(&setup);
        } else if (span_equal(word, SPAN("in_doubt"))) {
            absent_from_ms = number(&setup);
            times = number(&setup);
        } else if (span_equal(word, SPAN("new_spacing"))) {
            limits.new_spacing_ms = number(&setup);
        } else if (span_equal(word, SPAN("reopen"))) {
            limits.reopen = true;
        } else if (span_equal(word, SPAN("unassign"))) {
            limits.unassign = true;
        } else if (span_equal(word, SPAN("refuse_ambiguous"))) {
            limits.refuse_ambiguous = true;
        } else if (span_equal(word, SPAN("email_given"))) {
            limits.email_given = true;
        } else if (span_equal(word, SPAN("email"))) {
            struct span email = span_cut(&setup, ' ');
            payload.root = json_pack("{s:s%}", "email", email.data, email.size);
            payload.customer = payload.root;
        } else if (span_equal(word, SPAN("cached"))) {
            cached.customer = uuid_named(span_cut(&setup, ' '));
            cached.conversation = uuid_named(span_cut(&setup, ' '));
        } else if (span_equal(word, SPAN("found_ago"))) {
            cached.found_at.ms -= number(&setup);
        } else {
            table_broken(table, "no such setting of a story");
        }
    }
    delivery_init(&story->delivery, &payload, &limits, mono_after(story->now, deadline_ms));
    payload_done(&payload);
    if (absent_from_ms >= 0)
        delivery_doubt(&story->delivery, mono_after(story->now, absent_from_ms), (unsigned)times, "");
    if (cached.conversation.text[0] != 0)
        delivery_resolved(&story->delivery, &cached);
}

/* ---- an answer: its word, then any of ids, `mark ID`, `in ID`, `updated TIME`, `incomplete`, `own`, `host_missing`, `closed`,
 * `unassigned`, `age MS`, `retry_after MS`, `took MS` ---- */

static enum answer_kind answer_named(struct table *table, struct span word)
{
    for (int kind = ANSWER_OK; kind <= ANSWER_REFUSED; kind++)
        if (span_equal(word, span_of(answer_word((enum answer_kind)kind))))
            return (enum answer_kind)kind;
    table_broken(table, "no such answer");
    return ANSWER_OK;
}

static void story_answer(struct story *story, const struct call *call, struct span text)
{
    struct answer answer = {.kind = answer_named(story->table, span_cut(&text, ' ')), .age_ms = -1};
    int64_t took_ms = 0;
    answer.ids = calloc(16, sizeof(*answer.ids));
    detail_set(&answer.detail, OUTCOME_NONE, "words of %s", call_word(call->kind));
    while (text.size > 0) {
        struct span word = span_cut(&text, ' ');
        if (span_equal(word, SPAN("mark"))) {
            answer.mark_found = true;
            answer.marked = uuid_named(span_cut(&text, ' '));
        } else if (span_equal(word, SPAN("updated"))) {
            struct span time = span_cut(&text, ' ');
            memcpy(answer.updated_at, time.data, time.size);
        } else if (span_equal(word, SPAN("in"))) {
            answer.marked_in = uuid_named(span_cut(&text, ' '));
        } else if (span_equal(word, SPAN("age"))) {
            answer.age_ms = number(&text);
        } else if (span_equal(word, SPAN("incomplete"))) {
            answer.incomplete = true;
        } else if (span_equal(word, SPAN("own"))) {
            answer.own = true;
        } else if (span_equal(word, SPAN("host_missing"))) {
            answer.host_missing = true;
        } else if (span_equal(word, SPAN("closed"))) {
            answer.closed = true;
        } else if (span_equal(word, SPAN("unassigned"))) {
            answer.unassigned = true;
        } else if (span_equal(word, SPAN("retry_after"))) {
            answer.retry_after_ms = number(&text);
        } else if (span_equal(word, SPAN("took"))) {
            took_ms = number(&text);
        } else {
            answer.ids[answer.id_count++] = uuid_named(word);
        }
    }
    struct call none;
    delivery_calling(&story->delivery, call, story->now);
    story->now = mono_after(story->now, took_ms);
    if (delivery_want(&story->delivery, story->now, &none) != DELIVERY_WAITS)
        table_wrong(story->table, "it does not wait for the answer");
    delivery_take(&story->delivery, call, &answer, story->now, &story->rng);
    answer_done(&answer);
}

/* ---- when: "+MS" exactly, "+FROM..TO" at some time between ---- */

/* Leads the clock to the moment at which the delivery wants something again, and holds it to its time. */
static enum delivery_want story_wait(struct story *story, struct span when, struct call *call)
{
    struct delivery *delivery = &story->delivery;
    struct mono from = story->now;
    when = span_skip(when, 1);
    const char *dots = memmem(when.data, when.size, "..", 2);
    struct span rest = dots == NULL ? when : span_skip(when, (size_t)(dots - when.data) + 2);
    int64_t least_ms = number(&when), most_ms = number(&rest);
    enum delivery_want want = delivery_want(delivery, from, call);
    int64_t waited_ms = want == DELIVERY_WAITS ? delivery->wake.ms - from.ms : 0;
    if (waited_ms < least_ms || waited_ms > most_ms)
        table_wrong(story->table, "it waits for %lld ms", (long long)waited_ms);
    if (waited_ms <= 0)
        return want;
    if (delivery_want(delivery, mono_after(from, waited_ms - 1), call) != DELIVERY_WAITS)
        table_wrong(story->table, "it does not wait until then");
    story->now = mono_after(from, waited_ms);
    return delivery_want(delivery, story->now, call);
}

static void expect_call(struct story *story, enum delivery_want want, const struct call *call,
                        struct span text)
{
    struct span word = span_cut(&text, ' '), page = text;
    bool paged = span_starts(page, SPAN("page "));
    if (paged) {
        page = span_skip(page, 5);
        text = SPAN_NONE;
    }
    if (want == DELIVERY_FINISHED)
        table_wrong(story->table, "it is finished: %s %s", outcome_word(story->delivery.outcome),
                    outcome_reason(story->delivery.outcome));
    else if (want != DELIVERY_CALLS)
        table_wrong(story->table, "it waits");
    else if (!span_equal(word, span_of(call_word(call->kind))) || !is_named(&call->id, text) ||
             call->page != (paged ? number(&page) : 0))
        table_wrong(story->table, "it wants %s %.4s page %u", call_word(call->kind), call->id.text,
                    call->page);
}

/* ---- the end: `posts N`, `message ID`, `conversation ID`, `customer ID`, `matches N`, `found_ago MS`, `detail TEXT` ---- */

static void expect_facts(struct story *story, struct span facts)
{
    const struct delivery *delivery = &story->delivery;
    while (facts.size > 0) {
        struct span word = span_cut(&facts, ' ');
        bool good;
        if (span_equal(word, SPAN("posts"))) {
            good = delivery->attempts == number(&facts);
        } else if (span_equal(word, SPAN("matches"))) {
            good = delivery->customer_matches == (size_t)number(&facts);
        } else if (span_equal(word, SPAN("found_ago"))) {
            good = story->now.ms - delivery->resolved_at.ms == number(&facts);
        } else if (span_equal(word, SPAN("message"))) {
            good = is_named(&delivery->message, span_cut(&facts, ' '));
        } else if (span_equal(word, SPAN("conversation"))) {
            good = is_named(&delivery->conversation, span_cut(&facts, ' '));
        } else if (span_equal(word, SPAN("customer"))) {
            good = is_named(&delivery->customer, span_cut(&facts, ' '));
        } else {
            good = span_equal(word, SPAN("detail")) && span_equal(facts, span_of(delivery->detail.text));
            facts = SPAN_NONE;
        }
        if (!good)
            table_wrong(story->table, "%.*s is not so: %s", SPAN_ARGS(word), delivery->detail.text);
    }
}

static void expect_end(struct story *story, enum delivery_want want, struct span name)
{
    const char *reason = outcome_reason(story->delivery.outcome);
    if (want != DELIVERY_FINISHED)
        table_wrong(story->table, "it is not finished");
    else if (!span_equal(name, span_of(reason[0] == 0 ? outcome_word(story->delivery.outcome) : reason)))
        table_wrong(story->table, "it ends as %s %s", outcome_word(story->delivery.outcome), reason);
    else if (story->delivery.unknown)
        table_wrong(story->table, "finished, and still unknown");
}

/* A row of a story: when | what is wanted | the answer; or when | = outcome | facts. */
static void story_row(struct story *story, struct span when, struct span wanted, struct span last)
{
    struct call call = {.kind = CALL_FIND_CUSTOMERS};
    enum delivery_want want = story_wait(story, when, &call);
    if (span_starts(wanted, SPAN("= "))) {
        expect_end(story, want, span_skip(wanted, 2));
        expect_facts(story, last);
        return;
    }
    expect_call(story, want, &call, wanted);
    if (want == DELIVERY_CALLS && last.data != NULL)
        story_answer(story, &call, last);
}

static void deliveries_go_as_the_stories_tell(void **state)
{
    (void)state;
    struct table table;
    struct story story = {0};
    table_init(&table, TESTS_DIR "/unit/tables/deliveries.txt");
    while (table_next(&table)) {
        if (!span_starts(table.cells[0], SPAN("= "))) {
            story_row(&story, table.cells[0], table.cells[1], table.cells[2]);
            continue;
        }
        delivery_done(&story.delivery);
        story_begin(&story, &table, table.cells[1]);
    }
    delivery_done(&story.delivery);
    table_done(&table);
}

/* "= the call | the beginning | answers up to it, separated by ; ", then rows: an answer to it | when | what follows. */
static void every_answer_to_every_call_leads_where_the_table_says(void **state)
{
    (void)state;
    struct table table;
    struct buf head;
    struct span parts[3] = {{NULL, 0}};
    buf_init(&head, 4096);
    table_init(&table, TESTS_DIR "/unit/tables/answers.txt");
    while (table_next(&table)) {
        if (span_starts(table.cells[0], SPAN("= "))) {
            buf_clear(&head);
            buf_add_span(&head, buf_span(&table.text));
            for (size_t i = 0; i < 3; i++)
                parts[i] = (struct span){
                    table.cells[i].data == NULL ? NULL : head.data + (table.cells[i].data - table.text.data),
                    table.cells[i].size};
            continue;
        }
        struct story story;
        struct call call = {.kind = CALL_FIND_CUSTOMERS};
        struct span before = parts[2];
        story_begin(&story, &table, parts[1]);
        while (before.size > 0) {
            struct span answer = span_cut(&before, ';');
            if (delivery_want(&story.delivery, story.now, &call) != DELIVERY_CALLS)
                story.now = story.delivery.wake;
            if (delivery_want(&story.delivery, story.now, &call) == DELIVERY_CALLS)
                story_answer(&story, &call, answer);
        }
        story_row(&story, SPAN("+0"), span_skip(parts[0], 2), table.cells[0]);
        story_row(&story, table.cells[1], table.cells[2], SPAN_NONE);
        delivery_done(&story.delivery);
    }
    buf_done(&head);
    table_done(&table);
}

/* The longest of the waits after the `tries`-th failure in a row, over many seeds. */
static int64_t longest_wait(bool in_doubt, unsigned tries, enum answer_kind kind)
{
    const struct payload payload = {.address = ADDRESS_EXTERNAL_ID};
    const struct delivery_limits limits = {
        .http_timeout_ms = HTTP_TIMEOUT_MS, .settle_ms = SETTLE_MS, .unknown_for_ms = 3600 * 1000};
    int64_t longest_ms = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct delivery delivery;
        struct rng rng = {seed};
        struct mono now = {START_MS};
        struct call call;
        delivery_init(&delivery, &payload, &limits, mono_after(now, 3600000));
        if (in_doubt)
            delivery_doubt(&delivery, now, 2, "");
        for (unsigned i = 0; i < tries; i++) {
            struct answer answer = {.kind = kind};
            now = delivery.wake.ms > now.ms ? delivery.wake : now;
            assert_int_equal(delivery_want(&delivery, now, &call), DELIVERY_CALLS);
            delivery_calling(&delivery, &call, now);
            delivery_take(&delivery, &call, &answer, now, &rng);
        }
        if (delivery.wake.ms - now.ms > longest_ms)
            longest_ms = delivery.wake.ms - now.ms;
        delivery_done(&delivery);
    }
    return longest_ms;
}

static void waits_double_with_every_failure_in_a_row(void **state)
{
    (void)state;
    const int64_t most_ms[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    for (unsigned tries = 1; tries <= 8; tries++) {
        int64_t most = most_ms[tries - 1];
        assert_in_range(longest_wait(false, tries, ANSWER_NOT_SENT), most * 9 / 10, most);
        assert_in_range(longest_wait(false, tries, ANSWER_SERVER_ERROR), most * 9 / 10, most);
        assert_in_range(longest_wait(true, tries, ANSWER_UNREADABLE), most * 9 / 10, most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deliveries_go_as_the_stories_tell),
        cmocka_unit_test(every_answer_to_every_call_leads_where_the_table_says),
        cmocka_unit_test(waits_double_with_every_failure_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
