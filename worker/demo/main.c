/* cupbearer-demo: what shows cupbearer, and tests it, and is no part of it. It is not installed. */
#include "cmd/program.h"
#include "demo/demo.h"

int main(int argc, char **argv)
{
    static const struct command *const commands[] = {&command_play, &command_standin, NULL};
    static const struct program program = {"cupbearer-demo", "cupbearer, shown and tested on one machine", commands};
    return program_main(&program, argc, argv);
}
