#include "gate/site.h"

#include <strings.h>

#include "io/config_form.h"

#define PLAIN  SPAN("http://")
#define SECURE SPAN("https://")

static bool span_same(struct span a, struct span b)
{
    return a.size == b.size && strncasecmp(a.data, b.data, a.size) == 0;
}

bool site_host_is_ours(struct span host, const char *public_url)
{
    struct span site = span_of(public_url);
    if (host.size == 0)
        return false;
    if (span_starts(site, SECURE))
        site = span_skip(site, SECURE.size);
    else if (span_starts(site, PLAIN))
        site = span_skip(site, PLAIN.size);
    return span_same(host, site) || form_is_loopback(host);
}

bool site_origin_is_own(struct span origin, struct span host, const char *public_url)
{
    if (origin.size == 0)
        return false;
    if (span_same(origin, span_of(public_url)))
        return true;
    return form_is_loopback(host) && span_starts(origin, PLAIN) &&
           span_same(span_skip(origin, PLAIN.size), host);
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
