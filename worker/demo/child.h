/* A command of cupbearer, the program beside this one, as a process of its own, as in production: started, waited for until its log says that it is
 * ready, and ended in order. */
#ifndef DEMO_CHILD_H
#define DEMO_CHILD_H

#include <sys/types.h>

#include "base/err.h"

#define CHILD_PATH_SIZE 4096

struct child {
    pid_t pid; /* 0: none runs */
};

struct child_start {
    const char *command; /* "run" */
    const char *config;  /* the path of the configuration */
    const char *log;     /* where its log goes */
    const char *words;   /* where what it prints goes; NULL: nowhere else than with us */
    const char *ready;   /* what the log says then */
};

/* -1 with err, the log's last line in it, where it ends or takes longer than a minute. */
int child_start(struct child *child, const struct child_start *start, struct err *err);
/* The directory of both programs, "" where it cannot be told. */
void child_directory(char out[CHILD_PATH_SIZE]);
/* SIGTERM, and waits. */
void child_stop(struct child *child);

#endif
