#include "config/value.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "config/config.h"
#include "config/form.h"
#include "event/payload.h"

#define DIGITS "0123456789"

struct unit {
    const char *name;
    int64_t size;
};

/* From the largest down, so that a range is told in the largest unit that divides it. */
static const struct unit durations[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000},
                                        {"s", 1000},     {"ms", 1},      {NULL, 0}};
static const struct unit sizes[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {NULL, 0}};
static const struct unit counts[] = {{"", 1}, {NULL, 0}};

/* Digits and a unit. 9 digits: times the largest unit that fits an int64_t. -1 where it is not of that form. */
static int64_t amount_read(const char *text, const struct unit *units, size_t max_digits)
{
    size_t digits = strspn(text, DIGITS);
    if (digits == 0 || digits > max_digits)
        return -1;
    for (const struct unit *unit = units; unit->name != NULL; unit++)
        if (strcmp(text + digits, unit->name) == 0)
            return strtoll(text, NULL, 10) * unit->size;
    return -1;
}

static void amount_write(struct buf *out, int64_t amount, const struct unit *units)
{
    const struct unit *unit = units;
    while (unit[1].name != NULL && (amount % unit->size != 0 || amount == 0))
        unit++;
    buf_printf(out, "%" PRId64 "%s", amount / unit->size, unit->name);
}

static const struct unit *setting_units(const struct setting *setting)
{
    if (setting->type == SETTING_DURATION)
        return durations;
    if (setting->type == SETTING_SIZE)
        return sizes;
    return setting->type == SETTING_COUNT || setting->type == SETTING_PROPERTY_COUNT ? counts : NULL;
}

void value_range_write(const struct setting *setting, struct buf *out)
{
    const struct unit *units = setting_units(setting);
    if (units == NULL)
        return;
    amount_write(out, setting->min, units);
    buf_add_text(out, " to ");
    amount_write(out, setting->max, units);
}

static int range_error(const struct setting *setting, const char *text, struct err *err)
{
    struct buf range;
    buf_init(&range, 64);
    value_range_write(setting, &range);
    err_set(err, ERR_USAGE, "%s must be from %s, not \"%.40s\"", setting->name, range.data, text);
    buf_done(&range);
    return -1;
}

static int amount_put(const struct setting *setting, const char *text, int64_t *member, struct err *err)
{
    const struct unit *units = setting_units(setting);
    int64_t amount = amount_read(text, units, units == counts ? 10 : 9);
    if (amount < 0 && units == durations)
        return err_set(
            err, ERR_USAGE,
            "%s = \"%.40s\" is no duration; write a whole number and its unit: 500ms, 90s, 10m, 1h or 7d",
            setting->name, text);
    if (amount < 0 && units == sizes)
        return err_set(err, ERR_USAGE,
                       "%s = \"%.40s\" is no size; write a whole number and its unit: 256KiB, 64MiB or 1GiB",
                       setting->name, text);
    if (amount < setting->min || amount > setting->max)
        return range_error(setting, text, err);
    *member = amount;
    return 0;
}

static int count_put(const struct setting *setting, const char *text, int32_t *member, struct err *err)
{
    int64_t count = 0;
    if (amount_put(setting, text, &count, err) != 0)
        return -1;
    if (member != NULL)
        *member = (int32_t)count; /* every range of the table lies within */
    return 0;
}

/* One of two words, as 0 or 1. */
static int choice_read(const struct setting *setting, const char *text, const char *first, const char *second,
                       struct err *err)
{
    if (strcmp(text, first) == 0)
        return 0;
    if (strcmp(text, second) == 0)
        return 1;
    return err_set(err, ERR_USAGE, "%s must be %s or %s, not \"%.40s\"", setting->name, first, second, text);
}

static int bool_put(const struct setting *setting, const char *text, const char *first, const char *second,
                    bool *member, struct err *err)
{
    int choice = choice_read(setting, text, first, second, err);
    if (choice >= 0 && member != NULL)
        *member = choice == 1;
    return choice < 0 ? -1 : 0;
}

static int form_error(const struct setting *setting, const char *problem, struct err *err)
{
    return err_set(err, ERR_USAGE, "%s %s", setting->name, problem);
}

/* What no value can be. */
static const char *text_mistake(struct span text)
{
    if (text.size == 0)
        return "is empty; give it a value or leave it out";
    if (text.size >= 2 && (text.data[0] == '"' || text.data[0] == '\'') &&
        text.data[text.size - 1] == text.data[0])
        return "must stand without quotes";
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return "has a line end or another control character in it";
    return NULL;
}

/* NULL where the text is well formed. */
static const char *text_problem(const struct setting *setting, struct span text)
{
    switch (setting->type) {
    case SETTING_SERVERS:
        return form_servers(text)
                   ? NULL
                   : "must be HOST:PORT, several with commas between: kafka-1:9092,kafka-2:9092";
    case SETTING_WORD:
        if (memchr(text.data, ' ', text.size) != NULL || text.size > (size_t)setting->max)
            return "must be one word of at most 249 bytes";
        return NULL;
    case SETTING_TOPIC:
        return form_topic(text) ? NULL
                                : "must be a topic's name: 1 to 249 of the characters A-Z a-z 0-9 . _ -";
    case SETTING_INSTANCE:
        return form_instance(text)
                   ? NULL
                   : "must have %h in it, which becomes the host's name, and else only the characters "
                     "A-Z a-z 0-9 . _ -: two workers of one name would show messages twice";
    case SETTING_UUID:
        return uuid_is_valid(text)
                   ? NULL
                   : "must be a UUID in lower case, such as 0b4a7c1e-52d1-4c5c-9a3e-6f1d2a7b8c90";
    case SETTING_LISTEN:
        return span_equal(text, SPAN("off")) || form_listen(text, NULL, NULL)
                   ? NULL
                   : "must be HOST:PORT, [IPV6]:PORT or off, such as 127.0.0.1:9464; port 0 is any free one";
    case SETTING_HOST:
        return form_location_host(text)
                   ? NULL
                   : "must be what location.host says on the page: app.example.com or localhost:3000";
    case SETTING_URL:
        return form_url_problem(text);
    case SETTING_PROXY:
        return span_equal(text, SPAN("none")) ? NULL : form_proxy_problem(text);
    case SETTING_ORIGINS:
        return form_origins(text) ? NULL
                                  : "must be origins as browsers send them, spaces between: "
                                    "https://shop.example http://localhost:3000";
    case SETTING_HOSTS:
        return form_hosts(text) ? NULL
                                : "must be hosts as Host has them, spaces between: gate gate.internal:8787 (without a port: by any)";
    case SETTING_LINK_HOSTS:
        return form_link_hosts(text) ? NULL
                                     : "must be hosts in lower case, spaces between: shop.example "
                                       ".help.example (a dot before it: every host below)";
    case SETTING_DEVIATIONS:
        return form_deviations(text) ? NULL
                                     : "must be words of cleanup_policy, receipts_retention, unclean_leader_election and "
                                       "unread_settings, spaces between";
    case SETTING_PATH:
    case SETTING_SECRET:
    case SETTING_PROPERTY:
    case SETTING_PROPERTY_FILE:
    case SETTING_BOOL:
    case SETTING_COUNT:
    case SETTING_DURATION:
    case SETTING_SIZE:
    case SETTING_CONVERSATIONS:
    case SETTING_AMBIGUOUS:
    case SETTING_EMAIL:
    case SETTING_PARTITIONER:
    case SETTING_PROPERTY_COUNT:
        return NULL;
    }
    return NULL;
}

static int text_put(const struct setting *setting, struct span text, char **member, struct err *err)
{
    const char *problem = text_problem(setting, text);
    if (problem != NULL)
        return form_error(setting, problem, err);
    while (setting->type == SETTING_URL && text.data[text.size - 1] == '/')
        text.size--;
    if (member != NULL) {
        free(*member);
        *member = mem_copy(text);
    }
    return 0;
}

int value_put(const struct setting *setting, const char *text, void *member, struct err *err)
{
    const char *mistake = text_mistake(span_of(text));
    if (mistake != NULL)
        return form_error(setting, mistake, err);
    int choice;
    switch (setting->type) {
    case SETTING_BOOL:
        return bool_put(setting, text, "false", "true", member, err);
    case SETTING_CONVERSATIONS:
        return bool_put(setting, text, "new", "reopen", member, err);
    case SETTING_AMBIGUOUS:
        return bool_put(setting, text, "newest", "refuse", member, err);
    case SETTING_EMAIL:
        return bool_put(setting, text, "none", "given", member, err);
    case SETTING_PARTITIONER:
        choice = choice_read(setting, text, "murmur2", "crc32", err);
        if (choice >= 0)
            *(enum partitioner *)member = choice == 1 ? PARTITIONER_CRC32 : PARTITIONER_MURMUR2;
        return choice < 0 ? -1 : 0;
    case SETTING_COUNT:
    case SETTING_PROPERTY_COUNT:
        return count_put(setting, text, member, err);
    case SETTING_DURATION:
    case SETTING_SIZE:
        return amount_put(setting, text, member, err);
    case SETTING_SERVERS:
    case SETTING_WORD:
    case SETTING_INSTANCE:
    case SETTING_PATH:
    case SETTING_SECRET:
    case SETTING_TOPIC:
    case SETTING_UUID:
    case SETTING_URL:
    case SETTING_PROXY:
    case SETTING_ORIGINS:
    case SETTING_HOSTS:
    case SETTING_LINK_HOSTS:
    case SETTING_DEVIATIONS:
    case SETTING_LISTEN:
    case SETTING_HOST:
    case SETTING_PROPERTY:
    case SETTING_PROPERTY_FILE:
        return text_put(setting, span_of(text), member, err);
    }
    return -1;
}
