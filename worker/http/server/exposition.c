#include "http/server/exposition.h"

#include <assert.h>
#include <inttypes.h>

void family_begin(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void label_value(struct buf *out, const char *value)
{
    for (const char *at = value; *at != 0; at++) {
        if (*at == '\n')
            buf_add_text(out, "\\n");
        else if (*at == '\\' || *at == '"')
            buf_printf(out, "\\%c", *at);
        else
            buf_add(out, at, 1);
    }
}

static void sample_name(struct buf *out, const char *name, const char *suffix, const struct label *labels)
{
    buf_printf(out, "%s%s", name, suffix);
    for (const struct label *label = labels; label->name != NULL; label++) {
        buf_printf(out, "%s%s=\"", label == labels ? "{" : ",", label->name);
        label_value(out, label->value);
        buf_add_text(out, "\"");
    }
    buf_add_text(out, labels->name == NULL ? " " : "} ");
}

void sample_add(struct buf *out, const char *name, const struct label *labels, uint64_t value)
{
    sample_name(out, name, "", labels);
    buf_printf(out, "%" PRIu64 "\n", value);
}

void sample_seconds(struct buf *out, const char *name, const char *suffix, const struct label *labels, int64_t ms)
{
    int64_t size = ms < 0 ? -ms : ms;
    sample_name(out, name, suffix, labels);
    buf_printf(out, "%s%" PRId64 ".%03d\n", ms < 0 ? "-" : "", size / 1000, (int)(size % 1000));
}

void sample_histogram(struct buf *out, const char *name, const struct label *labels, const struct histogram *histogram,
                      size_t bounds)
{
    struct label all[4] = {{NULL, NULL}};
    size_t own = 0;
    while (labels[own].name != NULL) {
        assert(own < 2);
        all[own] = labels[own];
        own++;
    }
    uint64_t below = 0;
    for (size_t i = 0; i < bounds; i++) {
        below += histogram->counts[i];
        all[own] = (struct label){"le", histogram_bounds[i].seconds};
        sample_name(out, name, "_bucket", all);
        buf_printf(out, "%" PRIu64 "\n", below);
    }
    all[own] = (struct label){"le", "+Inf"};
    sample_name(out, name, "_bucket", all);
    buf_printf(out, "%" PRIu64 "\n", histogram_count(histogram));
    sample_seconds(out, name, "_sum", labels, histogram->sum_ms);
    sample_name(out, name, "_count", labels);
    buf_printf(out, "%" PRIu64 "\n", histogram_count(histogram));
}
