/* From the text of a setting to its value: form and range. Messages name the setting and show how it is written; they
 * never repeat a value that could hold a secret. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "base/buf.h"
#include "base/err.h"
#include "config/settings.h"

/* Checks `text` and puts the value at `member`, of the C type that the setting's type says (the text before it is
 * freed). `member` is NULL for a property: then it is only checked. -1 with ERR_USAGE; *member is as it was. */
int value_put(const struct setting *setting, const char *text, void *member, struct err *err);

/* Appends "MIN to MAX" as one would write them, where the setting is an amount; nothing where it is not. */
void value_range_write(const struct setting *setting, struct buf *out);

#endif
