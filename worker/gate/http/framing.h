/* Whether a request's headers leave no doubt where it ends (request smuggling). A proxy in front of the gate, and the gate, must
 * see the same requests in the bytes of one connection: else what is a body to one is a request to the other, made in the name of
 * whoever comes next. So what RFC 9112 (2.2, 5.1, 5.2, 6.1 to 6.3) allows a server to refuse is refused, and the connection ends.
 * */
#ifndef GATE_HTTP_FRAMING_H
#define GATE_HTTP_FRAMING_H

#include "base/span.h"

/* All zero: no header yet. */
struct framing {
    unsigned lengths, codings, hosts; /* how many */
    bool chunked;                     /* the last coding is that and nothing else */
    const char *problem;              /* the first that was found */
};

/* One header, as it was sent. */
void framing_note(struct framing *framing, struct span name, struct span value);
/* After all of them: what is wrong, for a 400; NULL: nothing. `version`: of HTTP, such as "HTTP/1.1". */
const char *framing_problem(const struct framing *framing, const char *version);

#endif
