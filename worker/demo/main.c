/* cupbearer-demo: what shows cupbearer, and tests it, and is no part of it. It is not installed. */
#include "cmd/program.h"
#include "demo/demo.h"

int main(int argc, char **argv)
{
    static const struct command play = {
        "play", demo_play, "all of it on this machine, with a broker and a Papercups of its own", .usage = NULL};
    static const struct command standin = {
        "standin", demo_standin, "a stand-in Papercups, for demos and tests", .usage = NULL};
    static const struct command *const commands[] = {&play, &standin, NULL};
    static const struct program program = {"cupbearer-demo", "cupbearer, shown and tested on one machine", commands};
    return program_main(&program, argc, argv);
}
