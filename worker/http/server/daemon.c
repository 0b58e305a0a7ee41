#include "http/server/daemon.h"

struct MHD_Daemon *http_daemon_start(const struct http_daemon_options *options, struct err *err)
{
    const bool own = options->connection != NULL;
    void *const of_connection = own ? options->context : options->idle;
    const MHD_NotifyConnectionCallback notify = own ? options->connection : idle_notify;
    struct MHD_OptionItem items[10] = {
        {MHD_OPTION_LISTEN_SOCKET, options->fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)options->connections, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)options->of_address, NULL},
        {MHD_OPTION_THREAD_STACK_SIZE, (intptr_t)options->stack_bytes, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)options->completed, options->context},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)notify, of_connection},
    };
    size_t count = 6;
    if (options->head_bytes != 0)
        items[count++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)options->head_bytes, NULL};
    if (options->target != NULL)
        items[count++] = (struct MHD_OptionItem){MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)options->target, options->context};
    items[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    if (idle_start(options->idle, err) != 0)
        return NULL;
    struct MHD_Daemon *started = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | options->flags |
            (options->threads ? (unsigned)MHD_USE_AUTO | (unsigned)MHD_USE_THREAD_PER_CONNECTION : (unsigned)MHD_USE_EPOLL),
        0, NULL, NULL, options->request, options->context, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    if (started == NULL)
        err_set(err, ERR_SYSTEM, "the HTTP server cannot start");
    return started;
}
