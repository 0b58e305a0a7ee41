#include "os/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/log.h"

/* A path, or with a leading @ the name of an abstract socket, which begins with a 0 and does not end with one (unix(7)). */
static bool notify_address(struct notify *notify, const char *name)
{
    size_t size = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || size < 2 || size >= sizeof(notify->address.sun_path))
        return false;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, name, size);
    if (name[0] == '@')
        notify->address.sun_path[0] = 0;
    notify->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (name[0] == '/'));
    return true;
}

static void notify_open(struct notify *notify, const char *name)
{
    struct timeval patience = {.tv_sec = NOTIFY_SEND_MS / 1000};
    if (!notify_address(notify, name)) {
        log_say(LOG_LEVEL_WARNING, "notify", "NOTIFY_SOCKET is no path and no @NAME: the service manager is told nothing");
        return;
    }
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify->fd < 0 || setsockopt(notify->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0)
        log_say(LOG_LEVEL_WARNING, "notify", "no socket for the service manager: %s", strerror(errno));
}

/* $WATCHDOG_USEC is for the process that $WATCHDOG_PID names, where it names one (sd_watchdog_enabled(3)). 0: there is none. */
static int64_t notify_watchdog_ms(void)
{
    const char *pid = getenv("WATCHDOG_PID"), *usec = getenv("WATCHDOG_USEC");
    char *end;
    if (usec == NULL || (pid != NULL && strtoll(pid, NULL, 10) != getpid()))
        return 0;
    errno = 0;
    long long value = strtoll(usec, &end, 10);
    if (errno == 0 && end != usec && *end == 0 && value > 0)
        return value < 2000 ? 1 : value / 2000;
    log_say(LOG_LEVEL_WARNING, "notify", "WATCHDOG_USEC is no number: the service manager gets no signs of life");
    return 0;
}

void notify_init(struct notify *notify, int64_t beat_ms)
{
    *notify = (struct notify){.fd = -1, .next = MONO_NEVER};
    const char *name = getenv("NOTIFY_SOCKET");
    if (name != NULL)
        notify_open(notify, name);
    if (notify->fd >= 0)
        notify->watchdog_ms = notify_watchdog_ms();
    if (notify->watchdog_ms > beat_ms)
        notify->watchdog_ms -= notify->watchdog_ms % beat_ms;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_done(struct notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    notify->fd = -1;
    notify->next = MONO_NEVER;
}

/* `flags`: MSG_DONTWAIT for what comes again, or matters to nobody. */
static void notify_send(struct notify *notify, const char *text, int flags)
{
    if (notify->fd >= 0 && sendto(notify->fd, text, strlen(text), flags | MSG_NOSIGNAL, (const struct sockaddr *)&notify->address,
                                  notify->address_size) < 0)
        log_say(LOG_LEVEL_WARNING, "notify", "the service manager cannot be told %.*s: %s", (int)strcspn(text, "\n"), text,
                strerror(errno));
}

void notify_ready(struct notify *notify, struct mono now)
{
    notify_send(notify, "READY=1", 0);
    if (notify->watchdog_ms > 0)
        notify->next = mono_beat(now, notify->watchdog_ms);
}

void notify_reloading(struct notify *notify)
{
    char text[64];
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic_us());
    notify_send(notify, text, 0);
}

void notify_reloaded(struct notify *notify)
{
    notify_send(notify, "READY=1", 0);
}

void notify_stopping(struct notify *notify)
{
    notify_send(notify, "STOPPING=1", 0);
}

void notify_status(struct notify *notify, struct span text)
{
    char line[sizeof("STATUS=") + NOTIFY_STATUS_MAX];
    struct span first = span_cut(&text, '\n');
    int size = (int)(first.size < NOTIFY_STATUS_MAX ? first.size : NOTIFY_STATUS_MAX - 1);
    if (notify->fd < 0 || ((size_t)size == strlen(notify->status) && memcmp(notify->status, first.data, (size_t)size) == 0))
        return;
    snprintf(notify->status, sizeof(notify->status), "%.*s", size, first.data);
    snprintf(line, sizeof(line), "STATUS=%s", notify->status);
    notify_send(notify, line, MSG_DONTWAIT);
}

void notify_turn(struct notify *notify, struct mono now)
{
    if (!mono_reached(notify->next, now))
        return;
    notify->next = mono_beat(now, notify->watchdog_ms);
    notify_send(notify, "WATCHDOG=1", MSG_DONTWAIT);
}

struct mono notify_deadline(const struct notify *notify)
{
    return notify->next;
}
