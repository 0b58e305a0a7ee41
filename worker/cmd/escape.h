/* Text from elsewhere, printed so that it cannot drive a terminal or be mistaken for something else. */
#ifndef CMD_ESCAPE_H
#define CMD_ESCAPE_H

#include <stdio.h>

#include "base/span.h"

/* Prints text as it is, with '?' for each control, bidirectional or zero-width character and each byte that is not
 * UTF-8. */
void escape_print(FILE *out, struct span text);

/* Prints JSON as it is, but for such characters, which can stand in its strings alone: as \uXXXX, which means the same. */
void escape_print_json(FILE *out, struct span json);

/* A line of an object; likewise. */
struct json_t;
void escape_print_object(FILE *out, const struct json_t *object);

/* Prints text so that every byte can be told: such characters as <U+000A>, such bytes as <FF>. */
void escape_print_exact(FILE *out, struct span text);

#endif
