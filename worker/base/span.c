#include "base/span.h"

struct span span_trim_end(struct span s)
{
    while (s.size > 0 && strchr(" \t\r\n", s.data[s.size - 1]) != NULL && s.data[s.size - 1] != 0)
        s.size--;
    return s;
}

struct span span_cut(struct span *s, char separator)
{
    struct span head = *s;
    const char *at = s->size == 0 ? NULL : memchr(s->data, separator, s->size);
    if (at == NULL) {
        *s = SPAN_NONE;
        return head;
    }
    head.size = (size_t)(at - s->data);
    *s = span_skip(*s, head.size + 1);
    return head;
}

bool span_only(struct span s, const char *allowed)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] == 0 || strchr(allowed, s.data[i]) == NULL)
            return false;
    return true;
}

bool span_number(struct span s, size_t digits, int64_t *out)
{
    if (s.size < 1 || s.size > digits || !span_only(s, "0123456789"))
        return false;
    *out = 0;
    for (size_t i = 0; i < s.size; i++)
        *out = *out * 10 + (s.data[i] - '0');
    return true;
}
