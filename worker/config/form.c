#include "config/form.h"

#include <strings.h>

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define LETTER LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool port_valid(struct span s)
{
    int64_t port;
    return span_number(s, 5, &port) && port >= 1 && port <= 65535;
}

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT; the host of the characters of `allowed`. */
static bool host_valid(struct span s, const char *allowed)
{
    struct span rest = s;
    struct span host;
    if (span_starts(s, SPAN("["))) {
        host = span_cut(&rest, ']');
        if (rest.data == NULL || host.size < 3 || !span_only(span_skip(host, 1), DIGITS "abcdefABCDEF:."))
            return false;
        return rest.size == 0 || (rest.data[0] == ':' && port_valid(span_skip(rest, 1)));
    }
    host = span_cut(&rest, ':');
    return host.size > 0 && host.size <= 253 && span_only(host, allowed) &&
           (rest.data == NULL || port_valid(rest));
}

struct span form_server_protocol(struct span *server)
{
    static const char *const protocols[] = {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"};
    *server = span_trim_end(*server);
    while (span_starts(*server, SPAN(" ")))
        *server = span_skip(*server, 1);
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        size_t size = strlen(protocols[i]);
        if (server->size > size + 3 && strncasecmp(server->data, protocols[i], size) == 0 &&
            memcmp(server->data + size, "://", 3) == 0) {
            struct span found = {server->data, size};
            *server = span_skip(*server, size + 3);
            return found;
        }
    }
    return SPAN_NONE;
}

bool form_servers(struct span s)
{
    struct span rest = s;
    while (rest.data != NULL) {
        struct span server = span_cut(&rest, ',');
        form_server_protocol(&server);
        if (!host_valid(server, LETTER DIGITS ".-_"))
            return false;
    }
    return true;
}

bool form_topic(struct span s)
{
    return s.size >= 1 && s.size <= 249 && span_only(s, LETTER DIGITS "._-") && !span_equal(s, SPAN(".")) &&
           !span_equal(s, SPAN(".."));
}

bool form_instance(struct span s)
{
    bool named = false;
    bool good = s.size <= 249;
    struct span rest = s;
    for (struct span part = span_cut(&rest, '%'); good; part = span_cut(&rest, '%')) {
        good = span_only(named ? span_skip(part, 1) : part, LETTER DIGITS "._-");
        if (rest.data == NULL)
            break;
        good = good && span_starts(rest, SPAN("h"));
        named = true;
    }
    return good && named;
}

bool form_location_host(struct span s)
{
    return s.size <= 255 && host_valid(s, LOWER DIGITS ".-");
}

bool form_listen(struct span s, struct span *host, struct span *port)
{
    bool v6 = span_starts(s, SPAN("["));
    struct span rest = v6 ? span_skip(s, 1) : s;
    struct span name = span_cut(&rest, v6 ? ']' : ':');
    if (v6 && !span_starts(rest, SPAN(":")))
        return false;
    if (v6)
        rest = span_skip(rest, 1);
    if (host != NULL)
        *host = name;
    if (port != NULL)
        *port = rest;
    return name.size >= 1 && name.size <= 253 &&
           span_only(name, v6 ? DIGITS "abcdefABCDEF:." : LETTER DIGITS ".-") &&
           (span_equal(rest, SPAN("0")) || port_valid(rest));
}

bool form_origins(struct span s)
{
    while (s.data != NULL) {
        struct span origin = span_cut(&s, ' ');
        if (span_starts(origin, SPAN("https://")))
            origin = span_skip(origin, 8);
        else if (span_starts(origin, SPAN("http://")))
            origin = span_skip(origin, 7);
        else if (origin.size > 0)
            return false;
        if (origin.size > 0 && !form_location_host(origin))
            return false;
    }
    return true;
}

bool form_hosts(struct span s)
{
    while (s.data != NULL) {
        struct span host = span_cut(&s, ' ');
        if (host.size > 0 && !host_valid(host, LETTER DIGITS ".-_"))
            return false;
    }
    return true;
}

bool form_link_hosts(struct span s)
{
    while (s.data != NULL) {
        struct span host = span_cut(&s, ' ');
        if (span_starts(host, SPAN(".")))
            host = span_skip(host, 1);
        if (host.size > 253 || !span_only(host, LOWER DIGITS ".-") || span_starts(host, SPAN(".")))
            return false;
    }
    return true;
}

bool form_deviations(struct span s)
{
    static const char words[] = ""
#define DEVIATION(name, word, text) word " "
#include "config/topic_deviation.def"
#undef DEVIATION
        ;
    while (s.data != NULL) {
        struct span word = span_cut(&s, ' ');
        if (word.size > 0 && !form_has_word(span_of(words), word))
            return false;
    }
    return true;
}

bool form_has_word(struct span words, struct span word)
{
    while (words.data != NULL)
        if (span_equal(span_cut(&words, ' '), word))
            return true;
    return false;
}

bool form_is_loopback(struct span s)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    if (!host_valid(s, LETTER DIGITS ".-"))
        return false;
    struct span rest = s;
    struct span host = span_cut(&rest, span_starts(s, SPAN("[")) ? ']' : ':');
    if (span_starts(s, SPAN("[")))
        host.size++;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (host.size == strlen(names[i]) && strncasecmp(host.data, names[i], host.size) == 0)
            return true;
    return false;
}

static bool span_ends(struct span s, struct span end)
{
    return s.size >= end.size && span_equal(span_skip(s, s.size - end.size), end);
}

const char *form_proxy_problem(struct span s)
{
    static const struct span schemes[] = {SPAN("http://"), SPAN("https://"), SPAN("socks5://"), SPAN("socks5h://")};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        struct span host = span_skip(s, schemes[i].size);
        if (!span_starts(s, schemes[i]))
            continue;
        if (memchr(host.data, '@', host.size) != NULL)
            return "must not hold a user or a password";
        return host_valid(host, LETTER DIGITS ".-_") ? NULL : "must end with HOST:PORT, such as http://proxy.internal:3128";
    }
    return "must be none, or begin with http://, https://, socks5:// or socks5h://";
}

const char *form_url_problem(struct span s)
{
    struct span rest = s;
    if (span_starts(s, SPAN("https://")))
        rest = span_skip(s, 8);
    else if (span_starts(s, SPAN("http://")))
        rest = span_skip(s, 7);
    else
        return "must begin with https:// or http://";
    if (memchr(rest.data, '@', rest.size) != NULL)
        return "must not hold a user or a password; the key is read from api_key_file";
    if (memchr(rest.data, '?', rest.size) != NULL || memchr(rest.data, '#', rest.size) != NULL)
        return "must not have a query or a fragment";
    struct span host = span_cut(&rest, '/');
    if (!host_valid(host, LETTER DIGITS ".-_"))
        return "must name a host, such as https://papercups.example.com";
    while (rest.size > 0 && rest.data[rest.size - 1] == '/')
        rest.size--;
    if (!span_only(rest, LETTER DIGITS "._~%-/"))
        return "has characters that a path cannot have";
    struct span path = {rest.data, rest.size};
    if (span_ends(path, SPAN("api")) || span_ends(path, SPAN("api/v1")))
        return "must end before /api; the worker adds that itself";
    return NULL;
}
