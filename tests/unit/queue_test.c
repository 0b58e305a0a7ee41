#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "delivery/queue.h"

static const unsigned char hash_key[16] = "0123456789abcdef";

/* The items of the queue by their place in `all`, from the head on. */
static void expect_items(const struct queue *queue, const struct queue_item *all, const char *places)
{
    char found[8] = "";
    size_t count = 0;
    const struct queue_item *last = NULL;
    for (const struct queue_item *item = queue->head; item != NULL && count < 7; item = item->next) {
        found[count++] = (char)('0' + (item - all));
        last = item;
    }
    assert_string_equal(found, places);
    assert_int_equal(queue->length, strlen(places));
    if (last != NULL)
        assert_ptr_equal(queue->tail, last);
}

static void items_leave_in_their_order_and_from_any_place(void **state)
{
    (void)state;
    struct queue queue = {0};
    struct queue_item items[5] = {{0}};
    for (size_t i = 0; i < 5; i++)
        queue_push(&queue, &items[i]);
    expect_items(&queue, items, "01234");
    queue_remove(&queue, &items[2]);
    expect_items(&queue, items, "0134");
    queue_remove(&queue, &items[4]);
    expect_items(&queue, items, "013");
    queue_remove(&queue, &items[0]);
    queue_push(&queue, &items[0]);
    expect_items(&queue, items, "130");
    queue_remove(&queue, &items[1]);
    queue_remove(&queue, &items[3]);
    queue_remove(&queue, &items[0]);
    expect_items(&queue, items, "");
    assert_null(queue.head);
    queue_push_first(&queue, &items[2]);
    expect_items(&queue, items, "2");
    queue_push(&queue, &items[0]);
    queue_push_first(&queue, &items[4]);
    expect_items(&queue, items, "420");
}

static void a_key_has_one_queue_and_the_queue_its_own_copy_of_the_key(void **state)
{
    (void)state;
    struct queues queues;
    char key[] = "acme/e/1";
    queues_init(&queues, hash_key);
    struct queue *one = queues_take(&queues, span_of(key));
    key[7] = '2';
    struct queue *two = queues_take(&queues, span_of(key));
    assert_ptr_not_equal(one, two);
    assert_ptr_equal(queues_take(&queues, SPAN("acme/e/1")), one);
    assert_ptr_equal(queues_take(&queues, SPAN("acme/e/2")), two);
    assert_ptr_not_equal(queues_take(&queues, SPAN("acme/e/1\0")), one);
    assert_int_equal(queues.by_key.count, 3);
    queues_done(&queues);
}

static void a_queue_stays_while_something_waits_in_it_or_its_pause_lasts(void **state)
{
    (void)state;
    struct queues queues;
    struct queue_item item = {0};
    queues_init(&queues, hash_key);
    struct queue *queue = queues_take(&queues, SPAN("a"));
    queue->not_before = (struct mono){100};
    queue_push(queue, &item);
    queues_tidy(&queues, queue, (struct mono){200});
    assert_int_equal(queues.by_key.count, 1);
    queue_remove(queue, &item);
    queues_tidy(&queues, queue, (struct mono){99});
    assert_int_equal(queues.by_key.count, 1);
    queue->woken = true; /* the engine has it in a list */
    queues_tidy(&queues, queue, (struct mono){100});
    assert_int_equal(queues.by_key.count, 1);
    queue->woken = false;
    queues_tidy(&queues, queue, (struct mono){100});
    assert_int_equal(queues.by_key.count, 0);
    queues_done(&queues);
}

static void a_sweep_takes_all_whose_pause_is_over_and_no_other(void **state)
{
    (void)state;
    struct queues queues;
    struct queue_item item = {0};
    queues_init(&queues, hash_key);
    for (int i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%d", i);
        queues_take(&queues, span_of(key))->not_before = (struct mono){i};
    }
    queue_push(queues_take(&queues, SPAN("0")), &item);
    queues_sweep(&queues, (struct mono){499});
    assert_int_equal(queues.by_key.count, 501);
    assert_ptr_equal(queues_take(&queues, SPAN("0"))->head, &item);
    queue_remove(queues_take(&queues, SPAN("0")), &item);
    queues_sweep(&queues, (struct mono){1000});
    assert_int_equal(queues.by_key.count, 0);
    queues_done(&queues);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_leave_in_their_order_and_from_any_place),
        cmocka_unit_test(a_key_has_one_queue_and_the_queue_its_own_copy_of_the_key),
        cmocka_unit_test(a_queue_stays_while_something_waits_in_it_or_its_pause_lasts),
        cmocka_unit_test(a_sweep_takes_all_whose_pause_is_over_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
