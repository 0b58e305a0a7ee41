#include "cmd/age.h"

#include <stdio.h>

void age_write(char out[AGE_TEXT], int64_t ms)
{
    int64_t s = (ms < 0 ? -ms : ms) / 1000;
    if (s < 120)
        snprintf(out, AGE_TEXT, "%lld s", (long long)s);
    else if (s < 7200)
        snprintf(out, AGE_TEXT, "%lld min", (long long)s / 60);
    else if (s < 172800)
        snprintf(out, AGE_TEXT, "%lld h", (long long)s / 3600);
    else
        snprintf(out, AGE_TEXT, "%lld days", (long long)s / 86400);
}
