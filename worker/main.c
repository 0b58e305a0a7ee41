#include "cmd/commands.h"

int main(int argc, char **argv)
{
    return program_main(&cupbearer_program, argc, argv);
}
