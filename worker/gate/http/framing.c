#include "gate/http/framing.h"

#include <strings.h>

/* RFC 9110, 5.6.2. */
#define TOKEN_CHARACTERS "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

#define LENGTH SPAN("content-length")
#define CODING SPAN("transfer-encoding")
#define HOST   SPAN("host")

static bool name_starts(struct span name, struct span start)
{
    return name.size >= start.size && strncasecmp(name.data, start.data, start.size) == 0;
}

static bool name_is(struct span name, struct span wanted)
{
    return name.size == wanted.size && name_starts(name, wanted);
}

static bool value_is_plain(struct span value)
{
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* libmicrohttpd 0.9.75 appends a folded line to the header's name: "Transfer-Encoding:", with "chunked" in the next line, becomes a
 * header named "Transfer-Encodingchunked". */
static bool name_is_folded(struct span name)
{
    return (name_starts(name, LENGTH) && !name_is(name, LENGTH)) || (name_starts(name, CODING) && !name_is(name, CODING));
}

void framing_note(struct framing *framing, struct span name, struct span value)
{
    framing->lengths += name_is(name, LENGTH);
    framing->hosts += name_is(name, HOST);
    if (name_is(name, CODING)) {
        framing->codings++;
        framing->chunked = value.size == 7 && strncasecmp(value.data, "chunked", 7) == 0;
    }
    if (framing->problem != NULL)
        return;
    if (name.size == 0 || !span_only(name, TOKEN_CHARACTERS))
        framing->problem = "a header's name holds what no name may, such as a space before its colon, or is folded";
    else if (name_is_folded(name))
        framing->problem = "a header is folded, or its name is another than Content-Length or Transfer-Encoding and begins like it";
    else if (!value_is_plain(value))
        framing->problem = "a header's value holds a control character";
}

const char *framing_problem(const struct framing *framing, const char *version)
{
    if (framing->problem != NULL)
        return framing->problem;
    if (framing->lengths > 1)
        return "Content-Length is there more than once";
    if (framing->lengths > 0 && framing->codings > 0)
        return "Content-Length and Transfer-Encoding exclude each other";
    if (framing->codings > 0 && (framing->codings > 1 || !framing->chunked))
        return "Transfer-Encoding may only be chunked, once";
    if (framing->codings > 0 && strcmp(version, "HTTP/1.1") != 0)
        return "Transfer-Encoding belongs to HTTP/1.1";
    return framing->hosts > 1 ? "Host is there more than once" : NULL;
}
