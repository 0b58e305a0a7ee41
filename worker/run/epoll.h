#ifndef RUN_EPOLL_H
#define RUN_EPOLL_H

#include <stdint.h>

#include "base/err.h"

/* The loop waits for the descriptor, too, from its next turn on; `tag` is one of run/loop.h. -1 with err. */
int epoll_watch(int epoll_fd, int fd, uint64_t tag, struct err *err);

#endif
