#include "base/nearest.h"

enum { LENGTH_MAX = 80 }; /* a longer name is no typo of a known one */

static char letter_fold(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '-' || c == '.' ? '_' : c;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, one row of his table at a time. */
static size_t distance(struct span a, struct span b)
{
    size_t row[LENGTH_MAX + 1];
    for (size_t j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t replaced = diagonal + (letter_fold(a.data[i - 1]) != letter_fold(b.data[j - 1]));
            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.size];
}

void nearest_init(struct nearest *nearest, struct span wanted)
{
    /* A third of the letters may be wrong; of very short names one. */
    *nearest = (struct nearest){wanted, NULL, wanted.size / 3 + (wanted.size < 3) + 1};
}

void nearest_offer(struct nearest *nearest, struct span name, const void *thing)
{
    struct span wanted = nearest->wanted;
    if (wanted.size > LENGTH_MAX || name.size > LENGTH_MAX)
        return;
    size_t found = distance(wanted, name);
    /* "keyring" for "keyring_file": the beginning is right, so it counts like one wrong letter. */
    if (wanted.size >= 3 && name.size > wanted.size && letter_fold(name.data[wanted.size]) == '_' &&
        nearest_same(wanted, (struct span){name.data, wanted.size}))
        found = 1;
    if (found < nearest->distance) {
        nearest->distance = found;
        nearest->thing = thing;
    }
}

const void *nearest_thing(const struct nearest *nearest)
{
    return nearest->thing;
}

bool nearest_same(struct span a, struct span b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (letter_fold(a.data[i]) != letter_fold(b.data[i]))
            return false;
    return true;
}
