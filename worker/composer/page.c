#include <strings.h>

#include "composer/composer.h"
#include "page.h"

#define INDEX "index.html"

static const struct asset {
    const char *name;
    struct span plain, gzipped;
} assets[] = {
#define ASSET(name, c_name)                                                                                  \
    {name, {(const char *)c_name, sizeof(c_name)}, {(const char *)c_name##_gz, sizeof(c_name##_gz)}},
#include "page.def"
#undef ASSET
};
#define ASSET_COUNT (sizeof(assets) / sizeof(assets[0]))

static const char *asset_type(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(strrchr(name, '.'), types[i].ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* Whether gzip stands in the header, and not as something that is not wanted (";q=0"). */
static bool takes_gzip(const struct gate_request *request)
{
    struct span list = gate_request_header(request, "accept-encoding");
    while (list.data != NULL) {
        struct span coding = span_cut(&list, ',');
        while (span_starts(coding, SPAN(" ")))
            coding = span_skip(coding, 1);
        if (span_equal(span_trim_end(coding), SPAN("gzip")))
            return true;
    }
    return false;
}

static void asset_answer(struct span name, const struct gate_request *request, struct gate_reply *reply)
{
    for (size_t i = 0; i < ASSET_COUNT; i++) {
        if (!span_equal(name, span_of(assets[i].name)))
            continue;
        reply->page = true;
        reply->type = asset_type(assets[i].name);
        reply->gzipped = takes_gzip(request);
        reply->fixed = reply->gzipped ? assets[i].gzipped : assets[i].plain;
        return;
    }
    gate_reply_error(reply, 404, NULL, NULL, "the composer's page has no such part; load it again");
}

void composer_page(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    (void)gate;
    asset_answer(SPAN(INDEX), request, reply);
}

void composer_asset(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    (void)gate;
    asset_answer(request->target.parts[2], request, reply);
}
