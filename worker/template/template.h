/* A message as support leads write it beforehand: a JSON file with placeholders ({{name}}), read strictly and filled with
 * values into the members of an event's payload. No value can change more than the place where its placeholder stands: texts
 * are one line and escaped, links lead to known hosts only. An error names the member or the placeholder first, up to
 * the first ": ", and says what to do. */
#ifndef TEMPLATE_TEMPLATE_H
#define TEMPLATE_TEMPLATE_H

#include <jansson.h>

#include "base/err.h"
#include "base/span.h"
#include "event/payload.h"

#define TEMPLATE_SIZE_MAX         PAYLOAD_SIZE_MAX
#define TEMPLATE_NAME_MAX         64
#define TEMPLATE_PLACEHOLDERS_MAX 32

struct template;

struct template_value {
    struct span name, value;
};

/* Where links that come as values may lead. A host is "shop.example", "shop.example:8443", or ".shop.example" for what
 * lies below it. */
struct template_rules {
    const struct span *link_hosts;
    size_t link_host_count;
};

/* 0 and *out, for template_free; -1 with ERR_USAGE. Points into nothing of json. */
int template_read(struct span json, struct template **out, struct err *err);
void template_free(struct template *template);

/* 0 and *members: an object with "message" and, where the message has them, "ttl" and "deliver_within"; the caller's to
 * json_decref. A placeholder without a value takes its default. -1 with ERR_USAGE. */
int template_fill(const struct template *template, const struct template_value *values, size_t count,
                  const struct template_rules *rules, json_t **members, struct err *err);

/* [a-z0-9-]{1,64}: what a message may be called. */
bool template_name_is_valid(struct span name);

/* Whether that can be one of the rules' link hosts. */
bool template_link_host_is_valid(struct span host);

#endif
