/* Something stands between the workers and Papercups, and sometimes answers in its place: pages with 404 and 409, a login, a
 * firewall that refuses some calls, and some texts always. Papercups itself answers 404 once for what exists. It has dice of its
 * own, and applies to some of the seeds only. */
#include <stdlib.h>

#include "sim/sim_internal.h"

void sim_proxy_init(struct sim *sim)
{
    sim->proxy_rng = sim_dice(sim, 0x70726f7879);
    if (sim->options.steady_logs || rng_below(&sim->proxy_rng, 100) >= 40)
        return;
    sim->strays = 5 + rng_below(&sim->proxy_rng, 100);
    sim->forbidden_texts = rng_below(&sim->proxy_rng, 2) * 15;
}

static bool is_forbidden(const struct sim *sim, int event)
{
    uint64_t number = (uint64_t)event * 0xbf58476d1ce4e5b9u + sim->options.seed;
    return event >= 0 && (int64_t)(number >> 57) * 100 < sim->forbidden_texts * 128;
}

enum fate sim_proxy(struct sim *sim, const struct world_request *request, enum fate fate)
{
    static const enum fate strays[] = {FATE_STRAY,     FATE_STRAY_STORED,     FATE_STRAY, FATE_STRAY_STORED,
                                       FATE_FORBIDDEN, FATE_FORBIDDEN_STORED, FATE_LOGIN, FATE_LOGIN_STORED,
                                       FATE_MISSING,   FATE_MISSING};
    if (request->status != 0 || request->too_late)
        return fate;
    if (fake_request_posts(&request->what) && is_forbidden(sim, request->event))
        return FATE_FORBIDDEN;
    /* What is looked through is of more weight than how seldom it is. */
    int64_t weight = request->what.kind == CALL_READ_CUSTOMER ? 3 : 1;
    if (sim->strays == 0 || rng_below(&sim->proxy_rng, 1000) >= sim->strays * weight)
        return fate;
    enum fate stray = strays[rng_below(&sim->proxy_rng, 10)];
    bool again = request->event < 0 || sim->world->refusals[request->event].missing > 0;
    return stray == FATE_MISSING && again ? FATE_STRAY : stray;
}
