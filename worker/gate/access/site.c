#include "gate/access/site.h"

#include <strings.h>

#include "config/form.h"

#define PLAIN  SPAN("http://")
#define SECURE SPAN("https://")

static bool span_same(struct span a, struct span b)
{
    return a.size == b.size && strncasecmp(a.data, b.data, a.size) == 0;
}

/* Takes the scheme off, and the port that it has anyway. */
static struct span site_of(struct span url)
{
    bool secure = span_starts(url, SECURE);
    struct span port = secure ? SPAN(":443") : SPAN(":80");
    if (!secure && !span_starts(url, PLAIN))
        return SPAN_NONE;
    struct span site = span_skip(url, secure ? SECURE.size : PLAIN.size);
    if (site.size > port.size && span_equal(span_skip(site, site.size - port.size), port))
        site.size -= port.size;
    return site;
}

/* What stands before the port, where `host` has one. */
static struct span host_without_port(struct span host)
{
    size_t at = host.size;
    int64_t port;
    while (at > 0 && host.data[at - 1] != ':')
        at--;
    if (at > 1 && span_number(span_skip(host, at), 5, &port) && port >= 1 && port <= 65535)
        host.size = at - 1;
    return host;
}

/* Whether a browser that was told `url` would say `host`. */
static bool host_is_of(struct span host, struct span url)
{
    struct span site = site_of(url);
    if (site.size == 0)
        return false;
    if (span_same(host, site))
        return true;
    struct span name = host_without_port(host), port = span_skip(host, name.size);
    return span_equal(port, span_starts(url, SECURE) ? SPAN(":443") : SPAN(":80")) && span_same(name, site);
}

/* A name without a port matches any: the port by which a name inside a network is reached says nothing about who asks. */
static bool host_is_listed(struct span host, const char *list)
{
    struct span rest = span_of(list);
    while (rest.data != NULL) {
        struct span one = span_cut(&rest, ' ');
        bool by_any_port = host_without_port(one).size == one.size;
        if (one.size > 0 && span_same(by_any_port ? host_without_port(host) : host, one))
            return true;
    }
    return false;
}

bool site_host_is_ours(struct span host, const struct site_names *names)
{
    return host.size > 0 && (form_is_loopback(host) || host_is_listed(host, names->hosts) ||
                             host_is_of(host, span_of(names->public_url)));
}

bool site_origin_is_own(struct span origin, struct span host, const struct site_names *names)
{
    struct span public_url = span_of(names->public_url), site = site_of(origin);
    if (site.size == 0)
        return false;
    if (public_url.size > 0 && span_starts(origin, SECURE) == span_starts(public_url, SECURE) &&
        span_same(site, site_of(public_url)))
        return true;
    if (form_is_loopback(host))
        return span_starts(origin, PLAIN) && host_is_of(host, origin);
    return host_is_listed(host, names->hosts) && host_is_of(host, origin);
}

bool site_origin_is_listed(struct span origin, const char *list)
{
    struct span rest = span_of(list);
    while (rest.data != NULL) {
        struct span one = span_cut(&rest, ' ');
        if (one.size > 0 && span_equal(one, origin))
            return true;
    }
    return false;
}
