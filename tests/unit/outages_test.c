#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka/outages.h"

#define QUIET_MS 35000 /* none is over before */

static const struct config config = {.bootstrap_servers = (char *)(uintptr_t) "kafka:9092",
                                     .receipts_topic = (char *)(uintptr_t) "bot.receipts",
                                     .dead_topic = (char *)(uintptr_t) "bot.dead"};

static struct mono at(int64_t ms)
{
    return (struct mono){ms};
}

static void it_lasts_until_a_record_was_taken_and_none_was_refused_for_longer_than_a_record_waits(void **state)
{
    (void)state;
    struct outages outages;
    const struct outage *receipts = &outages.list[0];
    outages_init(&outages, &config);
    assert_int_equal(outages_deadline(&outages).ms, MONO_NEVER.ms);
    for (int64_t ms = 0; ms < 100000; ms += 500)
        outages_failed(&outages, "bot.receipts", RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, at(ms));
    assert_int_equal(receipts->failures, 200);
    outages_turn(&outages, at(1000000));
    assert_true(receipts->stands);
    outages_taken(&outages, "bot.receipts");
    outages_failed(&outages, "bot.receipts", RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, at(1000000));
    assert_int_equal(outages_deadline(&outages).ms, MONO_NEVER.ms); /* since then none was taken */
    outages_taken(&outages, "bot.receipts");
    assert_int_equal(outages_deadline(&outages).ms, 1000000 + QUIET_MS);
    outages_turn(&outages, at(1000000 + QUIET_MS - 1));
    assert_true(receipts->stands);
    outages_turn(&outages, at(1000000 + QUIET_MS));
    assert_false(receipts->stands);
    assert_int_equal(receipts->failures, 201);
    assert_int_equal(outages_deadline(&outages).ms, MONO_NEVER.ms);
}

static void each_topic_has_its_own(void **state)
{
    (void)state;
    struct outages outages;
    outages_init(&outages, &config);
    outages_failed(&outages, "bot.dead", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, at(0));
    outages_taken(&outages, "bot.receipts");
    outages_turn(&outages, at(QUIET_MS));
    assert_true(outages.list[1].stands);
    assert_false(outages.list[0].stands);
    assert_int_equal(outages.list[0].failures, 0);
}

/* What is told is remembered: each reason once, and what says nothing only where nothing else was told. */
static void each_reason_is_told_once(void **state)
{
    (void)state;
    struct outages outages;
    outages_init(&outages, &config);
    unsigned *told = &outages.list[0].told;
    outages_failed(&outages, "bot.receipts", RD_KAFKA_RESP_ERR__DESTROY, at(0));
    assert_int_equal(*told, 0);
    outages_failed(&outages, "bot.receipts", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, at(0));
    unsigned gone = *told;
    assert_int_not_equal(gone, 0);
    outages_failed(&outages, "bot.receipts", RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, at(1));
    assert_int_equal(*told, gone);
    outages_failed(&outages, "bot.receipts", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, at(2));
    assert_int_not_equal(*told, gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_lasts_until_a_record_was_taken_and_none_was_refused_for_longer_than_a_record_waits),
        cmocka_unit_test(each_topic_has_its_own),
        cmocka_unit_test(each_reason_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
