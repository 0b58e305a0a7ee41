#include "cmd/commands.h"
#include "pages/pages.h"

static const struct command *listed[64];
const struct command *const *pages_commands = listed;

void pages_list(void)
{
    size_t count = 0;
    for (const struct command *const *one = cupbearer_program.commands; *one != NULL; one++)
        if ((*one)->purpose != NULL && (*one)->groups != NULL && count + 1 < sizeof(listed) / sizeof(listed[0]))
            listed[count++] = *one;
}
