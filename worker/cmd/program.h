/* A program that is a table of commands: finds the one that is meant, tells all of them, and what holds for each: signals, no
 * core file, and that what was printed has arrived. */
#ifndef CMD_PROGRAM_H
#define CMD_PROGRAM_H

struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* its exit code, an err_code; argv[0] is the command */
    const char *purpose;               /* NULL: not listed */
};

struct program {
    const char *name;
    const char *purpose;
    const struct command *commands; /* the last has no name */
};

/* What main returns. */
int program_main(const struct program *program, int argc, char **argv);

#endif
