#include "config/security.h"

#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "config/form.h"
#include "config/property.h"

#define PROTOCOL_MAX 16

static const char *kafka_origin(const struct config_source *source, const char *name, const char *path)
{
    return source_origin(source, SECTION_KAFKA, name, ACCOUNT_NONE, path);
}

/* Takes the protocols off the servers. False where they are not all the same; "" where there is none. */
static bool servers_strip(char *servers, char protocol[PROTOCOL_MAX])
{
    struct buf out;
    struct span rest = span_of(servers);
    bool first = true, same = true;
    buf_init(&out, rest.size + 1);
    while (rest.data != NULL) {
        struct span server = span_cut(&rest, ','), found = form_server_protocol(&server);
        char lower[PROTOCOL_MAX] = "";
        for (size_t i = 0; i < found.size && i + 1 < PROTOCOL_MAX; i++)
            lower[i] = (char)(found.data[i] >= 'A' && found.data[i] <= 'Z' ? found.data[i] - 'A' + 'a' : found.data[i]);
        same = same && (first || strcmp(lower, protocol) == 0);
        memcpy(protocol, lower, PROTOCOL_MAX);
        if (!first)
            buf_add_text(&out, ",");
        buf_add_span(&out, server);
        first = false;
    }
    memcpy(servers, out.data, out.size); /* never longer */
    servers[out.size] = 0;
    buf_done(&out);
    return same;
}

static int protocol_check(struct config *config, const struct config_source *source, const char *path, struct err *err)
{
    char protocol[PROTOCOL_MAX] = "";
    const char *set = config_property(config, "security.protocol");
    const char *origin = kafka_origin(source, "bootstrap_servers", path);
    if (strstr(config->bootstrap_servers, "://") == NULL)
        return 0;
    if (!servers_strip(config->bootstrap_servers, protocol))
        return source_wrong(source, err, "%s: bootstrap_servers: the servers must all have the same PROTOCOL:// before them, or none",
                       origin);
    if (set != NULL && strcasecmp(set, protocol) != 0)
        return source_wrong(source, err, "%s: bootstrap_servers says %s, security.protocol says %.20s: correct one of them", origin,
                       protocol, set);
    config_property_put(config, "security.protocol", protocol);
    return 0;
}

int config_security(struct config *config, const struct config_source *source, const char *path, struct err *err)
{
    if (protocol_check(config, source, path, err) != 0)
        return -1;
    const char *protocol = config_property(config, "security.protocol"), *mechanism = config_property(config, "sasl.mechanisms");
    if (mechanism != NULL && (protocol == NULL || strncasecmp(protocol, "sasl_", 5) != 0) &&
        source_wrong(source, err,
                     "%s: sasl.mechanisms with security.protocol = %.30s: nobody would log in, and all would be in the clear. Set "
                     "security.protocol = sasl_ssl",
                     kafka_origin(source, "sasl.mechanisms", path), protocol == NULL ? "plaintext (its default)" : protocol) != 0)
        return -1;
    const char *method = config_property(config, "sasl.oauthbearer.method");
    if (mechanism != NULL && strcmp(mechanism, "OAUTHBEARER") == 0 && (method == NULL || strcasecmp(method, "oidc") != 0))
        return source_wrong(source, err,
                       "%s: sasl.mechanisms = OAUTHBEARER needs sasl.oauthbearer.method = oidc, with "
                       "sasl.oauthbearer.token.endpoint.url, sasl.oauthbearer.client.id and sasl.oauthbearer.client.secret_file",
                       kafka_origin(source, "sasl.mechanisms", path));
    return 0;
}
