/* The stand-in Papercups: a server on 127.0.0.1 that answers the worker's calls as a real Papercups was recorded to
 * answer, mistakes included, keeps everything in memory and forgets it when stopped. It knows /api/v1/me, customers,
 * conversations and messages, JSON only: no forms, no sockets, no integers beyond 64 bits. Beside the API, without
 * any key:
 *
 * POST /_standin/faults {"fault", "method"?, "path"?, "body_contains"?, "times"?, "delay_ms"?, "status"?, "answer"?,
 *      "retry_after"?}
 *      What happens to the next `times` (1) requests of `method` (any) whose path begins with `path` ("*", or left out:
 *      any path of the API) and whose body contains `body_contains`; the oldest fault that fits is used up first.
 *      stored_500: takes effect, then 500. lost: takes effect, then the connection closes without an answer byte.
 *      slow: takes effect, answered after delay_ms. error_500: 500, nothing stored. status: answers `status` with
 *      `answer` (a JSON value, or its text) and, where `retry_after` is set, that header in seconds; nothing stored.
 *      delay_ms (at most 600,000) delays the answer of each kind.
 * GET /_standin/faults     {"faults": [those left, oldest first, as they were set]}; DELETE forgets them.
 * GET /_standin/counts     {"customers", "conversations", "messages", "requests" (of the API), "bot_messages"}
 * GET /_standin/messages?after=SEQUENCE&limit=N
 *      {"messages": [{"sequence" (from 1), "account_id" (of the key that posted it), "conversation_id",
 *      "conversation_account_id" (another one where the key posted into a stranger's), "customer_id" and "external_id"
 *      (of the conversation), "type", "body", "metadata"}]} in the order of storing; without `limit` all behind
 *      `after`.
 * GET /_standin/conversations?external_id=E
 *      {"conversations": [{"id", "account_id", "customer_id", "inbox_id", "source", "status", "messages" (a count)}]}
 * POST /_standin/close {"conversation_id"}     closes it as an agent would; 404 where there is none.
 * GET /_standin/healthz    200
 * GET /chat?external_id=E  a page that shows this customer's chat live, as Papercups' widget would. */
#ifndef DEMO_STANDIN_H
#define DEMO_STANDIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The account of `cupbearer standin` and of the demo. Keys of a stand-in open nothing and are no secrets. */
#define STANDIN_API_KEY    "standin-api-key"
#define STANDIN_ACCOUNT_ID "5b1a2c3d-0001-4000-8000-000000000001"
#define STANDIN_INBOX_ID   "5b1a2c3d-0002-4000-8000-000000000001"

struct standin_account {
    const char *api_key;
    const char *account_id; /* lower-case UUIDs */
    const char *inbox_id;
    const char *email; /* of the key's owner */
    int user_id;
};

struct standin;

/* Listens on 127.0.0.1:port (0: any free one) with threads of its own; the accounts are copied, at
 * least one. Returns it, to be ended with standin_stop; NULL with err where an id is no UUID, a key, account, inbox or
 * user stands twice, or the port cannot be had. */
struct standin *standin_start(const struct standin_account *accounts, size_t count, uint16_t port,
                              struct err *err);
uint16_t standin_port(const struct standin *standin);
/* Ends waiting requests, joins all threads, frees everything. NULL is allowed. */
void standin_stop(struct standin *standin);

#endif
