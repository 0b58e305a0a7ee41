/* What the body of a good answer says, by call. */
#ifndef PAPERCUPS_CONTENT_H
#define PAPERCUPS_CONTENT_H

#include "base/json_fold.h"
#include "delivery/answer.h"
#include "event/identity.h"
#include "papercups/message.h"

/* Fills `out` but for kind and status; false: it is not what was asked for, or not whole. `out` may hold ids then too. */
bool content_read(struct span body, const struct call *call, const struct identity *marks, size_t mark_count,
                  const struct question *question, struct answer *out);

/* How the body may be folded while it comes, before content_read: of each message only its ids and its mark are kept. NULL:
 * not at all. */
const struct json_fold_rule *content_fold(enum call_kind call);

#endif
