/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/terms.h"

#include "engine/state.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

/* A quota, of now or of a dated change. */
static void need_quota(bool *refuses, struct gate_need *need, const struct tenant_quota *quota)
{
    need->quota |= quota_holds(quota);
    need->hours |= quota && isfinite(quota->processor_seconds);
    *refuses |= quota != NULL;
}

/* Is there anything to hold jobs, now or later? */
static bool find_needs(const struct sim_setup *setup, struct gate_need *needs, struct qos_need *qos,
                       bool *refuses)
{
    const struct world *world = setup->world;
    bool needed = false;
    for (size_t i = 0; i < world->tenants.len; i++) {
        const struct tenant_info *info = &world->tenants.items[i];
        need_quota(refuses, &needs[i], info->quota);
        needs[i].guarantee = info->guarantee != NULL;
        *refuses |= info->each != NULL;
        needed |= quota_holds(info->each);
    }
    for (size_t q = 0; q < world->n_qos; q++) {
        need_quota(refuses, &qos[q].all, world->qos[q].quota);
        need_quota(refuses, &qos[q].each, world->qos[q].each);
    }
    for (size_t i = 0; i < setup->n_changes; i++) {
        const struct sim_change *change = &setup->changes[i];
        if (change->what == CHANGE_TENANT) {
            need_quota(refuses, &needs[change->tenant], change->quota);
            needs[change->tenant].guarantee |= change->guarantee != NULL;
        } else if (change->what == CHANGE_QOS) {
            need_quota(refuses, &qos[change->qos].all, change->quota);
            need_quota(refuses, &qos[change->qos].each, change->each);
        }
    }
    for (size_t i = 0; i < world->tenants.len; i++) {
        needed |= needs[i].quota || needs[i].guarantee;
        *refuses |= needs[i].guarantee;
    }
    for (size_t q = 0; q < world->n_qos; q++)
        needed |= qos[q].all.quota || qos[q].each.quota;
    return needed;
}

struct gates *terms_gates(const struct sim_setup *setup, bool *ret_refuses)
{
    const struct world *world = setup->world;
    struct gate_need *needs = mem_new(world->tenants.len, sizeof(*needs));
    struct qos_need *qos = mem_new(world->n_qos, sizeof(*qos));
    *ret_refuses = false;
    struct gates *gates =
        find_needs(setup, needs, qos, ret_refuses) ? gates_new(world, needs, qos) : NULL;
    free(needs);
    free(qos);
    return gates;
}

/* --- what quotas and guarantees never allow --- */

/* Whose terms they are: of a tenant, at home or elsewhere; of a QOS, of all its jobs or of those of
 * each tenant. */
struct party {
    int what; /* CHANGE_TENANT, CHANGE_QOS */
    int32_t row;
    bool home, each;
};

struct asked {
    int32_t procs;
    simtime request;
};

/* What a quota has against a job of its own size. It is judged once, as it comes. */
static enum job_reason single_refusal(const struct tenant_quota *quota, const struct asked *asked)
{
    if (asked->procs > quota->max_processors)
        return REASON_MAX_PROCESSORS;
    return asked->request > quota->max_request ? REASON_MAX_REQUEST : REASON_NONE;
}

/* By these terms alone. */
static enum job_reason refusal(const struct tenant_quota *quota,
                               const struct tenant_guarantee *guarantee, const struct asked *asked)
{
    if (!quota_could(quota, asked->procs, asked->request))
        return REASON_QUOTA;
    return guarantee_could(guarantee, asked->procs) ? REASON_NONE : REASON_GUARANTEE;
}

/* Does a change of the party's terms, by itself, let such a job start? */
static bool lets(const struct sim_change *change, const struct party *party,
                 const struct asked *asked)
{
    if ((int)change->what != party->what ||
        (party->what == CHANGE_TENANT ? change->tenant : change->qos) != party->row)
        return false;
    return refusal(party->each ? change->each : change->quota,
                   party->home ? change->guarantee : NULL, asked) == REASON_NONE;
}

/* Does any that is still ahead? */
static NOINLINE bool lets_later(const struct sim *sim, const struct party *party,
                                const struct asked *asked)
{
    for (size_t i = 0; i < sim->setup.n_changes; i++)
        if (sim->setup.changes[i].at >= sim->now && lets(&sim->setup.changes[i], party, asked))
            return true;
    return false;
}

enum job_reason sim_terms_refuse(const struct sim *sim, const struct job_spec *spec, int32_t centre,
                                 int32_t procs, simtime request)
{
    const struct asked asked = {procs, request};
    const struct world *world = sim->setup.world;
    enum job_reason reason = REASON_NONE;
    for (int32_t t = spec->tenant; t >= 0 && reason == REASON_NONE;
         t = world->tenants.items[t].parent) {
        const struct tenant_info *info = &world->tenants.items[t];
        const bool home = info->home == centre;
        reason = refusal(info->quota, home ? info->guarantee : NULL, &asked);
        if (UNLIKELY(reason != REASON_NONE) &&
            lets_later(sim, &(struct party){CHANGE_TENANT, t, home, false}, &asked))
            reason = REASON_NONE;
        if (reason == REASON_NONE && info->quota)
            reason = single_refusal(info->quota, &asked);
    }
    for (int each = 0; each <= 1 && spec->qos > 0 && reason == REASON_NONE; each++) {
        const struct qos_info *info = &world->qos[spec->qos];
        const struct tenant_quota *quota = each ? info->each : info->quota;
        reason = refusal(quota, NULL, &asked);
        if (reason != REASON_NONE &&
            lets_later(sim, &(struct party){CHANGE_QOS, spec->qos, false, each}, &asked))
            reason = REASON_NONE;
        if (reason == REASON_NONE && quota)
            reason = single_refusal(quota, &asked);
    }
    return reason;
}
