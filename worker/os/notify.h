/* What a service manager is told of this process, by datagrams to $NOTIFY_SOCKET as sd_notify(3) describes them. Where there is no
 * manager, nothing is sent and nothing wakes. All of it by one thread, which is the one whose standing still is to be noticed. */
#ifndef OS_NOTIFY_H
#define OS_NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

#include "base/moment.h"
#include "base/span.h"

#define NOTIFY_SEND_MS    1000 /* a manager that does not read holds nobody up for longer */
#define NOTIFY_STATUS_MAX 256  /* bytes, its 0 among them; what is longer is cut */

struct notify {
    int fd; /* -1: there is no manager */
    struct sockaddr_un address;
    socklen_t address_size;
    int64_t watchdog_ms; /* between two signs of life; 0: the manager waits for none */
    struct mono next;    /* when the next one is due; MONO_NEVER before notify_ready */
    char status[NOTIFY_STATUS_MAX];
};

/* Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID, and takes them out of the environment: they are this process's own. A sign
 * of life comes after half of $WATCHDOG_USEC at most, at whole multiples of `beat_ms` where that is no longer, so that who wakes
 * then anyway is not woken for it. An address that cannot be used is logged. notify_done it. */
void notify_init(struct notify *notify, int64_t beat_ms);
void notify_done(struct notify *notify);

/* It has started: from now on notify_turn has to be called when notify_deadline says so. */
void notify_ready(struct notify *notify, struct mono now);
/* Around a reload. */
void notify_reloading(struct notify *notify);
void notify_reloaded(struct notify *notify);
void notify_stopping(struct notify *notify);
/* A line for people, up to its newline; sent where it is another than the last. */
void notify_status(struct notify *notify, struct span text);

/* The sign of life, where it is due. */
void notify_turn(struct notify *notify, struct mono now);
struct mono notify_deadline(const struct notify *notify);

#endif
