/* The gate: an HTTP service beside the workers, for those without Kafka. It holds no state that must survive: what it
 * answers 202 to is in Kafka, and what it tells of receipts it reads from there. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "base/err.h"
#include "base/moment.h"
#include "config/config.h"
#include "gate/access/keys.h"
#include "gate/access/limit.h"
#include "gate/access/site.h"
#include "gate/access/waiting.h"
#include "gate/counts.h"
#include "gate/http/http_server.h"
#include "gate/probe.h"
#include "gate/publisher.h"
#include "gate/receipts.h"
#include "gate/seen/asker.h"
#include "os/notify.h"

#define GATE_START_ID_SIZE    9  /* 4 bytes in hexadecimal, and a 0 */
#define GATE_START_TOKEN_SIZE 44 /* 32 bytes as base64url, and a 0 */

struct route;

struct gate {
    _Atomic(const struct config *) config; /* of which SIGHUP changes the accounts: whoever looks at several takes it once */
    struct config **read;                  /* by SIGHUP, the last of them in use */
    size_t read_count;
    const struct route *routes; /* the gate's own; the last has no method */
    const struct route *pages;  /* those beside them; likewise */
    struct http_server *http;
    struct snapshot *keys;
    struct publisher *publisher;
    struct probe *probe;
    struct snapshot *tokens; /* NULL: none are configured */
    struct receipts *receipts;
    struct follower *follower;
    struct waiting waiting; /* for receipts */
    struct asker *asker;    /* of Papercups */
    struct counts counts;
    atomic_bool configuration_stale; /* what the last SIGHUP found is not in use */
    struct wall started_at;
    struct notify notify;
    struct limit *addresses, *keys_limit, *tokens_limit;
    struct limit *asked_limit; /* of tokens too: so that who asks much may send all the same */
    struct key key; /* the gate's own; no bytes: none */
    char *sender;   /* what the keyring calls it; NULL without a key */
    struct history *history;
    char start_id[GATE_START_ID_SIZE];       /* in the ids of streams: their order is this start's own */
    char start_token[GATE_START_TOKEN_SIZE]; /* of the composer's page; a fresh one at each start */
};

/* Whether nobody but this machine is meant to reach it. */
bool gate_is_local(const struct gate *gate);

/* What it is called. */
struct site_names gate_names(const struct gate *gate);

/* The account of that name in the configuration, or NULL. It stays as it is until the gate is freed. */
const struct config_account *gate_account(const struct gate *gate, struct span name);

#endif
