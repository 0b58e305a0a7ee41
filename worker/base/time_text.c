#include "base/time_text.h"

#include <time.h>

#define LAST_S 253402300799 /* 9999-12-31T23:59:59Z: a later one has more characters */

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
    time_t seconds = (time_t)(ms < 0 ? 0 : ms / 1000 > LAST_S ? LAST_S : ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
