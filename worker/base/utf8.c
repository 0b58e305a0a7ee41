#include "base/utf8.h"

static bool utf8_continues(struct span s, size_t at)
{
    return at < s.size && ((unsigned char)s.data[at] & 0xc0) == 0x80;
}

int32_t utf8_next(struct span s, size_t *at)
{
    size_t start = *at;
    unsigned char first = (unsigned char)s.data[start];
    *at = start + 1;
    if (first < 0x80)
        return first;
    size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4)
        return -1;
    int32_t point = first & (0x3f >> more);
    for (size_t i = 1; i <= more; i++) {
        if (!utf8_continues(s, start + i))
            return -1;
        point = (point << 6) | (s.data[start + i] & 0x3f);
    }
    static const int32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return -1;
    *at = start + 1 + more;
    return point;
}

size_t utf8_length(struct span s)
{
    size_t at = 0, count = 0;
    while (at < s.size) {
        utf8_next(s, &at);
        count++;
    }
    return count;
}

bool utf8_invisible(int32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0xad || point == 0x61c ||
           point == 0x180e || (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2060 && point <= 0x206f) || point == 0xfeff || (point >= 0xfff9 && point <= 0xfffb);
}
