#include "gate/routes.h"

#include <sodium.h>
#include <stdio.h>
#include <strings.h>

#include "base/json.h"
#include "gate/access/site.h"
#include "os/log.h"

static unsigned route_count(const struct route *table)
{
    unsigned count = 0;
    while (table[count].method != NULL)
        count++;
    return count;
}

/* The gate's own are numbered first, from 1 on. */
static unsigned route_number(const struct gate *gate, const struct route *route)
{
    unsigned own = route_count(gate->routes);
    if (route == NULL)
        return 0;
    return route >= gate->routes && route < gate->routes + own ? (unsigned)(route - gate->routes) + 1
                                                               : (unsigned)(route - gate->pages) + own + 1;
}

bool routes_name(const struct gate *gate, unsigned number, const char **method, const char **path)
{
    unsigned own = route_count(gate->routes);
    const struct route other = {"other", "other", NULL, 0};
    const struct route *route = number == 0 ? &other : number <= own ? &gate->routes[number - 1] : &gate->pages[number - own - 1];
    *method = route->method;
    *path = route->pattern;
    return *method != NULL;
}

void routes_answered(void *context, const struct gate_reply *reply)
{
    struct gate *gate = context;
    counts_answered(&gate->counts, reply->route, reply->status);
}

/* The route of method and path in a table. NULL, and what the path's other methods are stands in `allow` and `flags`. */
static const struct route *route_find(const struct route *route, const struct gate_request *request, char allow[64],
                                      unsigned *flags)
{
    for (; route->method != NULL; route++) {
        size_t used = strlen(allow);
        if (!target_is(&request->target, route->pattern))
            continue;
        if (span_equal(request->method, span_of(route->method)))
            return route;
        *flags |= route->flags;
        snprintf(allow + used, 64 - used, "%s%s%s", used == 0 ? "" : ", ", route->method,
                 strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
    }
    return NULL;
}

static bool origin_is_an_accounts(const struct gate *gate, struct span origin)
{
    const struct config *config = gate->config;
    for (size_t i = 0; i < config->account_count; i++)
        if (site_origin_is_listed(origin, config->accounts[i].origins))
            return true;
    return false;
}

static bool host_check(const struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    const struct site_names names = gate_names(gate);
    if (site_host_is_ours(gate_request_header(request, "host"), &names))
        return true;
    gate_reply_error(reply, 403, NULL, NULL,
                     "the gate is not called by this name (Host): ask for %s, or set [gate] public_url, or hosts",
                     names.public_url == NULL ? http_server_url(gate->http) : names.public_url);
    return false;
}

/* Whether the request came by one of our names, and not from a stranger's page. */
static bool site_check(const struct gate *gate, const struct gate_request *request, unsigned flags,
                       struct gate_reply *reply)
{
    const struct site_names names = gate_names(gate);
    struct span host = gate_request_header(request, "host");
    if ((flags & ROUTE_ANY_HOST) == 0 && !host_check(gate, request, reply))
        return false;
    struct span origin = gate_request_header(request, "origin");
    if (gate_request_header_count(request, "origin") == 0 || site_origin_is_own(origin, host, &names))
        return true;
    if ((flags & ROUTE_PAGES) != 0 && origin_is_an_accounts(gate, origin) &&
        origin.size < sizeof(reply->origin)) {
        memcpy(reply->origin, origin.data, origin.size);
        reply->origin[origin.size] = 0;
        return true;
    }
    gate_reply_error(
        reply, 403, NULL, NULL,
        "pages of this origin may not call this: [account NAME] origins names those that may publish");
    return false;
}

/* Compressed bodies are not unpacked: a small one may hold any number of bytes. One that does not declare it begins like this (RFC
 * 1952). */
static bool is_packed(const struct gate_request *request)
{
    struct span coding = gate_request_header(request, "content-encoding");
    return (gate_request_header_count(request, "content-encoding") > 0 &&
            !(coding.size == 8 && strncasecmp(coding.data, "identity", 8) == 0)) ||
           span_starts(request->body, SPAN("\x1f\x8b"));
}

static bool type_check(const struct gate_request *request, struct gate_reply *reply)
{
    if (is_packed(request)) {
        reply->wants_unpacked = true;
        gate_reply_error(reply, 415, NULL, NULL,
                         "send the body uncompressed, without Content-Encoding");
        return false;
    }
    if (gate_request_is_json(request))
        return true;
    gate_reply_error(reply, 415, NULL, NULL, "send JSON, with Content-Type: application/json");
    return false;
}

static bool json_check(struct gate_request *request, struct gate_reply *reply)
{
    struct err err;
    if (!type_check(request, reply))
        return false;
    request->json = json_read_few(request->body, GATE_JSON_DEPTH, GATE_JSON_VALUES, &err);
    if (!json_is_object(request->json)) {
        gate_reply_error(reply, 400, NULL, NULL, "the body is not a JSON object%s%s",
                         request->json == NULL ? ": " : "", request->json == NULL ? err.text : "");
        return false;
    }
    return true;
}

static bool composer_check(const struct gate *gate, const struct gate_request *request,
                           struct gate_reply *reply)
{
    struct span token = gate_request_header(request, "x-cupbearer-token");
    struct span host = gate_request_header(request, "host"), origin = gate_request_header(request, "origin");
    const struct site_names names = gate_names(gate);
    if (token.size != GATE_START_TOKEN_SIZE - 1 ||
        sodium_memcmp(token.data, gate->start_token, GATE_START_TOKEN_SIZE - 1) != 0) {
        gate_reply_error(reply, 401, NULL, NULL,
                         "open the composer by the address that the gate printed when it started");
        return false;
    }
    if (!span_equal(request->method, SPAN("GET")) &&
        !site_origin_is_own(origin, host, &names)) {
        gate_reply_error(reply, 403, NULL, NULL, "changes come from the composer's own page only");
        return false;
    }
    return true;
}

static bool token_check(struct gate *gate, const struct token_list *list, struct gate_request *request,
                        struct gate_reply *reply)
{
    struct span secret = gate_request_bearer(request);
    request->token = list == NULL ? NULL : token_list_find(list, secret);
    if (request->token != NULL)
        return true;
    reply->wants_token = true;
    gate_reply_error(reply, 401, NULL, NULL,
                     gate->tokens == NULL ? "this gate has no tokens: set [gate] tokens_file"
                     : secret.data == NULL
                         ? "send a token: Authorization: Bearer TOKEN (cupbearer keygen --token)"
                         : "this token is not in [gate] tokens_file");
    return false;
}

/* The gate's metrics are for its owner. If only this machine can reach it, whoever asks by this machine's own name gets them, as
 * from a worker; else a token is needed, and then any Host will do: Prometheus scrapes by address. */
static bool metrics_check(struct gate *gate, const struct token_list *list, struct gate_request *request,
                          struct gate_reply *reply)
{
    if (gate_is_local(gate) && gate_request_bearer(request).data == NULL)
        return host_check(gate, request, reply);
    if (!token_check(gate, list, request, reply))
        return false;
    if (!request->token->may_read_metrics)
        gate_reply_error(reply, 403, NULL, NULL,
                         "the token '%s' may not read metrics: its entry wants \"metrics\": true (cupbearer keygen --token NAME "
                         "--metrics)",
                         request->token->name);
    return request->token->may_read_metrics;
}

static void answer_no_route(const struct gate_request *request, unsigned flags, struct gate_reply *reply)
{
    if (reply->allow[0] == 0) {
        gate_reply_error(reply, 404, NULL, NULL,
                         "not found; GET /openapi.json lists what there is");
    } else if (span_equal(request->method, SPAN("OPTIONS"))) {
        reply->status = 204;
        reply->preflight = (flags & ROUTE_PAGES) != 0 && reply->origin[0] != 0;
    } else {
        gate_reply_error(reply, 405, NULL, NULL, "method not allowed; use %s", reply->allow);
    }
}

/* With --log-level debug. The path without its query; ids are in it, tokens and bodies are not. */
static void routes_log(const struct gate_request *request)
{
    struct log_line line;
    struct buf path;
    buf_init(&path, TARGET_SIZE_MAX + TARGET_PARTS_MAX);
    for (size_t i = 0; i < request->target.part_count; i++) {
        buf_add_text(&path, "/");
        buf_add_span(&path, request->target.parts[i]);
    }
    log_begin(&line, LOG_LEVEL_DEBUG, "request");
    log_text(&line, "from", span_of(request->address));
    log_text(&line, "method", request->method);
    log_text(&line, "path", buf_span(&path));
    log_end(&line);
    buf_done(&path);
}

void routes_answer(void *context, struct gate_request *request, struct gate_reply *reply)
{
    struct gate *gate = context;
    unsigned flags = 0;
    routes_log(request);
    reply->allow[0] = 0;
    const struct route *route = route_find(gate->routes, request, reply->allow, &flags);
    if (route == NULL)
        route = route_find(gate->pages, request, reply->allow, &flags);
    reply->route = route_number(gate, route);
    if (!site_check(gate, request, route == NULL ? flags : route->flags, reply)) {
        reply->allow[0] = 0;
        return;
    }
    if (route == NULL) {
        answer_no_route(request, flags, reply);
        return;
    }
    reply->allow[0] = 0;
    const struct token_list *tokens =
        (route->flags & (ROUTE_TOKEN | ROUTE_METRICS)) == 0 || gate->tokens == NULL ? NULL : tokens_take(gate->tokens);
    if (((route->flags & ROUTE_COMPOSER) == 0 || composer_check(gate, request, reply)) &&
        ((route->flags & ROUTE_TOKEN) == 0 || token_check(gate, tokens, request, reply)) &&
        ((route->flags & ROUTE_METRICS) == 0 || metrics_check(gate, tokens, request, reply)) &&
        ((route->flags & ROUTE_TYPE) == 0 || type_check(request, reply)) &&
        ((route->flags & ROUTE_JSON) == 0 || json_check(request, reply)))
        route->handle(gate, request, reply);
    if (tokens != NULL)
        snapshot_give(gate->tokens, tokens);
}
