#include "template/link.h"

#include "base/utf8.h"

#define LINK_MAX 2000 /* bytes */

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Letters, digits and hyphens between single dots. Other letters have an xn-- form, which cannot be mistaken. */
static bool host_is_valid(struct span host)
{
    char before = '.';
    for (size_t i = 0; i < host.size; i++) {
        char c = host.data[i];
        if (c == '.' ? before == '.' : !is_alphanumeric(c) && c != '-')
            return false;
        before = c;
    }
    return before != '.';
}

static bool authority_is_valid(struct span authority)
{
    int64_t port = 1;
    struct span rest = authority, host = span_cut(&rest, ':');
    return host_is_valid(host) && (rest.data == NULL || span_number(rest, 5, &port)) && port > 0 &&
           port < 65536;
}

bool template_link_host_is_valid(struct span host)
{
    return authority_is_valid(span_starts(host, SPAN(".")) ? span_skip(host, 1) : host);
}

static bool host_allows(struct span allowed, struct span authority)
{
    if (allowed.size == 0 || authority.size < allowed.size)
        return false;
    size_t more = authority.size - allowed.size;
    if ((allowed.data[0] == '.') != (more > 0))
        return false;
    for (size_t i = 0; i < allowed.size; i++)
        if (lower(allowed.data[i]) != lower(authority.data[more + i]))
            return false;
    return true;
}

static int link_check_host(struct span authority, const struct template_rules *rules, struct err *err)
{
    if (memchr(authority.data, '@', authority.size) != NULL)
        return err_set(err, ERR_USAGE, "has a user before its host (an @): take that out of the link");
    if (!authority_is_valid(authority))
        return err_set(
            err, ERR_USAGE,
            "its host is no host name: write it with a-z, 0-9, - and . (other letters as xn--...), "
            "and at most a :PORT behind it");
    if (rules == NULL)
        return 0;
    for (size_t i = 0; i < rules->link_host_count; i++)
        if (host_allows(rules->link_hosts[i], authority))
            return 0;
    return err_set(err, ERR_USAGE,
                   "leads to %.*s, which is not among the allowed link hosts (--link-host, link_hosts): link "
                   "to one of them, or let it be added",
                   (int)(authority.size < 255 ? authority.size : 255), authority.data);
}

int link_check(struct span link, const struct template_rules *rules, struct err *err)
{
    if (link.size > LINK_MAX)
        return err_set(err, ERR_USAGE, "has %zu bytes; a link may have %d", link.size, LINK_MAX);
    for (size_t at = 0; at < link.size;) {
        int32_t point = utf8_next(link, &at);
        if (point < 0)
            return err_set(err, ERR_USAGE, "is not UTF-8");
        if (point == ' ' || utf8_invisible(point))
            return err_set(err, ERR_USAGE,
                           "holds a space or an invisible character: write %%20 for a space in a link");
    }
    if (!span_starts(link, SPAN("https://")))
        return err_set(err, ERR_USAGE, "must be a whole link that begins with https://");
    struct span rest = span_skip(link, 8);
    size_t size = 0;
    while (size < rest.size && rest.data[size] != '/' && rest.data[size] != '?' && rest.data[size] != '#')
        size++;
    return link_check_host((struct span){rest.data, size}, rules, err);
}

static bool is_inside_word(struct span text, size_t at)
{
    return at > 0 && at + 1 < text.size && is_alphanumeric(text.data[at - 1]) &&
           is_alphanumeric(text.data[at + 1]);
}

void link_write(struct buf *out, struct span link, bool markdown)
{
    for (size_t i = 0; i < link.size; i++) {
        char c = link.data[i];
        bool plain = is_alphanumeric(c) || (c != 0 && strchr("-.:/?#@!$&+,;=%", c) != NULL) ||
                     (c == '~' && !markdown) || (c == '_' && (!markdown || is_inside_word(link, i)));
        if (!plain)
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
        else if (c == '&' && markdown) /* &sect=2 would be a section sign */
            buf_add_text(out, "&amp;");
        else
            buf_add(out, &c, 1);
    }
}
