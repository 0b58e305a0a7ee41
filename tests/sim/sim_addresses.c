/* Events that name a row of Papercups, or a conversation, which other events reach by the external id: all three kinds occur for
 * one and the same customer. Sometimes the row is another account's, or does not exist. It has dice of its own, and applies to some
 * of the seeds only. */
#include "sim/sim_internal.h"

#define NOT_THERE 900 /* and more: Papercups never has so many */

static int64_t address_dice(struct sim *sim, int64_t bound)
{
    return rng_below(&sim->address_rng, bound);
}

void sim_addresses_init(struct sim *sim)
{
    sim->address_rng = sim_dice(sim, 0x61646472657373);
    bool any = address_dice(sim, 100) < 50 && !sim->options.steady_logs;
    sim->by_number = any ? 20 + address_dice(sim, 60) : 0;
}

static void choose(struct sim *sim, int event, struct sim_address *address)
{
    const struct fake_papercups *papercups = &sim->world->papercups;
    address->chosen = true;
    if (papercups->customer_count == 0 || address_dice(sim, 100) >= sim->by_number)
        return;
    bool by_conversation = address_dice(sim, 2) == 0 && papercups->conversation_count > 0;
    unsigned number =
        1 + (unsigned)address_dice(sim, by_conversation ? papercups->conversation_count : papercups->customer_count);
    unsigned row = by_conversation ? papercups->conversations[number - 1].customer : number;
    int64_t dice = address_dice(sim, 100);
    size_t account = world_account_of(span_of(papercups->customers[row - 1].account));
    if (dice < 5) /* another account says that it is its own */
        account = (account + 1) % sim->world->options.account_count;
    address->account = world_account_name(account);
    if (dice >= 95)
        number = NOT_THERE + (unsigned)event;
    address->customer = by_conversation ? 0 : number;
    address->conversation = by_conversation ? number : 0;
}

void sim_address(struct sim *sim, int event, struct publication *out)
{
    struct sim_address *address = &sim->addresses[event];
    if (sim->by_number == 0)
        return;
    if (!address->chosen)
        choose(sim, event, address);
    if (address->customer == 0 && address->conversation == 0)
        return;
    out->account = address->account;
    out->customer_id = address->customer;
    out->conversation_id = address->conversation;
}
