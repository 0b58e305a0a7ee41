/* A template's file, and a value for all of its placeholders: the file, a tab, the value. What comes of them
 * is what a payload may have, and no link leads where none may. */
#include <stdlib.h>

#include "base/json.h"
#include "event/payload.h"
#include "fuzz/fuzz.h"
#include "template/link.h"

static const struct span host = {"good.example", 12};
static const struct template_rules rules = {&host, 1};

/* Two placeholders of the seeds: t takes the value if it can, u likewise. */
static void fill(const struct template *template, struct span value)
{
    const struct template_value values[] = {{SPAN("t"), value}, {SPAN("u"), value}, {SPAN("n"), SPAN("1")}};
    for (size_t from = 0; from < 3; from++) {
        for (size_t count = 0; count <= 3 - from; count++) {
            struct err err;
            json_t *members;
            if (template_fill(template, values + from, count, &rules, &members, &err) != 0) {
                if (members != NULL || err.text[0] == 0)
                    abort();
                continue;
            }
            json_object_set_new(members, "account", json_string("a"));
            json_t *to = json_object();
            json_object_set_new(to, "customer_id", json_string("0b4a7c1e-52d1-4c5c-9a3e-6f1d2a7b8c90"));
            json_object_set_new(members, "to", to);
            struct buf bytes;
            struct payload payload;
            struct detail detail;
            buf_init(&bytes, PAYLOAD_SIZE_MAX);
            json_write(&bytes, members);
            if (bytes.failed || payload_read(buf_span(&bytes), &payload, &detail) != OUTCOME_NONE)
                abort();
            payload_done(&payload);
            buf_done(&bytes);
            json_decref(members);
        }
    }
}

/* A link that passes begins with the host, whatever the rest is. */
static void check_link(struct span link)
{
    struct buf out;
    if (link_check(link, &rules, NULL) != 0)
        return;
    buf_init(&out, 65536);
    link_write(&out, link, true);
    struct span rest = span_skip(buf_span(&out), 8 + host.size);
    if (rest.size > 0 && strchr("/?#", rest.data[0]) == NULL)
        abort();
    for (size_t i = 0; i < out.size; i++)
        if (out.data[i] <= ' ' || strchr("()<>\"'`*[]{}|\\~", out.data[i]) != NULL)
            abort();
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span value = {(const char *)data, size}, file = span_cut(&value, '\t');
    struct template *template;
    struct err err;
    if (value.data != NULL)
        check_link(value);
    if (template_read(file, &template, &err) != 0)
        return 0;
    fill(template, value.data == NULL ? SPAN("") : value);
    template_free(template);
    return 0;
}
