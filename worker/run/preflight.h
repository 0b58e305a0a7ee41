/* What is checked before the worker subscribes, besides the topics: that each API key belongs to the Papercups account that the
 * configuration names, and that the group's commits were made under a mark secret that this worker has. */
#ifndef RUN_PREFLIGHT_H
#define RUN_PREFLIGHT_H

#include "engine/engine.h"
#include "http/client/http.h"
#include "kafka/kafka.h"
#include "os/finding.h"

/* Whose the key is. */
struct preflight_user {
    char email[256], role[32]; /* "": it does not say */
    struct wall date;          /* of the answer, by Papercups' own clock; 0: it does not say */
};

/* False with a problem: the key is no good or another account's (ERR_USAGE), or there is no answer (ERR_UNREACHABLE). */
bool preflight_user(const struct config_account *account, const struct http_site *site, int64_t timeout_ms,
                    struct preflight_user *user, struct finding *finding);
/* The same for a start: 0, or -1 with err. */
int preflight_account(const struct config_account *account, const struct http_site *site, int64_t timeout_ms,
                   struct err *err);

/* False with a warning if the account's chats are in several inboxes, as far as can be found out: Papercups shows an API key its
 * conversations, but not which inboxes there are. */
bool preflight_inboxes(const struct config_account *account, const struct http_site *site, int64_t timeout_ms,
                       struct finding *finding);

/* The mark secrets that there are, by fingerprint. */
struct preflight_secrets {
    bool (*knows)(const void *context, uint64_t secret);
    const void *context;
    uint64_t ours;
};

/* Checks that the group's commits were made under one of these, before the group is joined. */
int preflight_commits(rd_kafka_t *rk, const struct config *config, int32_t partition_count,
                      const struct preflight_secrets *secrets, struct err *err);
/* Fills err with what to do where a partition was committed under another mark secret; -1. */
int preflight_other_secret(int32_t partition, uint64_t secret, uint64_t ours, struct err *err);

#endif
