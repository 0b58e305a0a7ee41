/* Code points of UTF-8 (RFC 3629). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdint.h>

#include "base/span.h"

/* The code point at *at, which moves behind it; -1, and one byte further, where the bytes are not UTF-8.
 * *at must be less than s.size. */
int32_t utf8_next(struct span s, size_t *at);

/* How many code points s has; every byte that is not UTF-8 counts as one. */
size_t utf8_length(struct span s);

/* The size of s without the code point that its end cuts in two, if it does. */
size_t utf8_whole(struct span s);

/* Whether a code point cannot be seen: a control, a line separator, a bidirectional mark, a zero-width character (all
 * of Unicode's Default_Ignorable_Code_Point). Two ids that look the same and differ in such are a trap for people. */
bool utf8_invisible(int32_t point);

#endif
