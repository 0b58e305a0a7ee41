#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>

#include "event/partitioner.h"
#include "unit/tables/table.h"

static void keys_lie_where_the_other_clients_put_them(void **state)
{
    (void)state;
    struct table table; /* for its lines */
    table_init(&table, TESTS_DIR "/vectors/partitions.jsonl");
    while (getline(&table.raw, &table.raw_size, table.file) > 0) {
        json_t *row = json_loads(table.raw, 0, NULL);
        const json_t *key_value = json_object_get(row, "key");
        struct span key = {json_string_value(key_value), json_string_length(key_value)};
        int32_t count = (int32_t)json_integer_value(json_object_get(row, "partitions"));
        char *copy = table_exact(key);
        struct span exact = {copy, key.size};
        table.line++;
        if (partitioner_partition(PARTITIONER_MURMUR2, exact, count) !=
            json_integer_value(json_object_get(row, "murmur2")))
            table_wrong(&table, "murmur2 puts it elsewhere");
        if (partitioner_partition(PARTITIONER_CRC32, exact, count) !=
            json_integer_value(json_object_get(row, "crc32")))
            table_wrong(&table, "crc32 puts it elsewhere");
        free(copy);
        json_decref(row);
    }
    assert_true(table.line >= 50);
    table_done(&table);
}

static void a_partition_is_never_outside_the_topic(void **state)
{
    (void)state;
    const int32_t counts[] = {1, 2, 3, 7, 1000, INT32_MAX};
    for (int i = 0; i < 2000; i++) {
        char key[24];
        snprintf(key, sizeof(key), "acme/e/%d", i);
        for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
            int32_t java = partitioner_partition(PARTITIONER_MURMUR2, span_of(key), counts[c]);
            int32_t librdkafka = partitioner_partition(PARTITIONER_CRC32, span_of(key), counts[c]);
            if (java < 0 || java >= counts[c] || librdkafka < 0 || librdkafka >= counts[c])
                fail_msg("%s of %d", key, (int)counts[c]);
        }
    }
    assert_true(partitioner_partition(PARTITIONER_MURMUR2, SPAN_NONE, 6) >= 0);
    assert_true(partitioner_partition(PARTITIONER_CRC32, SPAN_NONE, 6) >= 0);
}

static void the_setting_that_a_producer_needs_is_named(void **state)
{
    (void)state;
    assert_string_equal(partitioner_setting(PARTITIONER_MURMUR2), "partitioner=murmur2_random");
    assert_string_equal(partitioner_setting(PARTITIONER_CRC32), "partitioner=consistent_random");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_lie_where_the_other_clients_put_them),
        cmocka_unit_test(a_partition_is_never_outside_the_topic),
        cmocka_unit_test(the_setting_that_a_producer_needs_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
