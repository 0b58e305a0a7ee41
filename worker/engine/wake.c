#include "engine/wake.h"

#include "engine/internal.h"

void wake_queue(struct engine *engine, struct queue *queue)
{
    if (!queue->woken)
        STAILQ_INSERT_TAIL(&engine->woken_queues, queue, in_woken);
    queue->woken = true;
}

void wake_account(struct engine *engine, struct account *account)
{
    if (!account->woken)
        STAILQ_INSERT_TAIL(&engine->woken_accounts, account, in_woken);
    account->woken = true;
}

struct queue *wake_next_queue(struct engine *engine)
{
    struct queue *queue = STAILQ_FIRST(&engine->woken_queues);
    if (queue == NULL)
        return NULL;
    STAILQ_REMOVE_HEAD(&engine->woken_queues, in_woken);
    queue->woken = false;
    return queue;
}

struct account *wake_next_account(struct engine *engine)
{
    struct account *account = STAILQ_FIRST(&engine->woken_accounts);
    if (account == NULL)
        return NULL;
    STAILQ_REMOVE_HEAD(&engine->woken_accounts, in_woken);
    account->woken = false;
    return account;
}
