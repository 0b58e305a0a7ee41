#include "cmd/why/time.h"

#include <stdio.h>

#include "base/time_text.h"

void why_time(char out[WHY_TIME_SIZE], int64_t ms)
{
    char text[21];
    time_text_write(text, ms);
    snprintf(out, WHY_TIME_SIZE, "%.19s.%03dZ", text, ms < 0 ? 0 : (int)(ms % 1000));
}
