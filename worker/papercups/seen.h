/* One message by its id: GET /api/v1/messages/:id, as recorded of Papercups. Whether it is ours, as it was signed, and has been
 * seen: seen_at is set when an open widget says so. A value means seen; null means nothing, for a first message that is read in an
 * open widget keeps it. */
#ifndef PAPERCUPS_SEEN_H
#define PAPERCUPS_SEEN_H

#include "papercups/message.h"
#include "papercups/reply.h"

enum seen_found {
    SEEN_UNREADABLE, /* no answer, or none of Papercups that is about this message: nothing can be said */
    SEEN_GONE,       /* it says that there is no such message in the account */
    SEEN_THERE,
};

struct seen {
    bool whole;                 /* type, body and quick replies are what was posted; metadata but the mark is not looked at */
    char at[ANSWER_TIME_SIZE];  /* as Papercups writes it; "": null */
};

void seen_path(const struct uuid *message, struct buf *path);

/* `marks`: those under which it may stand: another's message is unreadable. `posted`: what it is held against. */
enum seen_found seen_read(const struct reply *reply, const struct uuid *message, const struct identity *marks,
                          size_t mark_count, const struct message *posted, struct seen *out);

#endif
