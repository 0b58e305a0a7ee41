/* Whether a request came by one of our names, and from a page of ours or of an account. A stranger's page may point its own host
 * name at this machine (DNS rebinding), and every browser on it then connects here; so the name is checked before anything else. */
#ifndef GATE_ACCESS_SITE_H
#define GATE_ACCESS_SITE_H

#include "base/span.h"

/* The gate's names besides this machine's own (localhost and the like). */
struct site_names {
    const char *public_url; /* or NULL; the port that its scheme has anyway may be left out on either side */
    const char *hosts;      /* HOST, by any port, or HOST:PORT, spaces between; or NULL */
};

/* Whether `host`, as the header Host has it, names this machine for itself or is among the names. */
bool site_host_is_ours(struct span host, const struct site_names *names);

/* Whether `origin`, as the header Origin has it, is the gate's own for a request that came by `host`. */
bool site_origin_is_own(struct span origin, struct span host, const struct site_names *names);

/* Whether it stands in `list` (NULL: empty), spaces between. */
bool site_origin_is_listed(struct span origin, const char *list);

#endif
