#include "config/source.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/nearest.h"

void source_init(struct config_source *source)
{
    *source = (struct config_source){.entries = NULL};
}

int source_mistake(const struct config_source *source, const struct err *err)
{
    struct config_mistakes *mistakes = source->mistakes;
    if (mistakes == NULL)
        return -1;
    mistakes->texts = mem_grow(mistakes->texts, mistakes->count + 1, sizeof(char *));
    mistakes->texts[mistakes->count++] = mem_copy(span_of(err->text));
    return 0;
}

void source_done(struct config_source *source)
{
    for (size_t i = 0; i < source->entry_count; i++) {
        free(source->entries[i].value);
        free(source->entries[i].origin);
    }
    for (size_t i = 0; i < source->account_count; i++) {
        free(source->accounts[i].name);
        free(source->accounts[i].origin);
    }
    free(source->entries);
    free(source->accounts);
    source_init(source);
}

size_t source_account(const struct config_source *source, struct span name)
{
    for (size_t i = 0; i < source->account_count; i++)
        if (nearest_same(name, span_of(source->accounts[i].name)))
            return i;
    return ACCOUNT_NONE;
}

size_t source_add_account(struct config_source *source, struct span name, const char *origin)
{
    size_t index = source->account_count++;
    source->accounts = mem_grow(source->accounts, source->account_count, sizeof(source->accounts[0]));
    source->accounts[index] = (struct config_source_account){mem_copy(name), mem_copy(span_of(origin))};
    return index;
}

const struct config_entry *source_find(const struct config_source *source, const struct setting *setting,
                                       size_t account)
{
    for (size_t i = source->entry_count; i-- > 0;)
        if (source->entries[i].setting == setting && source->entries[i].account == account)
            return &source->entries[i];
    return NULL;
}

void source_add(struct config_source *source, const struct setting *setting, size_t account,
                const char *value, const char *origin)
{
    size_t index = source->entry_count++;
    source->entries = mem_grow(source->entries, source->entry_count, sizeof(source->entries[0]));
    source->entries[index] =
        (struct config_entry){setting, account, mem_copy(span_of(value)), mem_copy(span_of(origin))};
}

const char *source_origin(const struct config_source *source, enum config_section section, const char *name,
                          size_t account, const char *otherwise)
{
    const struct config_entry *entry = source_find(source, setting_find(section, span_of(name)), account);
    return entry == NULL ? otherwise : entry->origin;
}

int source_wrong(const struct config_source *source, struct err *err, const char *format, ...)
{
    char text[sizeof(err->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err_set(err, ERR_USAGE, "%s", text);
    return source_mistake(source, err);
}
