/* The admin endpoint: /metrics, /healthz and /readyz over HTTP. The server has one thread of its own (libmicrohttpd's) and no
 * state: for each request it asks the loop, waits at most ADMIN_WAIT_MS, and then answers 503. So the loop's state stays on the
 * loop's thread, and no client can hold the loop up. */
#ifndef RUN_ADMIN_H
#define RUN_ADMIN_H

#include "base/buf.h"
#include "base/err.h"

#define ADMIN_WAIT_MS  2000
#define ADMIN_ANY_PORT "127.0.0.1:0"

enum admin_page { ADMIN_METRICS, ADMIN_HEALTH, ADMIN_READINESS };

struct admin;

/* Listens at `listen`, which form_listen takes, and says so in the log. NULL with err where it cannot; admin_free the
 * result. Signals that are blocked now are blocked in its thread. */
struct admin *admin_new(const char *listen, struct err *err);
/* Ends the thread; a request that still waits gets 503. NULL is allowed. */
void admin_free(struct admin *admin);

/* Readable when a page is asked for. */
int admin_fd(const struct admin *admin);
/* Which one; false if nobody waits for it any more. */
bool admin_asked(struct admin *admin, enum admin_page *page);
/* The answer to it: takes what is in *text, which is left empty. */
void admin_answer(struct admin *admin, enum admin_page page, unsigned status, struct buf *text);

#endif
