#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include "gate/access/site.h"
#include "gate/http/address.h"

#define PUBLIC "https://gate.example"

static const struct site_names public_only = {PUBLIC, NULL}, none = {NULL, NULL};

static void a_host_is_ours_by_a_name_of_this_machine_or_the_public_one(void **state)
{
    static const char *const ours[] = {"localhost",  "localhost:8787", "LocalHost:1",
                                       "127.0.0.1",  "127.0.0.1:8787", "[::1]",
                                       "[::1]:8787", "gate.example",   "GATE.example",
                                       "gate.example:443"};
    static const char *const foreign[] = {"",
                                          "evil.example",
                                          "localhost.evil.example",
                                          "evil.example:8787",
                                          "127.0.0.1.evil.example",
                                          "gate.example.evil.example",
                                          "gate.example:444",
                                          "gate.example:80",
                                          "gate.example:443:443",
                                          "gate.example.",
                                          "localhost:",
                                          "localhost:99999",
                                          "localhost:0",
                                          "localhost@evil.example",
                                          "localhost evil.example",
                                          "[::1",
                                          "[::2]",
                                          "127.0.0.2",
                                          "0.0.0.0",
                                          "https://gate.example"};
    (void)state;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (!site_host_is_ours(span_of(ours[i]), &public_only))
            fail_msg("%s", ours[i]);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (site_host_is_ours(span_of(foreign[i]), &public_only))
            fail_msg("%s", foreign[i]);
    assert_true(site_host_is_ours(SPAN("localhost"), &none));
    assert_false(site_host_is_ours(SPAN("gate.example"), &none));
    assert_false(site_host_is_ours(SPAN_NONE, &none));
    assert_false(site_host_is_ours(SPAN(""), &(struct site_names){"", ""}));
}

static void a_public_url_may_have_the_port_that_its_scheme_has_anyway(void **state)
{
    const struct site_names secure = {"https://gate.example:443", NULL}, plain = {"http://gate.example", NULL},
                            other = {"https://gate.example:8443", NULL};
    (void)state;
    assert_true(site_host_is_ours(SPAN("gate.example"), &secure));
    assert_true(site_host_is_ours(SPAN("gate.example:443"), &secure));
    assert_false(site_host_is_ours(SPAN("gate.example:80"), &secure));
    assert_true(site_host_is_ours(SPAN("gate.example:80"), &plain));
    assert_false(site_host_is_ours(SPAN("gate.example:443"), &plain));
    assert_true(site_host_is_ours(SPAN("gate.example:8443"), &other));
    assert_false(site_host_is_ours(SPAN("gate.example"), &other));
    assert_false(site_host_is_ours(SPAN("gate.example:443"), &other));
    assert_true(site_origin_is_own(SPAN("https://gate.example"), SPAN("gate.example:443"), &secure));
    assert_true(site_origin_is_own(SPAN("https://gate.example:8443"), SPAN("gate.example:8443"), &other));
    assert_false(site_origin_is_own(SPAN("http://gate.example"), SPAN("gate.example"), &secure));
}

static void it_may_be_called_by_several_names_with_a_port_or_by_any(void **state)
{
    const struct site_names names = {PUBLIC, "gate  gate.internal:8787 [fd00::1]"};
    static const char *const ours[] = {"gate", "gate:8787", "GATE:1", "gate.internal:8787", "[fd00::1]", "[fd00::1]:8787",
                                       "gate.example", "localhost"};
    static const char *const foreign[] = {"gate:", "gate:0", "gate:99999", "gate:8787:1", "gate.internal", "gate.internal:8788",
                                          "gate2", "evil.gate", "[fd00::2]", "gate gate.internal:8787", " ", ":8787"};
    (void)state;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (!site_host_is_ours(span_of(ours[i]), &names))
            fail_msg("%s", ours[i]);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (site_host_is_ours(span_of(foreign[i]), &names))
            fail_msg("%s", foreign[i]);
    assert_true(site_origin_is_own(SPAN("http://gate:8787"), SPAN("gate:8787"), &names));
    assert_true(site_origin_is_own(SPAN("https://gate"), SPAN("gate"), &names));
    assert_true(site_origin_is_own(SPAN(PUBLIC), SPAN("gate:8787"), &names));
    assert_false(site_origin_is_own(SPAN("http://gate:3000"), SPAN("gate:8787"), &names));
    assert_false(site_origin_is_own(SPAN("http://evil"), SPAN("evil"), &names));
    assert_false(site_origin_is_own(SPAN("gate:8787"), SPAN("gate:8787"), &names));
}

static void an_origin_is_our_own_where_the_request_came_by_it(void **state)
{
    (void)state;
    assert_true(site_origin_is_own(SPAN(PUBLIC), SPAN("gate.example"), &public_only));
    assert_true(site_origin_is_own(SPAN("http://localhost:8787"), SPAN("localhost:8787"), &none));
    assert_false(site_origin_is_own(SPAN("http://localhost:3000"), SPAN("localhost:8787"), &none));
    assert_false(site_origin_is_own(SPAN("https://localhost:8787"), SPAN("localhost:8787"), &none));
    assert_false(site_origin_is_own(SPAN("http://evil.example"), SPAN("evil.example"), &none));
    assert_false(site_origin_is_own(SPAN("null"), SPAN("localhost:8787"), &none));
    assert_false(site_origin_is_own(SPAN_NONE, SPAN("localhost:8787"), &none));
}

static void an_origin_is_an_accounts_where_its_list_has_it_whole(void **state)
{
    static const char list[] = "https://shop.example  http://localhost:3000";
    (void)state;
    assert_true(site_origin_is_listed(SPAN("https://shop.example"), list));
    assert_true(site_origin_is_listed(SPAN("http://localhost:3000"), list));
    assert_false(site_origin_is_listed(SPAN("https://shop.example  http://localhost:3000"), list));
    assert_false(site_origin_is_listed(SPAN("https://shop"), list));
    assert_false(site_origin_is_listed(SPAN(""), list));
    assert_false(site_origin_is_listed(SPAN_NONE, list));
    assert_false(site_origin_is_listed(SPAN("https://shop.example"), NULL));
}

static void an_address_of_ipv6_is_its_network(void **state)
{
    char text[ADDRESS_SIZE] = "x";
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    (void)state;
    inet_pton(AF_INET6, "2001:db8:1:2:3:4:5:6", &six.sin6_addr);
    address_write(text, (const struct sockaddr *)(const void *)&six);
    assert_string_equal(text, "2001:db8:1:2::");
    inet_pton(AF_INET6, "::ffff:192.0.2.7", &six.sin6_addr);
    address_write(text, (const struct sockaddr *)(const void *)&six);
    assert_string_equal(text, "192.0.2.7");
    inet_pton(AF_INET, "192.0.2.8", &four.sin_addr);
    address_write(text, (const struct sockaddr *)(const void *)&four);
    assert_string_equal(text, "192.0.2.8");
}

static void behind_a_proxy_the_last_address_counts(void **state)
{
    char text[ADDRESS_SIZE] = "10.0.0.1";
    (void)state;
    address_forwarded(text, SPAN(""));
    address_forwarded(text, SPAN("1.2.3.4, "));
    assert_string_equal(text, "10.0.0.1");
    address_forwarded(text, SPAN("1.2.3.4, 192.0.2.1 "));
    assert_string_equal(text, "192.0.2.1");
    address_forwarded(text, SPAN("2001:db8:1:2:3::1"));
    assert_string_equal(text, "2001:db8:1:2::");
    char longest[200];
    memset(longest, 'a', sizeof(longest));
    address_forwarded(text, (struct span){longest, sizeof(longest)});
    assert_string_equal(text, "2001:db8:1:2::");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_is_ours_by_a_name_of_this_machine_or_the_public_one),
        cmocka_unit_test(a_public_url_may_have_the_port_that_its_scheme_has_anyway),
        cmocka_unit_test(it_may_be_called_by_several_names_with_a_port_or_by_any),
        cmocka_unit_test(an_origin_is_our_own_where_the_request_came_by_it),
        cmocka_unit_test(an_origin_is_an_accounts_where_its_list_has_it_whole),
        cmocka_unit_test(an_address_of_ipv6_is_its_network),
        cmocka_unit_test(behind_a_proxy_the_last_address_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
