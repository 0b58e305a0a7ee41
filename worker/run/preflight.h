/* What is checked before the worker subscribes, beside the topics: that every API key belongs to the Papercups account that
 * the configuration names, and that the group's commits are of a mark secret that is here. */
#ifndef RUN_PREFLIGHT_H
#define RUN_PREFLIGHT_H

#include "engine/engine.h"
#include "http/client/http.h"
#include "kafka/kafka.h"

/* 0; -1 with ERR_USAGE where the key is not good or somebody else's, ERR_UNREACHABLE where nobody answers. */
int preflight_account(const struct config_account *account, const struct http_site *site, int64_t timeout_ms,
                   struct err *err);

/* Whether chats of the account stand in several inboxes, as far as that can be had: Papercups tells an API key of its
 * conversations, and not which inboxes there are. */
bool preflight_has_inboxes(const struct http_site *site, int64_t timeout_ms);
/* Whether the group's commits were made under mark secrets that the engine has: asked before it is joined. */
int preflight_commits(rd_kafka_t *rk, const struct config *config, int32_t partition_count,
                   const struct engine *engine, struct err *err);
/* Fills err with what to do where a partition was committed under another mark secret; -1. */
int preflight_other_secret(int32_t partition, uint64_t secret, uint64_t ours, struct err *err);

#endif
