#include "cmd/wrap.h"

#include "cmd/escape.h"

void wrap_print(struct span text, size_t column)
{
    size_t at = column;
    while (text.data != NULL) {
        struct span word = span_cut(&text, ' ');
        if (at > column && at + 1 + word.size > WRAP_WIDTH) {
            printf("\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            putchar(' ');
            at++;
        }
        escape_print(stdout, word);
        at += word.size;
    }
    putchar('\n');
}
