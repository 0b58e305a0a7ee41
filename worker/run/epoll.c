#include "run/epoll.h"

#include <errno.h>
#include <sys/epoll.h>

int epoll_watch(int epoll_fd, int fd, uint64_t tag, struct err *err)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag | (uint32_t)fd};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        return err_os(err, errno, "epoll_ctl");
    return 0;
}
