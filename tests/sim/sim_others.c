#include <stdio.h>

#include "sim/sim_internal.h"

static const char *const customers[] = {"ann", "ben", "cid", "dan"};
static const char *const hosts[] = {"blog.example", "evil.example", "myxshop.example", ""};

static const char *const emails[] = {"d_n@shop.example", "dan@shop.example", "eve@evil.example", ""};

static int64_t sim_stranger(struct sim *sim, int64_t bound)
{
    return rng_below(&sim->strangers, bound);
}

void sim_page(const struct sim *sim, int event, struct publication *out)
{
    static const char *const given[] = {NULL, NULL, "blog.example", "Shop.Example", "my_shop.example"};
    static const char *const by[] = {NULL, "d_n@shop.example", "D_N@shop.example", "other@shop.example"};
    uint64_t dice = (uint64_t)event * 0xbf58476d1ce4e5b9u + sim->options.seed;
    if (!sim->has_strangers)
        return;
    out->host = given[dice % 5];
    out->email = by[(dice >> 32) % 4];
}

void sim_move_host(struct sim *sim, int worker)
{
    struct worker *w = &sim->world->workers[worker];
    if (!sim->has_strangers || sim_stranger(sim, 100) >= 20)
        return;
    w->widget_host = sim_stranger(sim, 2) == 0 ? WORLD_HOST : "new.example";
    world_tell(sim->world, worker, "its pages are on %s", w->widget_host);
}

/* The widget makes second rows, and so does anybody who knows the external id. */
static void sim_plant_row(struct sim *sim)
{
    struct fake_papercups *papercups = &sim->world->papercups;
    struct fake_customer row = papercups->customers[sim_below(sim, papercups->customer_count)];
    unsigned like = row.number;
    int64_t what = sim->has_strangers ? sim_stranger(sim, 100) : 0;
    if (what >= 80) {
        fake_papercups_touch_row(papercups, like);
        world_tell(sim->world, WORLD_NOBODY, "the widget says that it has c%u", like);
        return;
    }
    if (what >= 20)
        snprintf(row.host, sizeof(row.host), "%s", hosts[sim_stranger(sim, 4)]);
    if (what >= 10 && what < 70)
        snprintf(row.email, sizeof(row.email), "%s", emails[sim_stranger(sim, 4)]);
    if (what >= 60) /* one to whom nothing was sent yet, too */
        snprintf(row.external_id, sizeof(row.external_id), "%s", customers[sim_stranger(sim, 4)]);
    unsigned made = fake_papercups_add_row(papercups, &row);
    if (what < 20)
        world_tell(sim->world, WORLD_NOBODY, "the widget makes c%u, a second row like c%u", made, like);
    else
        world_tell(sim->world, WORLD_NOBODY, "a stranger makes c%u of %s (%s, %s)", made, row.external_id,
                   row.host, row.email);
}

static void sim_take_mark(struct sim *sim)
{
    struct fake_papercups *papercups = &sim->world->papercups;
    if (papercups->message_count == 0)
        return;
    struct fake_message *message = &papercups->messages[sim_below(sim, papercups->message_count)];
    message->mark[0] = 0;
    world_tell(sim->world, WORLD_NOBODY, "somebody takes the mark of %s away", message->event);
}

void sim_others(struct sim *sim)
{
    struct fake_papercups *papercups = &sim->world->papercups;
    int64_t dice = sim_below(sim, 100);
    if (dice < 40 && papercups->conversation_count > 0) {
        unsigned which = (unsigned)sim_below(sim, papercups->conversation_count);
        struct fake_conversation *one = &papercups->conversations[which];
        one->archived = one->closed && sim_chance(sim, 50);
        bool was_closed = one->closed;
        one->closed = sim_chance(sim, 80);
        if (one->closed && !was_closed)
            one->closed_at = sim->world->now.mono;
        if (!one->closed || one->archived)
            fake_papercups_unhide(papercups, which + 1);
        world_tell(sim->world, WORLD_NOBODY, "an agent %s v%d",
                   one->archived ? "archives"
                   : one->closed ? "closes"
                                 : "opens",
                   1 + (int)(one - papercups->conversations));
    } else if (dice < 80 && papercups->customer_count > 0) {
        sim_plant_row(sim);
    } else if (sim->options.windows.edited) {
        sim_take_mark(sim);
    } else if (dice >= 80 && world_any_refused(sim->world)) {
        world_refuse(sim->world, "");
    } else if (dice == 98 || dice == 99) {
        world_refuse(sim->world, dice == 98 ? WORLD_ACCOUNT : WORLD_ACCOUNT_2);
    }
}
