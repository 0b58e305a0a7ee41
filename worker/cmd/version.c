#include "cmd/version.h"

#include <curl/curl.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <microhttpd.h>
#include <sodium.h>
#include <stdio.h>

#include "revision.h"

/* What they say of themselves: it may be another version than that of the headers. */
void version_print(const char *program)
{
    const char *revision = CUPBEARER_REVISION;
    printf("%s %s", program, CUPBEARER_VERSION);
    if (revision[0] != 0)
        printf(" (%s)", revision);
    printf(" librdkafka %s, libcurl %s, libmicrohttpd %s, libsodium %s, jansson %s\n", rd_kafka_version_str(),
           curl_version_info(CURLVERSION_NOW)->version, MHD_get_version(), sodium_version_string(), jansson_version_str());
}
