/* A header or a parameter of a request's query. Whoever reads one needs nothing of libmicrohttpd. */
#ifndef HTTP_SERVER_VALUE_H
#define HTTP_SERVER_VALUE_H

#include "base/span.h"

struct http_value {
    struct span name, value; /* live as long as the request; a parameter without a value has an empty one */
};

#endif
