#include "config/property.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/settings.h"
#include "config/value.h"
#include "os/secret.h"

enum { SECRET_MAX = 4096 };

void config_property_done(struct config_property *property)
{
    free(property->name);
    if (property->value != NULL)
        sodium_memzero(property->value, strlen(property->value));
    free(property->value);
    *property = (struct config_property){NULL, NULL};
}

bool config_property_allowed(const char *name, struct err *err)
{
    const struct setting *setting = setting_find(SECTION_KAFKA, span_of(name));
    if (setting != NULL && setting_is_property(setting))
        return true;
    if (setting != NULL)
        err_set(err, ERR_USAGE, "\"%s\" is a setting of the worker, not a property of librdkafka", name);
    else
        setting_unknown(SECTION_KAFKA, span_of(name), err);
    return false;
}

int config_property_resolve(struct config_property *property, struct err *err)
{
    struct secret secret;
    if (secret_read_stream(property->value, SECRET_MAX, &secret, err) != 0)
        return -1;
    struct span text = {(const char *)secret.data, secret.size};
    bool binary = memchr(text.data, 0, text.size) != NULL;
    if (binary) {
        err_set(err, ERR_USAGE, "%s holds a 0 byte; a password is text", property->value);
    } else {
        free(property->value);
        property->value = mem_copy(text);
        property->name[strlen(property->name) - strlen("_file")] = 0;
    }
    secret_done(&secret);
    return binary ? -1 : 0;
}

int config_property_read(const char *text, struct config_property *out, struct err *err)
{
    struct span value = span_of(text);
    struct span name = span_cut(&value, '=');
    if (value.data == NULL)
        return err_set(err, ERR_USAGE, "write librdkafka's properties as NAME=VALUE");
    *out = (struct config_property){mem_copy(name), mem_copy(value)};
    const struct setting *setting =
        config_property_allowed(out->name, err) ? setting_find(SECTION_KAFKA, name) : NULL;
    if (setting != NULL && value_put(setting, out->value, NULL, err) == 0 &&
        (setting->type != SETTING_PROPERTY_FILE || config_property_resolve(out, err) == 0))
        return 0;
    config_property_done(out);
    return -1;
}

const char *config_property(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->property_count; i++)
        if (strcmp(config->properties[i].name, name) == 0)
            return config->properties[i].value;
    return NULL;
}

void config_property_put(struct config *config, const char *name, const char *value)
{
    struct config_property *property = NULL;
    for (size_t i = 0; i < config->property_count && property == NULL; i++)
        if (strcmp(config->properties[i].name, name) == 0)
            property = &config->properties[i];
    if (property == NULL) {
        config->property_count++;
        config->properties = mem_grow(config->properties, config->property_count, sizeof(*property));
        property = &config->properties[config->property_count - 1];
        *property = (struct config_property){mem_copy(span_of(name)), NULL};
    }
    free(property->value);
    property->value = mem_copy(span_of(value));
}
