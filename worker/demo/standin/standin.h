/* The stand-in Papercups: a server on 127.0.0.1 that answers the worker's calls as a real Papercups was recorded to
 * answer, mistakes included, keeps everything in memory and forgets it when stopped. It knows /api/v1/me, customers,
 * conversations and messages, and of the widget's own calls, which ask for no key, GET /api/customers/identify and
 * /api/conversations/customer, POST /api/customers and /api/conversations; JSON only: no forms, no WebSockets; an integer beyond 64 bits makes the numbers of its
 * request reals. A connection closes after 1,000 requests (with `connection: close`), after 60 s without one, and
 * after 5 s where nothing ever came. Beside the API, without any key, JSON in and out:
 *
 * POST /_standin/faults {"fault", "method"?, "path"?, "body_contains"?, "key"?, "times"?, "delay_ms"?, "busy_ms"?, …}
 *      What happens to the next `times` (1; 0: until cleared) requests of `method` (any) whose path begins with `path`
 *      ("*", or left out: any path of the API), whose body contains `body_contains` and that carry the API key `key`;
 *      the oldest fault that fits is used up first. The request takes effect, and then:
 *        stored_500   500
 *        truncated    half of the body that `content-length` announces, then the connection closes
 *        huge         JSON: one string of `size_mb` (100, at most 200) MB
 *        deep         JSON: `depth` (100,000) objects one in the other
 *        lost         the connection closes without an answer byte
 *        close_idle   as lost, but only on a connection that answered a request before
 *        slow         nothing but the delay
 *        late         as slow, but it takes effect only after the delay, whether or not the client is still there
 *        swapped      the body of the good answer to another question: GET `of`, a path with its query (nothing in it decoded)
 *      or it takes no effect at all:
 *        error_500    500
 *        status       `status` (500) with `answer` (a JSON value, or a string's text; Papercups' own words for that status)
 *        unauthorized 401, as to a key that is none
 *        redirect     `status` (301) to `location` (the same path by https)
 *        html         `status` (200) and a page of HTML (`answer`: another one), as of something in between
 *        reset        the connection is torn down by a reset
 *      With "stored": true, status and html let it take effect, too. `type` is another content type, and
 *      "bom": true puts a byte order mark before the body.
 *      `delay_ms` (at most 600,000) delays each kind, and `busy_ms` adds so much for each other request under way.
 *      "empty": true takes the body and its content type away, `retry_after` (a number, or any text) adds that header.
 *      `skip` lets so many requests that fit pass first. `agent` ("close", "reopen", "archive") is what an agent does with
 *      the conversation of that `conversation_id`, left out the one that the request is about (of its path, query or
 *      body, else its customer's newest): once it has taken effect and before its delay, or with "agent_first": true
 *      before it takes effect. Where nothing else shall happen, the kind is slow, without a delay.
 * GET /_standin/faults     {"faults": [those left, oldest first, as they were set]}; DELETE forgets them.
 * POST /_standin/index {"on"}      makes (true) or drops the unique index of Papercups' table of messages: a second
 *      message of an account with the same metadata.cupbearer is then a 500 and not stored. 409 where two share one.
 * POST /_standin/connections {"requests"?, "idle_s"?, "fresh_s"?}      other bounds of a connection than above.
 * POST /_standin/clock {"ahead_s"?}      how many seconds its clock, by which it stores times and dates its answers, is
 *      ahead of the machine's (0): with it two rows lie seconds apart and nobody waits.
 * POST /_standin/service {"capacity"?, "round_trip_ms"?, "message_ms"?, "read_ms"?, "per_call"?, "per_conversation"?,
 *      "jitter"?}      from now on calls of the API cost time: `capacity` (4) of them are served at once, the others
 *      wait; a message takes `message_ms` (45), any other call `read_ms` (3), give or take `jitter` (0.5) of it, longer
 *      by `per_call` (0.02) of it for each other call under way and, a message, by `per_conversation` (0.0004) of it
 *      for each conversation active in the last 20 minutes; `round_trip_ms` (0) is the road's. What is left out stays;
 *      capacity 0 switches it off.
 * POST /_standin/widget_customer {"external_id", "account_id"?, "host"?, "email"?, …}
 *      {"id"} of a row as the widget makes one without any login, with a host, the newest `updated_at` of its
 *      external_id.
 * POST /_standin/widget_message {"conversation_id", "customer_id"?, "user_id"?, "body"?, "type"?, "metadata"?, …}
 *      {"id", "sequence"} of a message as whoever knows the conversation's id may shout one through the widget's
 *      socket: by the conversation's customer, unless told that another one, or the account's user, wrote it.
 * POST /_standin/seen {"conversation_id"}      as an open widget says `messages:seen`.
 * GET /_standin/socket?topic=T&after=N&wait_ms=MS      what the widget hears, by long polling: {"at", "events": [{"event",
 *      "payload"}]}. T is conversation:lobby:CUSTOMER_ID (`conversation:created`) or conversation:ID (`shout`). Without
 *      `after` it joins and hears nothing; from then on it asks for what came after the "at" of the last answer, and
 *      waits for it, 25 s unless told otherwise. What happened before it joined, it never hears.
 * POST /_standin/close, /_standin/reopen, /_standin/archive {"conversation_id"}      as an agent would; 404 where there is none.
 * GET /_standin/counts     {"customers", "conversations", "messages", "requests" (of /api/v1), "bot_messages"}
 * GET /_standin/messages?after=SEQUENCE&limit=N
 *      {"messages": [{"sequence" (from 1), "account_id" (of the key that posted it), "conversation_id",
 *      "conversation_account_id" (another one where the key posted into a stranger's), "customer_id" and "external_id"
 *      (of the conversation), "type", "source", "seen", "body", "metadata"}]} in the order of storing; without `limit`
 *      all behind `after`.
 * GET /_standin/conversations?external_id=E
 *      {"conversations": [{"id", "account_id", "customer_id", "inbox_id", "source", "status", "archived",
 *      "assignee_id", "messages" (a count)}]}
 * GET /_standin/healthz    200
 * GET /chat?external_id=E&host=H&email=M  a page that shows the chat of the first account's customer live, as Papercups'
 *      widget would on a page of that host (left out: this one's own) that gives that e-mail (left out: none). */
#ifndef DEMO_STANDIN_H
#define DEMO_STANDIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The account of `cupbearer-demo standin` and of the demo. Keys of a stand-in open nothing and are no secrets. */
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
