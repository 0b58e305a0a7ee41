#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>

#include "audit/life.h"
#include "event/seal.h"
#include "receipt/dead_letter.h"

/* One event's life, out of what three partitions say of its id. */

#define SIGNED_S 1764000000
#define AT_MS    (SIGNED_S * 1000LL)

static const unsigned char mac_key[32] = "the key that receipts are under";

static const struct {
    const char *id, *sender, *secret;
} signers[] = {
    {"one", "backend", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"},
    {"two", "shipping", "whsec_AQECAwQFBgcICQoLDA0ODxAREhMUFRYX"},
    {"gone", "backend", "whsec_AgECAwQFBgcICQoLDA0ODxAREhMUFRYX"}, /* not in the keyring */
};

struct bench {
    struct keyring *keyring;
    struct key keys[3];
    struct truth_rules truth;
    struct life_rules rules;
    struct life life;
    struct life_partition *partition;
};

static bool account_exists(const void *accounts, struct span name)
{
    (void)accounts;
    return span_equal(name, SPAN("acme"));
}

/* A partition of which all is read: the log from `begin`, to 100; the group has come to `committed`. */
static void partition_with(struct bench *bench, int64_t begin, int64_t committed)
{
    bench->partition = life_begin(&bench->life, &(struct life_partition){.id = 3,
                                                                         .events_read = true,
                                                                         .receipts_read = true,
                                                                         .letters_read = true,
                                                                         .committed_known = true,
                                                                         .committed = committed,
                                                                         .log_begin = begin,
                                                                         .log_end = 100,
                                                                         .begin = begin,
                                                                         .end = 100,
                                                                         .receipts_from_ms = INT64_MIN});
}

static int setup(void **state)
{
    static struct bench bench;
    struct buf json;
    struct err err;
    if (sodium_init() < 0)
        return -1;
    buf_init(&json, 10000);
    for (size_t i = 0; i < 3; i++) {
        if (key_read(span_of(signers[i].secret), &bench.keys[i], &err) != 0)
            return -1;
        if (i < 2)
            buf_printf(&json, "%s{\"id\":\"%s\",\"sender\":\"%s\",\"key\":\"%s\",\"accounts\":[\"acme\"]}",
                       i == 0 ? "{\"keys\":[" : ",", signers[i].id, signers[i].sender, signers[i].secret);
    }
    buf_add_text(&json, "]}");
    bench.keyring = keyring_read(buf_span(&json), (const unsigned char *)"0123456789abcdef", &err);
    buf_done(&json);
    bench.truth = (struct truth_rules){.event = {.keyring = bench.keyring, .account_exists = account_exists},
                                       .stamps_are_brokers = true};
    bench.rules = (struct life_rules){
        .event_id = SPAN("evt_1"),
        .ledger = {.events_topic = "events",
                   .receipts_topic = "receipts",
                   .hash_key = "0123456789abcde",
                   .mac_key_count = 1},
        .truth = &bench.truth,
    };
    memcpy(bench.rules.ledger.mac_keys[0], mac_key, sizeof(mac_key));
    life_init(&bench.life, &bench.rules);
    partition_with(&bench, 0, 100);
    *state = &bench;
    return bench.keyring == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    life_done(&bench->life);
    keyring_free(bench->keyring);
    for (size_t i = 0; i < 3; i++)
        key_done(&bench->keys[i]);
    return 0;
}

static void begin_anew(struct bench *bench, int64_t begin, int64_t committed)
{
    life_done(&bench->life);
    life_init(&bench->life, &bench->rules);
    partition_with(bench, begin, committed);
}

struct written {
    int64_t offset;
    int64_t later_s; /* than SIGNED_S: when it was signed, and published 100 ms behind that */
    int64_t late_s;  /* or so much more behind it */
    const char *event_id, *customer;
    size_t signer;
    bool forged;
    const char *key, *body; /* another record key than the payload's, another text than "Hi" */
    struct span letter_of; /* a dead letter instead, of that reason; its place is the record's */
};

static void write_record(struct bench *bench, const struct written *w)
{
    struct sealed sealed;
    struct err err;
    char payload[300];
    snprintf(payload, sizeof(payload),
             "{\"account\":\"acme\",\"to\":{\"customer\":{\"external_id\":\"%s\"}},\"message\":{\"body\":\"%s\"}}",
             w->customer == NULL ? "ada" : w->customer, w->body == NULL ? "Hi" : w->body);
    assert_int_equal(seal(&sealed, &bench->keys[w->signer], span_of(signers[w->signer].id),
                          span_of(w->event_id == NULL ? "evt_1" : w->event_id), SIGNED_S + w->later_s,
                          span_of(payload), &err),
                     0);
    if (w->forged)
        payload[strlen(payload) - 5] = 'h';
    const struct header headers[] = {{SPAN(HEADER_ID), span_of(sealed.event_id)},
                                     {SPAN(HEADER_TIMESTAMP), span_of(sealed.timestamp)},
                                     {SPAN(HEADER_SIGNATURE), span_of(sealed.signature)},
                                     {SPAN(HEADER_KEY), span_of(sealed.key_id)},
                                     {SPAN(DEAD_LETTER_REASON), w->letter_of},
                                     {SPAN(DEAD_LETTER_SOURCE), SPAN("events/3/1")}};
    const struct record record = {.partition = 3,
                                  .offset = w->offset,
                                  .timestamp_ms = AT_MS + (w->later_s + w->late_s) * 1000 + 100,
                                  .key = w->key == NULL ? buf_span(&sealed.routing_key) : span_of(w->key),
                                  .value = span_of(payload),
                                  .headers = headers,
                                  .header_count = w->letter_of.data == NULL ? 4 : 6};
    if (w->letter_of.data == NULL)
        life_record(&bench->life, &record);
    else
        life_letter(&bench->life, &record);
    sealed_done(&sealed);
}

static void record(struct bench *bench, int64_t offset)
{
    write_record(bench, &(struct written){.offset = offset});
}

struct told {
    enum outcome outcome;
    int64_t offset, later_s; /* of the record; so much later than AT_MS + 100 was that */
    const char *event_id, *sender, *key;
    int64_t written_ms; /* the receipt, by its own clock, behind AT_MS */
    const unsigned char *mac_key; /* another than the workers' */
    bool unauthentic, other_version;
};

static void write_receipt(struct bench *bench, const struct told *t)
{
    struct span key = span_of(t->key == NULL ? "acme/e/ada" : t->key);
    const struct receipt receipt = {
        .outcome = t->outcome,
        .event_id = t->unauthentic ? SPAN_NONE : span_of(t->event_id == NULL ? "evt_1" : t->event_id),
        .sender = t->unauthentic ? SPAN_NONE : span_of(t->sender == NULL ? "backend" : t->sender),
        .topic = SPAN("events"),
        .partition = 3,
        .offset = t->offset,
        .record_timestamp_ms = AT_MS + t->later_s * 1000 + 100,
        .admitted_at_ms = AT_MS,
        .finished_at_ms = AT_MS,
        .signed_at_s = SIGNED_S + t->later_s};
    char code[RECEIPT_MAC_TEXT] = "v2,as it is made then";
    struct buf json;
    buf_init(&json, RECEIPT_SIZE_MAX);
    receipt_write(&json, &receipt);
    if (!t->other_version)
        receipt_mac(t->mac_key == NULL ? mac_key : t->mac_key, SPAN("receipts"), 3, key, buf_span(&json), code);
    const struct header header = {SPAN(RECEIPT_MAC), span_of(code)};
    life_receipt(&bench->life, &(struct record){.partition = 3,
                                                .offset = t->offset + 1000,
                                                .timestamp_ms = AT_MS + (t->written_ms == 0 ? 1000 : t->written_ms),
                                                .key = key,
                                                .value = buf_span(&json),
                                                .headers = &header,
                                                .header_count = 1});
    buf_done(&json);
}

static void receipt(struct bench *bench, enum outcome outcome, int64_t offset)
{
    write_receipt(bench, &(struct told){.outcome = outcome, .offset = offset, .unauthentic = outcome_precedes_account(outcome)});
}

static void expect_event(const struct bench *bench, size_t n, const char *word, int64_t offset)
{
    assert_true(n < bench->life.event_count);
    const struct life_event *event = &bench->life.events[n];
    assert_string_equal(life_word(event->verdict, event->outcome), word);
    assert_int_equal(event->offset, offset);
}

/* There is one event, and it is so. */
static void expect(struct bench *bench, const char *word, int64_t offset, enum life_level level)
{
    life_finish(&bench->life);
    assert_int_equal(bench->life.event_count, 1);
    expect_event(bench, 0, word, offset);
    assert_int_equal(life_level(&bench->life), level);
    assert_int_equal(bench->life.forged, LIFE_VERDICTS);
    assert_int_equal(bench->life.none, LIFE_VERDICTS);
}

static void expect_none(struct bench *bench, const char *word, enum life_level level)
{
    life_finish(&bench->life);
    assert_int_equal(bench->life.event_count, 0);
    assert_string_equal(life_word(bench->life.none, OUTCOME_NONE), word);
    assert_int_equal(life_level(&bench->life), level);
}

static void a_delivered_event_is_told_in_the_order_of_time(void **state)
{
    struct bench *bench = *state;
    record(bench, 1);
    write_record(bench, &(struct written){.offset = 2, .event_id = "evt_2"});
    record(bench, 5);
    receipt(bench, OUTCOME_DELIVERED, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 2, .event_id = "evt_2"});
    receipt(bench, OUTCOME_DUPLICATE, 5);
    expect(bench, "delivered", 1, LIFE_LEVEL_FINE);
    const struct life *life = &bench->life;
    const struct {
        enum life_kind kind;
        int64_t of_offset;
        bool repeated;
    } order[] = {{LIFE_RECORD, 1, false}, {LIFE_RECORD, 5, true}, {LIFE_RECEIPT, 1, false}, {LIFE_RECEIPT, 5, false}};
    assert_int_equal(life->moment_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(life->moments[i].kind, order[i].kind);
        assert_int_equal(life->moments[i].of_offset, order[i].of_offset);
        assert_int_equal(life->moments[i].repeated, order[i].repeated);
    }
    assert_string_equal(life->events[0].key, "acme/e/ada");
    assert_string_equal(life->events[0].sender, "backend");
}

static void what_a_clock_behind_has_stamped_stands_behind_its_record(void **state)
{
    struct bench *bench = *state;
    record(bench, 1);
    write_record(bench, &(struct written){.offset = 1, .letter_of = SPAN("gave_up")});
    write_receipt(bench, &(struct told){.outcome = OUTCOME_GAVE_UP, .offset = 1, .written_ms = -7200000});
    expect(bench, "failed", 1, LIFE_LEVEL_WRONG);
    for (int kind = LIFE_RECORD; kind <= LIFE_RECEIPT; kind++)
        assert_int_equal(bench->life.moments[kind].kind, kind);
}

/* A forger's record with the id and the key of a good event. */
static void a_forgery_changes_nothing_of_a_good_event(void **state)
{
    struct bench *bench = *state;
    write_record(bench, &(struct written){.offset = 0, .forged = true});
    record(bench, 1);
    write_record(bench, &(struct written){.offset = 2, .forged = true, .later_s = 9});
    receipt(bench, OUTCOME_BAD_SIGNATURE, 0);
    receipt(bench, OUTCOME_DELIVERED, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_BAD_SIGNATURE, .offset = 2, .later_s = 9, .unauthentic = true});
    expect(bench, "delivered", 1, LIFE_LEVEL_FINE);
    for (size_t i = 0; i < bench->life.moment_count; i++)
        assert_true((bench->life.moments[i].event == LIFE_NO_EVENT) == (bench->life.moments[i].of_offset != 1));
}

static void what_is_only_forged_is_no_event_and_a_good_receipt_does_not_make_it_one(void **state)
{
    struct bench *bench = *state;
    write_record(bench, &(struct written){.offset = 1, .forged = true});
    receipt(bench, OUTCOME_BAD_SIGNATURE, 1);
    life_finish(&bench->life);
    assert_int_equal(bench->life.event_count, 0);
    assert_string_equal(life_word(bench->life.forged, bench->life.forged_outcome), "rejected");
    assert_int_equal(bench->life.forged_outcome, OUTCOME_BAD_SIGNATURE);
    assert_int_equal(life_level(&bench->life), LIFE_LEVEL_WRONG);

    begin_anew(bench, 0, 100); /* under the workers' own secret, and untrue */
    write_record(bench, &(struct written){.offset = 1, .forged = true});
    receipt(bench, OUTCOME_DELIVERED, 1);
    life_finish(&bench->life);
    assert_int_equal(bench->life.event_count, 0);
    assert_true(bench->life.moments[1].untruthful);
    assert_string_equal(life_word(bench->life.forged, OUTCOME_NONE), "no_outcome");
    assert_int_equal(life_level(&bench->life), LIFE_LEVEL_WRONG);
}

static void what_a_worker_found_authentic_stays_so_when_its_key_is_gone(void **state)
{
    struct bench *bench = *state;
    write_record(bench, &(struct written){.offset = 1, .signer = 2});
    receipt(bench, OUTCOME_DELIVERED, 1);
    expect(bench, "delivered", 1, LIFE_LEVEL_FINE);
    assert_int_equal(bench->life.moments[0].event, 0);
    assert_int_equal(bench->life.moments[0].outcome, OUTCOME_UNKNOWN_KEY);
}

static void no_flood_of_forgeries_takes_a_good_records_place(void **state)
{
    struct bench *bench = *state;
    for (int64_t offset = 0; offset < 3 * LIFE_FORGED_MAX; offset++)
        write_record(bench, &(struct written){.offset = offset, .forged = true});
    record(bench, 90);
    receipt(bench, OUTCOME_DELIVERED, 90);
    expect(bench, "delivered", 90, LIFE_LEVEL_FINE);
    assert_int_equal(bench->life.left_out, 2 * LIFE_FORGED_MAX);
}

/* Dead letters that somebody planted, in a partition that is read before. */
static void no_flood_of_dead_letters_takes_a_good_receipts_place(void **state)
{
    struct bench *bench = *state;
    for (int64_t offset = 0; offset < LIFE_RECEIPTS_MAX; offset++)
        write_record(bench, &(struct written){.offset = offset, .forged = true, .letter_of = SPAN("gave_up")});
    record(bench, 1);
    receipt(bench, OUTCOME_GAVE_UP, 1);
    expect(bench, "failed", 1, LIFE_LEVEL_WRONG);
    assert_int_equal(bench->life.left_out, LIFE_RECEIPTS_MAX - LIFE_FORGED_MAX);
}

static void of_a_receipt_that_is_written_often_one_is_kept(void **state)
{
    struct bench *bench = *state;
    record(bench, 1);
    for (size_t i = 0; i < 100; i++)
        receipt(bench, OUTCOME_DELIVERED, 1);
    expect(bench, "delivered", 1, LIFE_LEVEL_FINE);
    assert_int_equal(bench->life.moment_count, 2);
}

/* An id of which there are more events than can be told: a campaign's, to each customer. */
static void what_is_left_out_is_never_called_lost_and_is_said(void **state)
{
    struct bench *bench = *state;
    char key[40];
    record(bench, 1);
    for (int64_t i = 0; i < 2 * LIFE_RECEIPTS_MAX + 10; i++) {
        snprintf(key, sizeof(key), "acme/e/%d", (int)i);
        write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 100 + i, .key = key});
    }
    life_finish(&bench->life);
    expect_event(bench, 0, "not_read", 1);
    assert_int_equal(bench->life.receipt_count, 2 * LIFE_RECEIPTS_MAX);
    assert_int_equal(bench->life.left_out, 10);
    begin_anew(bench, 0, 100);
    for (int64_t i = 0; i < 2 * LIFE_RECEIPTS_MAX + 1; i++) {
        snprintf(key, sizeof(key), "acme/e/%d", (int)i);
        write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 100 + i, .key = key});
    }
    life_finish(&bench->life);
    assert_int_equal(life_level(&bench->life), LIFE_LEVEL_UNTOLD);
}

static void one_id_may_be_several_events(void **state)
{
    struct bench *bench = *state;
    record(bench, 1);
    write_record(bench, &(struct written){.offset = 2, .signer = 1});
    write_record(bench, &(struct written){.offset = 3, .customer = "ben"});
    receipt(bench, OUTCOME_DELIVERED, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_GAVE_UP, .offset = 2, .sender = "shipping"});
    write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 3, .key = "acme/e/ben"});
    life_finish(&bench->life);
    assert_int_equal(bench->life.event_count, 3);
    expect_event(bench, 0, "delivered", 1);
    expect_event(bench, 1, "failed", 2);
    expect_event(bench, 2, "delivered", 3);
    assert_int_equal(life_level(&bench->life), LIFE_LEVEL_WRONG);

    bench->rules.keys[0] = SPAN("acme/e/ben");
    bench->rules.key_count = 1;
    begin_anew(bench, 0, 100);
    record(bench, 1);
    write_record(bench, &(struct written){.offset = 3, .customer = "ben"});
    receipt(bench, OUTCOME_DELIVERED, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 3, .key = "acme/e/ben"});
    expect(bench, "delivered", 3, LIFE_LEVEL_FINE);
    assert_int_equal(bench->life.of_others, 1);
}

static void what_has_no_receipt_waits_or_is_lost(void **state)
{
    struct bench *bench = *state;
    begin_anew(bench, 0, 1);
    record(bench, 1);
    expect(bench, "waiting", 1, LIFE_LEVEL_FINE);
    begin_anew(bench, 0, -1);
    record(bench, 1);
    expect(bench, "waiting", 1, LIFE_LEVEL_FINE);
    begin_anew(bench, 0, 2);
    record(bench, 1);
    expect(bench, "no_outcome", 1, LIFE_LEVEL_WRONG);
    begin_anew(bench, 0, 2);
    bench->partition->receipts_from_ms = AT_MS + 5000;
    record(bench, 1);
    expect(bench, "receipt_gone", 1, LIFE_LEVEL_UNTOLD);
    begin_anew(bench, 0, 2);
    bench->partition->committed_known = false;
    record(bench, 1);
    expect(bench, "no_receipt", 1, LIFE_LEVEL_UNTOLD);
    begin_anew(bench, 0, 2);
    bench->partition->unserved = true;
    record(bench, 1);
    expect(bench, "unserved", 1, LIFE_LEVEL_WRONG);
    begin_anew(bench, 0, 2);
    bench->partition->receipts_read = false;
    record(bench, 1);
    expect(bench, "not_read", 1, LIFE_LEVEL_UNTOLD);
}

static void of_another_versions_receipt_nothing_is_believed_and_its_record_is_not_lost(void **state)
{
    struct bench *bench = *state;
    record(bench, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 1, .other_version = true});
    expect(bench, "other_version", 1, LIFE_LEVEL_UNTOLD);
    assert_int_equal(bench->life.other_version, 1);
}

static void a_receipt_without_a_good_code_is_counted_and_nothing_else(void **state)
{
    static const unsigned char another[32] = "of whoever else writes there";
    struct bench *bench = *state;
    begin_anew(bench, 0, 1);
    record(bench, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 1, .mac_key = another});
    expect(bench, "waiting", 1, LIFE_LEVEL_FINE);
    assert_int_equal(bench->life.foreign, 1);
    assert_int_equal(bench->life.moment_count, 1);
    begin_anew(bench, 0, 2); /* by another mark secret than the workers' all receipts are so: nothing is called lost */
    record(bench, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 1, .mac_key = another});
    expect(bench, "foreign_receipt", 1, LIFE_LEVEL_UNTOLD);
}

/* evt_1 stands in evt_10, and one that is of another mark secret says nothing of an event that it does not name. */
static void a_receipt_without_a_good_code_names_the_whole_id_or_none(void **state)
{
    static const unsigned char another[32] = "of whoever else writes there";
    struct bench *bench = *state;
    record(bench, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 9, .mac_key = another, .event_id = "evt_10"});
    expect(bench, "no_outcome", 1, LIFE_LEVEL_WRONG);
    assert_int_equal(bench->life.foreign, 0);
}

/* Of an older topic of the name, or of another record that stood at the offset. */
static void a_receipt_of_another_record_at_the_offset_is_not_this_ones(void **state)
{
    struct bench *bench = *state;
    begin_anew(bench, 0, 1);
    record(bench, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 1, .later_s = -600, .event_id = "evt_0"});
    expect(bench, "waiting", 1, LIFE_LEVEL_FINE);
    assert_int_equal(bench->life.moment_count, 1);
    begin_anew(bench, 0, 1); /* nor does it name an id */
    write_record(bench, &(struct written){.offset = 1, .forged = true});
    write_receipt(bench, &(struct told){.outcome = OUTCOME_BAD_SIGNATURE, .offset = 1, .later_s = -600, .unauthentic = true});
    life_finish(&bench->life);
    assert_int_equal(bench->life.forged, LIFE_WAITING);
    assert_int_equal(bench->life.moment_count, 1);
}

static void an_untrue_receipt_is_wrong_and_changes_no_verdict(void **state)
{
    struct bench *bench = *state;
    record(bench, 1);
    record(bench, 5);
    receipt(bench, OUTCOME_DELIVERED, 1);
    receipt(bench, OUTCOME_MALFORMED_HEADERS, 5);
    expect(bench, "delivered", 1, LIFE_LEVEL_WRONG);
}

static void what_was_signed_later_counts(void **state)
{
    struct bench *bench = *state;
    record(bench, 1); /* its receipt was deleted */
    write_record(bench, &(struct written){.offset = 8, .later_s = 60});
    write_receipt(bench, &(struct told){.outcome = OUTCOME_FLOOD, .offset = 8, .later_s = 60});
    expect(bench, "failed", 8, LIFE_LEVEL_WRONG);
    begin_anew(bench, 0, 8);
    record(bench, 1);
    write_record(bench, &(struct written){.offset = 8, .later_s = 60});
    receipt(bench, OUTCOME_DELIVERED, 1);
    expect(bench, "delivered", 1, LIFE_LEVEL_FINE);
}

static void what_failed_and_was_sent_again_is_as_the_later_one_ended(void **state)
{
    struct bench *bench = *state;
    begin_anew(bench, 0, 2);
    record(bench, 1);
    write_record(bench, &(struct written){.offset = 8, .later_s = 60});
    receipt(bench, OUTCOME_GAVE_UP, 1);
    write_record(bench, &(struct written){.offset = 1, .letter_of = SPAN("gave_up")});
    expect(bench, "waiting", 8, LIFE_LEVEL_FINE);
    assert_true(bench->life.moments[3].sent_again && bench->life.moments[3].kind == LIFE_RECORD);
    assert_false(bench->life.moments[0].sent_again);
    assert_int_equal(bench->life.events[0].held_record, 3);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 8, .later_s = 60, .written_ms = 61000});
    expect(bench, "delivered", 8, LIFE_LEVEL_FINE);
}

/* Its bytes, published again by whoever has read them. */
static void a_replay_does_not_change_what_is_told_of_an_event(void **state)
{
    struct bench *bench = *state;
    begin_anew(bench, 0, 9);
    record(bench, 1);
    write_record(bench, &(struct written){.offset = 7, .late_s = 120});
    receipt(bench, OUTCOME_GAVE_UP, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_EXPIRED, .offset = 7, .later_s = 120});
    write_record(bench, &(struct written){.offset = 9, .late_s = 180});
    expect(bench, "failed", 1, LIFE_LEVEL_WRONG);
    assert_int_equal(bench->life.events[0].outcome, OUTCOME_GAVE_UP);
    for (size_t i = 0; i < bench->life.moment_count; i++)
        assert_false(bench->life.moments[i].sent_again || bench->life.moments[i].untruthful);
}

/* Its bytes into another partition, or under another key, which is rejected at once, while the event itself waits. */
static void a_replay_that_is_rejected_first_does_not_hide_how_the_event_ended(void **state)
{
    static const enum outcome rejected[] = {OUTCOME_WRONG_PARTITION, OUTCOME_EXPIRED};
    struct bench *bench = *state;
    for (size_t i = 0; i < 2; i++) {
        begin_anew(bench, 0, 9);
        record(bench, 1);
        write_record(bench, &(struct written){.offset = 2});
        write_receipt(bench, &(struct told){.outcome = rejected[i], .offset = 2, .written_ms = 1000});
        write_receipt(bench, &(struct told){.outcome = OUTCOME_GAVE_UP, .offset = 1, .written_ms = 9000});
        life_finish(&bench->life);
        expect_event(bench, 0, "failed", 1);
        assert_int_equal(bench->life.events[0].outcome, OUTCOME_GAVE_UP);
    }
}

static void a_replay_under_another_key_is_of_the_event_that_was_signed(void **state)
{
    struct bench *bench = *state;
    record(bench, 1);
    write_record(bench, &(struct written){.offset = 2, .key = "acme/e/mallory"});
    receipt(bench, OUTCOME_DELIVERED, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_WRONG_ROUTING_KEY, .offset = 2, .key = "acme/e/mallory"});
    expect(bench, "delivered", 1, LIFE_LEVEL_FINE);
}

/* What was signed before its sender corrected it, published again at the end. */
static void the_message_is_held_against_the_record_that_was_delivered(void **state)
{
    struct bench *bench = *state;
    record(bench, 1);
    write_record(bench, &(struct written){.offset = 2, .later_s = 60, .body = "Corrected"});
    receipt(bench, OUTCOME_FLOOD, 1);
    write_receipt(bench, &(struct told){.outcome = OUTCOME_DELIVERED, .offset = 2, .later_s = 60, .written_ms = 61000});
    write_record(bench, &(struct written){.offset = 5, .late_s = 120});
    write_receipt(bench, &(struct told){.outcome = OUTCOME_DUPLICATE, .offset = 5, .later_s = 120, .written_ms = 121000});
    expect(bench, "delivered", 2, LIFE_LEVEL_FINE);
    const struct life_moment *held = &bench->life.moments[bench->life.events[0].held_record];
    assert_int_equal(held->offset, 2);
}

static void of_two_receipts_of_one_record_that_counts_which_outweighs(void **state)
{
    struct bench *bench = *state;
    record(bench, 1);
    receipt(bench, OUTCOME_GAVE_UP, 1);
    receipt(bench, OUTCOME_UNKNOWN, 1);
    expect(bench, "failed", 1, LIFE_LEVEL_WRONG);
    assert_int_equal(bench->life.events[0].outcome, OUTCOME_UNKNOWN);
}

static void a_record_that_is_deleted_is_known_by_its_receipt_or_its_dead_letter(void **state)
{
    struct bench *bench = *state;
    begin_anew(bench, 50, 100);
    receipt(bench, OUTCOME_DELIVERED, 1);
    expect(bench, "delivered", 1, LIFE_LEVEL_FINE);
    assert_true(bench->life.events[0].held_record == SIZE_MAX);
    begin_anew(bench, 50, 100);
    write_record(bench, &(struct written){.offset = 1, .letter_of = SPAN("gave_up")});
    expect(bench, "dead_letter_only", 1, LIFE_LEVEL_UNTOLD);
}

static void a_repetition_of_what_was_not_read_says_so(void **state)
{
    struct bench *bench = *state;
    record(bench, 1);
    receipt(bench, OUTCOME_DUPLICATE, 1);
    expect(bench, "repeats", 1, LIFE_LEVEL_UNTOLD);
}

static void what_is_not_there_was_never_there_or_deleted_or_not_read(void **state)
{
    struct bench *bench = *state;
    expect_none(bench, "not_found", LIFE_LEVEL_WRONG);
    begin_anew(bench, 50, 100);
    expect_none(bench, "deleted_or_never_published", LIFE_LEVEL_WRONG);
    begin_anew(bench, 50, 20);
    expect_none(bench, "maybe_deleted_unread", LIFE_LEVEL_WRONG);
    begin_anew(bench, 50, 100);
    partition_with(bench, 0, -1); /* of which nothing was deleted */
    expect_none(bench, "deleted_or_never_published", LIFE_LEVEL_WRONG);
    begin_anew(bench, 0, 100);
    bench->partition->begin = 60;
    expect_none(bench, "not_in_this_span", LIFE_LEVEL_WRONG);
    begin_anew(bench, 0, 100);
    bench->partition->events_read = false;
    expect_none(bench, "not_read", LIFE_LEVEL_UNTOLD);
    bench->rules.narrowed = true;
    begin_anew(bench, 0, 100);
    expect_none(bench, "not_in_this_span", LIFE_LEVEL_WRONG);
}

static void what_papercups_holds_is_held_against_it(void **state)
{
    static const struct {
        enum outcome outcome;
        enum shown shown;
        bool whole;
        const char *word;
        enum life_level level;
    } rows[] = {
        {OUTCOME_DELIVERED, SHOWN_THERE, true, "delivered", LIFE_LEVEL_FINE},
        {OUTCOME_DELIVERED, SHOWN_THERE, false, "changed", LIFE_LEVEL_WRONG},
        {OUTCOME_DELIVERED, SHOWN_ABSENT, false, "not_shown", LIFE_LEVEL_WRONG},
        {OUTCOME_DELIVERED, SHOWN_NOT_READ, false, "delivered", LIFE_LEVEL_UNTOLD},
        {OUTCOME_GAVE_UP, SHOWN_THERE, true, "shown", LIFE_LEVEL_WRONG},
        {OUTCOME_GAVE_UP, SHOWN_ABSENT, false, "failed", LIFE_LEVEL_WRONG},
        {OUTCOME_DUPLICATE, SHOWN_THERE, true, "delivered", LIFE_LEVEL_FINE},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin_anew(bench, 0, 100);
        record(bench, 1);
        receipt(bench, rows[i].outcome, 1);
        life_finish(&bench->life);
        life_shown(&bench->life, 0, rows[i].shown, rows[i].whole);
        expect_event(bench, 0, rows[i].word, 1);
        assert_int_equal(life_level(&bench->life), rows[i].level);
    }
}

static void every_verdict_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < LIFE_VERDICTS; i++) {
        enum life_verdict verdict = (enum life_verdict)i;
        assert_true(life_word(verdict, OUTCOME_GAVE_UP)[0] != 0);
        assert_true(life_text(verdict, OUTCOME_GAVE_UP)[0] != 0);
        assert_true((life_advice(verdict, OUTCOME_GAVE_UP)[0] != 0) == (verdict != LIFE_DELIVERED));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_delivered_event_is_told_in_the_order_of_time),
        TEST(what_a_clock_behind_has_stamped_stands_behind_its_record),
        TEST(a_forgery_changes_nothing_of_a_good_event),
        TEST(what_is_only_forged_is_no_event_and_a_good_receipt_does_not_make_it_one),
        TEST(what_a_worker_found_authentic_stays_so_when_its_key_is_gone),
        TEST(no_flood_of_forgeries_takes_a_good_records_place),
        TEST(no_flood_of_dead_letters_takes_a_good_receipts_place),
        TEST(of_a_receipt_that_is_written_often_one_is_kept),
        TEST(what_is_left_out_is_never_called_lost_and_is_said),
        TEST(one_id_may_be_several_events),
        TEST(what_has_no_receipt_waits_or_is_lost),
        TEST(of_another_versions_receipt_nothing_is_believed_and_its_record_is_not_lost),
        TEST(a_receipt_without_a_good_code_is_counted_and_nothing_else),
        TEST(a_receipt_without_a_good_code_names_the_whole_id_or_none),
        TEST(a_receipt_of_another_record_at_the_offset_is_not_this_ones),
        TEST(an_untrue_receipt_is_wrong_and_changes_no_verdict),
        TEST(what_was_signed_later_counts),
        TEST(what_failed_and_was_sent_again_is_as_the_later_one_ended),
        TEST(a_replay_does_not_change_what_is_told_of_an_event),
        TEST(a_replay_that_is_rejected_first_does_not_hide_how_the_event_ended),
        TEST(a_replay_under_another_key_is_of_the_event_that_was_signed),
        TEST(the_message_is_held_against_the_record_that_was_delivered),
        TEST(of_two_receipts_of_one_record_that_counts_which_outweighs),
        TEST(a_record_that_is_deleted_is_known_by_its_receipt_or_its_dead_letter),
        TEST(a_repetition_of_what_was_not_read_says_so),
        TEST(what_is_not_there_was_never_there_or_deleted_or_not_read),
        TEST(what_papercups_holds_is_held_against_it),
        TEST(every_verdict_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
