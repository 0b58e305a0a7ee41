/* Times as people write them: YYYY-MM-DDTHH:MM:SSZ (RFC 3339, UTC only, no fraction). */
#ifndef BASE_TIME_TEXT_H
#define BASE_TIME_TEXT_H

#include <stdint.h>

#include "base/span.h"

/* False where text is not of that form, or no such day; else the milliseconds since the Unix epoch. */
bool time_text_read(struct span text, int64_t *out_ms);
/* Writes it, 20 characters and a 0; milliseconds are dropped. A time outside the years 1970 to 9999 is written as the
 * nearest one within. */
void time_text_write(char out[21], int64_t ms);

#endif
