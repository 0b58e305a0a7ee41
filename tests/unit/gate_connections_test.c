#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "gate/http/connections.h"

#define COUNT 40

static char gone[128]; /* the numbers of those that were let go, in their order */

static void note(int fd)
{
    size_t size = strlen(gone);
    snprintf(gone + size, sizeof(gone) - size, "%d", fd);
}

struct fixture {
    struct connections connections;
    struct connection list[COUNT];
    size_t added;
};

static void begin(struct fixture *fixture, struct connections_limits limits)
{
    gone[0] = 0;
    *fixture = (struct fixture){.connections = {.limits = limits, .let_go = note}};
    connections_init(&fixture->connections);
}

static struct connection *add_from(struct fixture *fixture, const char *address)
{
    struct connection *connection = &fixture->list[fixture->added];
    connection->fd = (int)fixture->added++;
    snprintf(connection->address, sizeof(connection->address), "%s", address);
    connections_add(&fixture->connections, connection);
    return connection;
}

static struct connection *add(struct fixture *fixture)
{
    return add_from(fixture, "");
}

static void end(struct fixture *fixture)
{
    struct connections_counts counts;
    for (size_t i = 0; i < fixture->added; i++)
        connections_remove(&fixture->connections, &fixture->list[i]);
    connections_count(&fixture->connections, &counts);
    assert_int_equal(counts.open + counts.unfinished + counts.body_bytes, 0);
    connections_done(&fixture->connections);
}

static void of_unfinished_requests_the_one_that_has_waited_longest_goes(void **state)
{
    struct fixture fixture;
    (void)state;
    begin(&fixture, (struct connections_limits){.all = 9, .unfinished = 3, .body_bytes = 9});
    for (int i = 0; i < 3; i++)
        add(&fixture);
    assert_string_equal(gone, "");
    /* The first has its request and is asked for the next: it has waited least now. */
    connections_set(&fixture.connections, &fixture.list[0], CONNECTION_UNDER_WAY);
    connections_set(&fixture.connections, &fixture.list[0], CONNECTION_UNTAKEN);
    connections_set(&fixture.connections, &fixture.list[0], CONNECTION_UNFINISHED);
    add(&fixture);
    assert_string_equal(gone, "1");
    add(&fixture);
    assert_string_equal(gone, "12");
    add(&fixture);
    assert_string_equal(gone, "120");
    struct connections_counts counts;
    connections_count(&fixture.connections, &counts);
    assert_int_equal(counts.unfinished, 3);
    assert_int_equal(counts.for_room, 3);
    end(&fixture);
}

static void who_is_under_way_stays_and_who_does_not_take_a_reply_waits_too(void **state)
{
    struct fixture fixture;
    (void)state;
    begin(&fixture, (struct connections_limits){.all = 4, .unfinished = 4, .body_bytes = 9});
    for (int i = 0; i < 4; i++)
        add(&fixture);
    connections_set(&fixture.connections, &fixture.list[0], CONNECTION_UNTAKEN);
    connections_set(&fixture.connections, &fixture.list[1], CONNECTION_UNDER_WAY);
    connections_set(&fixture.connections, &fixture.list[2], CONNECTION_UNDER_WAY);
    add(&fixture);
    assert_string_equal(gone, "3");
    connections_set(&fixture.connections, &fixture.list[4], CONNECTION_UNDER_WAY);
    add(&fixture);
    assert_string_equal(gone, "30");
    connections_set(&fixture.connections, &fixture.list[5], CONNECTION_UNDER_WAY);
    add(&fixture); /* all others are under way */
    assert_string_equal(gone, "306");
    connections_set(&fixture.connections, &fixture.list[6], CONNECTION_UNDER_WAY); /* too late */
    assert_int_equal(fixture.list[6].state, CONNECTION_LET_GO);
    end(&fixture);
}

static void the_bytes_of_all_bodies_together_are_bounded(void **state)
{
    struct fixture fixture;
    struct connections_counts counts;
    (void)state;
    begin(&fixture, (struct connections_limits){.all = 9, .unfinished = 9, .body_bytes = 10});
    for (int i = 0; i < 4; i++)
        add(&fixture);
    assert_true(connections_body(&fixture.connections, &fixture.list[1], 4, 0));
    assert_true(connections_body(&fixture.connections, &fixture.list[2], 4, 0));
    /* The oldest that has any goes; nothing is taken before it has freed them. */
    assert_false(connections_body(&fixture.connections, &fixture.list[3], 4, 0));
    assert_string_equal(gone, "13");
    connections_count(&fixture.connections, &counts);
    assert_int_equal(counts.body_bytes, 8);
    connections_body_freed(&fixture.connections, &fixture.list[1]);
    assert_true(connections_body(&fixture.connections, &fixture.list[0], 6, 0));
    assert_string_equal(gone, "13");
    /* The oldest is the one that wants more. */
    assert_false(connections_body(&fixture.connections, &fixture.list[0], 1, 0));
    assert_string_equal(gone, "130");
    connections_body_freed(&fixture.connections, &fixture.list[0]);
    /* What is under way is not let go for anybody. */
    connections_set(&fixture.connections, &fixture.list[2], CONNECTION_UNDER_WAY);
    add(&fixture);
    assert_false(connections_body(&fixture.connections, &fixture.list[4], 7, 0));
    assert_string_equal(gone, "1304");
    connections_count(&fixture.connections, &counts);
    assert_int_equal(counts.for_bytes, 4);
    end(&fixture);
}

static void an_address_has_no_limit_unless_one_is_set(void **state)
{
    struct fixture fixture;
    (void)state;
    begin(&fixture, (struct connections_limits){.all = 9, .unfinished = 9, .body_bytes = 9});
    for (int i = 0; i < 9; i++)
        add_from(&fixture, "192.0.2.1");
    assert_string_equal(gone, "");
    end(&fixture);
    begin(&fixture, (struct connections_limits){.all = 9, .unfinished = 9, .body_bytes = 9, .of_address = 2});
    add_from(&fixture, "192.0.2.2");
    for (int i = 0; i < 3; i++)
        add_from(&fixture, "192.0.2.1");
    assert_string_equal(gone, "1");
    connections_set(&fixture.connections, &fixture.list[2], CONNECTION_UNDER_WAY);
    connections_set(&fixture.connections, &fixture.list[3], CONNECTION_UNDER_WAY);
    add_from(&fixture, "192.0.2.1");
    assert_string_equal(gone, "14");
    add_from(&fixture, "192.0.2.2");
    assert_string_equal(gone, "14");
    end(&fixture);
}

static void the_more_are_leaving_the_slower_others_are_accepted(void **state)
{
    struct fixture fixture;
    struct connection next = {.fd = COUNT};
    (void)state;
    begin(&fixture, (struct connections_limits){.all = 4, .unfinished = 4, .body_bytes = 9});
    for (int i = 0; i < 35; i++) /* of which four stay */
        add(&fixture);
    assert_int_equal(connections_add(&fixture.connections, &next), 2);
    connections_remove(&fixture.connections, &next);
    for (size_t i = 0; i < 31; i++) /* their threads have ended */
        connections_remove(&fixture.connections, &fixture.list[i]);
    assert_int_equal(connections_add(&fixture.connections, &next), 0);
    connections_remove(&fixture.connections, &next);
    for (size_t i = 31; i < 35; i++)
        connections_remove(&fixture.connections, &fixture.list[i]);
    connections_done(&fixture.connections);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_unfinished_requests_the_one_that_has_waited_longest_goes),
        cmocka_unit_test(who_is_under_way_stays_and_who_does_not_take_a_reply_waits_too),
        cmocka_unit_test(the_bytes_of_all_bodies_together_are_bounded),
        cmocka_unit_test(an_address_has_no_limit_unless_one_is_set),
        cmocka_unit_test(the_more_are_leaving_the_slower_others_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
