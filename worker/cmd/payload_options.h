/* The payload of `sign` and `send`: the bytes of a file exactly as they are, or built from options. Only what options
 * themselves can get wrong is told here; the payload as such is checked when it is signed. */
#ifndef CMD_PAYLOAD_OPTIONS_H
#define CMD_PAYLOAD_OPTIONS_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/message_options.h"

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

/* For the command's table of options. */
/* clang-format off */
#define PAYLOAD_OPTIONS \
    {"account", required_argument, NULL, PAYLOAD_ACCOUNT}, \
    {"to-external-id", required_argument, NULL, PAYLOAD_EXTERNAL_ID}, \
    {"to-customer-id", required_argument, NULL, PAYLOAD_CUSTOMER_ID}, \
    {"to-conversation-id", required_argument, NULL, PAYLOAD_CONVERSATION_ID}, \
    {"email", required_argument, NULL, PAYLOAD_EMAIL}, \
    {"name", required_argument, NULL, PAYLOAD_NAME}, \
    {"phone", required_argument, NULL, PAYLOAD_PHONE}, \
    {"host", required_argument, NULL, PAYLOAD_HOST}, \
    {"message", required_argument, NULL, PAYLOAD_MESSAGE}, \
    {"messages-dir", required_argument, NULL, PAYLOAD_MESSAGES_DIR}, \
    {"set", required_argument, NULL, PAYLOAD_SET}, \
    {"link-host", required_argument, NULL, PAYLOAD_LINK_HOST}, \
    {"body", required_argument, NULL, PAYLOAD_BODY}, \
    {"quick-reply", required_argument, NULL, PAYLOAD_QUICK_REPLY}, \
    {"metadata", required_argument, NULL, PAYLOAD_METADATA}, \
    {"ttl", required_argument, NULL, PAYLOAD_TTL}, \
    {"deliver-within", required_argument, NULL, PAYLOAD_DELIVER_WITHIN}, \
    {"webhooks", no_argument, NULL, PAYLOAD_WEBHOOKS}

#define PAYLOAD_HELP \
    "The payload: a file (- is stdin), signed byte for byte, or these:\n" \
    "  --account ACCOUNT          an account of the workers' configuration\n" \
    "  --to-external-id ID        the backend's own user id; or\n" \
    "  --to-customer-id UUID      a customer that Papercups knows; or\n" \
    "  --to-conversation-id UUID  that conversation and no other\n" \
    "  --email, --name, --phone, --host TEXT\n" \
    "                             of a customer that does not exist yet; only with --to-external-id\n" \
    "  --message NAME             a template, NAME.json, in place of body, quick replies and metadata\n" \
    "  --messages-dir DIR         where it lies; the directory messages when left out\n" \
    "  --set NAME=VALUE           what its placeholder {{NAME}} holds; repeatable\n" \
    "  --link-host HOST           where links in its placeholders may lead: shop.example, or .shop.example for\n" \
    "                             what lies below it; repeatable\n" \
    "  --body TEXT                the message, Markdown; - reads it from stdin, without the line end at its end\n" \
    "  --quick-reply TEXT         a button; TEXT=ACTION sends ACTION back. Cut at the first '=': a text that has one\n" \
    "                             needs a payload file. Repeatable, up to 10\n" \
    "  --metadata JSON            an object that is stored with the message\n" \
    "  --ttl SECONDS              how long the event is valid, 1 to 60; 45 when left out\n" \
    "  --deliver-within SECONDS   how long after admission it still makes sense, to 604800 (m and h may follow)\n" \
    "  --webhooks                 let Papercups' own webhooks see the message\n"
/* clang-format on */

struct payload_options {
    const char *values[PAYLOAD_COUNT]; /* as they were given, else NULL */
    json_t *quick_replies;             /* owned; NULL where there are none */
    struct message_options message;
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
