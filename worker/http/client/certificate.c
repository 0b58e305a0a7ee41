#include "http/client/certificate.h"

#include <curl/curl.h>
#include <string.h>

#define EXPIRES "Expire date:"

/* Of the first of the chain, which is the site's own. */
static struct wall certificate_read(CURL *easy)
{
    struct curl_certinfo *chain = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL || chain->num_of_certs < 1)
        return (struct wall){0};
    for (const struct curl_slist *at = chain->certinfo[0]; at != NULL; at = at->next)
        if (strncmp(at->data, EXPIRES, strlen(EXPIRES)) == 0) {
            time_t end = curl_getdate(at->data + strlen(EXPIRES), NULL);
            return (struct wall){end > 0 ? (int64_t)end * 1000 : 0};
        }
    return (struct wall){0};
}

struct wall certificate_end(const struct http_site *site, int64_t timeout_ms)
{
    struct wall end = {0};
    CURL *easy = curl_easy_init();
    if (easy == NULL || strncmp(http_site_url(site), "https://", 8) != 0) {
        curl_easy_cleanup(easy);
        return end;
    }
    curl_easy_setopt(easy, CURLOPT_URL, http_site_url(site));
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    http_site_go_by(site, easy);
    if (curl_easy_perform(easy) == CURLE_OK)
        end = certificate_read(easy);
    curl_easy_cleanup(easy);
    return end;
}
