/* The payload of `sign` and `send`: the bytes of a file exactly as they are, or built from options. Only what options
 * themselves can get wrong is told here; the payload as such is checked when it is signed. */
#ifndef CMD_SIGN_PAYLOAD_OPTIONS_H
#define CMD_SIGN_PAYLOAD_OPTIONS_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/command.h"
#include "cmd/sign/template_options.h"

enum payload_option {
    PAYLOAD_ACCOUNT = 0x200,
    PAYLOAD_EXTERNAL_ID,
    PAYLOAD_CUSTOMER_ID,
    PAYLOAD_CONVERSATION_ID,
    PAYLOAD_EMAIL,
    PAYLOAD_NAME,
    PAYLOAD_PHONE,
    PAYLOAD_HOST,
    PAYLOAD_MESSAGE,
    PAYLOAD_MESSAGES_DIR,
    PAYLOAD_SET,
    PAYLOAD_LINK_HOST,
    PAYLOAD_BODY,
    PAYLOAD_QUICK_REPLY,
    PAYLOAD_METADATA,
    PAYLOAD_TTL,
    PAYLOAD_DELIVER_WITHIN,
    PAYLOAD_WEBHOOKS,
    PAYLOAD_END,
};
#define PAYLOAD_COUNT (PAYLOAD_END - PAYLOAD_ACCOUNT)

extern const struct option_group payload_group; /* a row for each, in their order */

struct payload_options {
    const char *values[PAYLOAD_COUNT]; /* as they were given, else NULL */
    json_t *quick_replies;             /* owned; NULL where there are none */
    struct template_options message;
    const char *first;                 /* the name of the first option that was given, or NULL */
};

/* Takes an option of this table. 0, or -1 with ERR_USAGE. */
int payload_options_take(struct payload_options *options, int option, const char *value, struct err *err);
void payload_options_done(struct payload_options *options);

/* Appends the payload: what `file` holds (- is stdin; NULL for none), or what was built. -1 with ERR_USAGE where it is
 * neither or both, or where the file cannot be read. */
int payload_options_read(const struct payload_options *options, const char *file, struct buf *out,
                         struct err *err);

#endif
