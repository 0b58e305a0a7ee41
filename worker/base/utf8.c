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

size_t utf8_whole(struct span s)
{
    size_t start = s.size; /* behind the first byte of the last code point, which has at most 3 more */
    while (start > 0 && s.size - start < 3 && utf8_continues(s, start - 1))
        start--;
    if (start == 0)
        return s.size;
    size_t at = start - 1;
    return utf8_next(s, &at) < 0 ? start - 1 : s.size;
}

bool utf8_invisible(int32_t point)
{
    static const struct {
        int32_t first, last;
    } ranges[] = {
        {0x0000, 0x001f}, {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},   {0x061c, 0x061c},
        {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
        {0x2060, 0x206f}, {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
        {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && point >= ranges[i].first; i++)
        if (point <= ranges[i].last)
            return true;
    return false;
}
