/* How long the other side's certificate is good. */
#ifndef HTTP_CLIENT_CERTIFICATE_H
#define HTTP_CLIENT_CERTIFICATE_H

#include <stdint.h>

#include "base/moment.h"
#include "http/client/http_site.h"

/* Connects, sends no request, and waits for it. When the certificate of the site ends; 0 where it has none (http://), nobody
 * answers, or the certificate is not accepted: the requests say why. */
struct wall certificate_end(const struct http_site *site, int64_t timeout_ms);

#endif
