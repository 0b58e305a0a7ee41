/* Who signs in `sign` and `send`: the key in its file, its id, the event's id. */
#ifndef CMD_SIGN_SIGNER_H
#define CMD_SIGN_SIGNER_H

#include "base/err.h"
#include "base/span.h"
#include "cmd/command.h"
#include "cupbearer/cupbearer.h"

enum signer_option { SIGNER_KEY_FILE = 0x300, SIGNER_KEY_ID, SIGNER_EVENT_ID, SIGNER_END };

/* Two, because `dead resend` signs as well, events that have their id. */
extern const struct option_group signer_group_key;
extern const struct option_group signer_group_event;

struct signer {
    const char *key_file, *key_id, *event_id;
    struct cupbearer_key *key;
};

void signer_take(struct signer *signer, int option, const char *value);

/* Reads the key. -1 with ERR_USAGE where an option is missing, or the file or the key is no good. */
int signer_open(struct signer *signer, struct err *err);
void signer_done(struct signer *signer);

/* Signs; *out is the caller's. -1 with err where a worker would refuse the payload: ERR_USAGE and the worker's words. */
int signer_sign(const struct signer *signer, const char *event_id, int64_t signed_at_s, struct span payload,
                struct cupbearer_record **out, struct err *err);

#endif
