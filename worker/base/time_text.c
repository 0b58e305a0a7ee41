#include "base/time_text.h"

#include <time.h>

/* gmtime_r and timegm are arithmetic on UTC: they read neither a clock nor the zone. */

bool time_text_read(struct span text, int64_t *out_ms)
{
    char copy[21];
    if (text.size != 20)
        return false;
    memcpy(copy, text.data, 20);
    copy[20] = 0;
    struct tm parts = {0};
    const char *end = strptime(copy, "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end != copy + 20)
        return false;
    time_t seconds = timegm(&parts);
    char again[21];
    time_text_write(again, (int64_t)seconds * 1000);
    *out_ms = (int64_t)seconds * 1000;
    return memcmp(again, copy, 20) == 0;
}

void time_text_write(char out[21], int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
