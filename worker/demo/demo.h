/* The commands of cupbearer-demo, as cmd/program.h takes them. */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

int demo_play(int argc, char **argv);
int demo_standin(int argc, char **argv);

#endif
