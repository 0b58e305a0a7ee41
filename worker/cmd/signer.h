/* Who signs in `sign` and `send`: the key in its file, its id, the event's id. */
#ifndef CMD_SIGNER_H
#define CMD_SIGNER_H

#include "base/err.h"
#include "base/span.h"
#include "cupbearer/cupbearer.h"

enum signer_option { SIGNER_KEY_FILE = 0x300, SIGNER_KEY_ID, SIGNER_EVENT_ID, SIGNER_END };

/* clang-format off */
#define SIGNER_OPTIONS \
    {"key-file", required_argument, NULL, SIGNER_KEY_FILE}, \
    {"key-id", required_argument, NULL, SIGNER_KEY_ID}, \
    {"event-id", required_argument, NULL, SIGNER_EVENT_ID}

#define SIGNER_HELP \
    "Who signs:\n" \
    "  --key-file FILE            the secret: whsk_ or whsec_, as `cupbearer keygen` writes it\n" \
    "  --key-id ID                the key's id in the workers' keyring\n" \
    "  --event-id ID              what deduplication goes by; a random one when left out\n"
/* clang-format on */

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
