#include "progress/intake.h"

int32_t intake_next(const struct intake *list, int32_t count, int32_t last)
{
    int32_t next = -1;
    for (int32_t i = 1; i <= count; i++) {
        int32_t place = (last + i) % count;
        if (list[place].waits && (next < 0 || list[place].held < list[next].held))
            next = place;
    }
    return next;
}
