#include "cmd/sign/template_options.h"

#include <stdlib.h>

#include "base/mem.h"
#include "os/template_store.h"

int template_options_set(struct template_options *options, const char *value, struct err *err)
{
    struct span rest = span_of(value), name = span_cut(&rest, '=');
    if (rest.data == NULL || name.size == 0)
        return err_set(err, ERR_USAGE, "--set: expected NAME=VALUE, such as name=Ada");
    options->values = mem_grow(options->values, options->value_count + 1, sizeof(*options->values));
    options->values[options->value_count++] = (struct template_value){name, rest};
    return 0;
}

int template_options_host(struct template_options *options, const char *value, struct err *err)
{
    struct span host = span_of(value);
    if (!template_link_host_is_valid(host))
        return err_set(err, ERR_USAGE,
                       "--link-host: expected a host such as shop.example, .shop.example for what lies below "
                       "it, or shop.example:8443");
    options->hosts = mem_grow(options->hosts, options->host_count + 1, sizeof(*options->hosts));
    options->hosts[options->host_count++] = host;
    return 0;
}

void template_options_done(struct template_options *options)
{
    free(options->values);
    free(options->hosts);
    *options = (struct template_options){0};
}

int template_options_fill(const struct template_options *options, const char *directory, const char *name,
                         json_t **members, struct err *err)
{
    const struct template_rules rules = {options->hosts, options->host_count};
    struct template_file file;
    struct err why;
    enum template_store_result found = template_store_read(directory, span_of(name), &file, &why);
    if (found == TEMPLATE_STORE_MISSING)
        return err_set(err, ERR_USAGE,
                       "there is no message '%.64s': no file %.200s/%.64s.json; is the name right, and "
                       "--messages-dir?",
                       name, directory, name);
    if (found != TEMPLATE_STORE_OK)
        return err_set(err, why.code, "--message: %.450s", why.text);
    int result = 0;
    if (file.broken != NULL)
        result = err_set(err, ERR_USAGE, "%.150s/%.64s.json: %.250s", directory, name, file.broken);
    else if (template_fill(file.template, options->values, options->value_count, &rules, members, &why) != 0)
        result = err_set(err, why.code, "message '%.64s': %.400s", name, why.text);
    template_file_done(&file);
    return result;
}
