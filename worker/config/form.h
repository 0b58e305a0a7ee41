/* The forms of texts in the configuration. Pure; each takes the bytes as they were written. */
#ifndef CONFIG_FORM_H
#define CONFIG_FORM_H

#include "base/span.h"

/* HOST:PORT,HOST:PORT; spaces around the commas and leaving out a port are allowed, and Kafka's PROTOCOL:// before each. */
bool form_servers(struct span s);
/* Takes PROTOCOL:// and spaces off one of them, and returns the protocol; an empty span where there is none. */
struct span form_server_protocol(struct span *server);

/* A topic's name, as Kafka has it. */
bool form_topic(struct span s);

/* A topic's name but for %h, which is in it at least once. */
bool form_instance(struct span s);

/* What location.host says in a browser: lower case, the port only where it is not the usual one. */
bool form_location_host(struct span s);

/* HOST:PORT or [IPV6]:PORT to listen at; port 0 is allowed. Puts its two parts where `host` and `port` are not NULL. */
bool form_listen(struct span s, struct span *host, struct span *port);

/* Origins as browsers write them, https://HOST[:PORT] or http://HOST[:PORT], spaces between. */
bool form_origins(struct span s);

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT, spaces between. */
bool form_hosts(struct span s);

/* Hosts in lower case, spaces between; one that begins with a dot means all below it. */
bool form_link_hosts(struct span s);

/* Words of topic_deviation.def, spaces between. */
bool form_deviations(struct span s);
/* Whether `word` is among words with spaces between. */
bool form_has_word(struct span words, struct span word);

/* Whether the host of HOST:PORT (or only HOST) names this machine for itself: localhost, 127.0.0.1, [::1]. */
bool form_is_loopback(struct span s);

/* Why `s` is no proxy's URL, as half a sentence; NULL where it is one. */
const char *form_proxy_problem(struct span s);

/* Why `s` is no base URL, as half a sentence that does not repeat it; NULL where it is one. */
const char *form_url_problem(struct span s);

#endif
