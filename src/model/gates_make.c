/* Which gates there are. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/gates_inner.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

static struct gate_need need_of(const struct gates *gates, int32_t tenant)
{
    return (size_t)tenant < gates->n_needs
               ? gates->needs[tenant]
               : (struct gate_need){.quota = quota_holds(gates_info(gates, tenant)->quota)};
}

static struct gate *add_gate(struct gates *gates, const struct gate *gate)
{
    MEM_GROW(&gates->gates);
    struct gate *added = &gates->gates.items[gates->gates.len++];
    *added = *gate;
    gates_arm(gates, added, gates->now);
    if (gate->up >= 0)
        gates->gates.items[gate->up].passed = true;
    if (gate->then >= 0)
        gates->gates.items[gate->then].passed = true;
    return added;
}

static int32_t row_of(const struct gates *gates, const struct gate *gate)
{
    return (int32_t)(gate - gates->gates.items);
}

/* --- of tenants --- */

static int32_t pot_of(struct gates *gates, int32_t parent, int32_t home)
{
    if ((size_t)(parent + 1) > gates->n_needs || !gates->guarantees_below[parent + 1])
        return -1;
    for (size_t i = 0; i < gates->pots.len; i++)
        if (gates->pots.items[i].parent == parent && gates->pots.items[i].home == home)
            return (int32_t)i;
    MEM_GROW(&gates->pots);
    const int32_t id = (int32_t)gates->pots.len++;
    gates->pots.items[id] = (struct pot){.parent = parent, .home = home};
    if (parent < 0 && home >= 0)
        gates->tops[home] = id;
    return id;
}

/* What is kept of the quotas above may be short from now on. */
static void lend(struct gates *gates, int32_t gate)
{
    for (int32_t i = gates->gates.items[gate].up; i >= 0; i = gates->gates.items[i].up)
        gates->gates.items[i].lent = true;
}

static int32_t add_tenant(struct gates *gates, int32_t tenant, int32_t up, int32_t pot)
{
    const struct tenant_info *info = gates_info(gates, tenant);
    const struct gate_need need = need_of(gates, tenant);
    const int32_t id = row_of(gates, add_gate(gates, &(struct gate){.tenant = tenant,
                                                                    .home = info->home,
                                                                    .up = up,
                                                                    .then = GATE_NONE,
                                                                    .pot = pot,
                                                                    .below = -1,
                                                                    .quota = info->quota,
                                                                    .guarantee = info->guarantee,
                                                                    .counts = need.quota,
                                                                    .hours = need.hours}));
    if (pot >= 0 && up >= 0) {
        struct gate *above = &gates->gates.items[up];
        const struct pot *of = &gates->pots.items[pot];
        if (above->tenant == of->parent && above->home == of->home)
            above->below = pot;
    }
    gates_keep_upwards(gates, id);
    if (info->guarantee && info->guarantee->lend > 0)
        lend(gates, id);
    return id;
}

static int32_t find_of_tenant(struct gates *gates, int32_t tenant)
{
    const struct tenant_info *info = gates_info(gates, tenant);
    const int32_t up = info->parent < 0 ? GATE_NONE : gates_of(gates, info->parent, 0);
    const int32_t pot = pot_of(gates, info->parent, info->home);
    const bool own = need_of(gates, tenant).quota || pot >= 0;
    return own ? add_tenant(gates, tenant, up, pot) : up;
}

/* --- of QOS --- */

static void add_qos(struct gates *gates, int32_t qos, const struct qos_need *need)
{
    const struct gate gate = {.tenant = -1,
                              .qos = qos,
                              .home = -1,
                              .up = GATE_LAST,
                              .then = GATE_NONE,
                              .pot = -1,
                              .below = -1,
                              .quota = gates->world->qos[qos].quota,
                              .counts = true,
                              .hours = need->all.hours};
    gates->qos[qos] = (struct class_of_service){.need = *need, .gate = GATE_NONE};
    if (need->all.quota)
        gates->qos[qos].gate = row_of(gates, add_gate(gates, &gate));
}

/* Where neither the QOS nor the tenant has something of its own, jobs come in as those of the
 * tenant above do. */
static int32_t find_of_qos(struct gates *gates, int32_t tenant, int32_t qos)
{
    const struct class_of_service *class = &gates->qos[qos];
    const int32_t up = gates_of(gates, tenant, 0);
    const int32_t parent = gates_info(gates, tenant)->parent;
    const bool own = up >= 0 && gates->gates.items[up].tenant == tenant;
    if (!class->need.each.quota && class->gate < 0)
        return up;
    if (!class->need.each.quota && !own)
        return parent < 0 ? class->gate : gates_of(gates, parent, qos);
    return row_of(gates, add_gate(gates, &(struct gate){.tenant = -1,
                                                        .qos = qos,
                                                        .home = -1,
                                                        .up = up,
                                                        .then = class->gate,
                                                        .pot = -1,
                                                        .below = -1,
                                                        .quota = gates->world->qos[qos].each,
                                                        .counts = class->need.each.quota,
                                                        .hours = class->need.each.hours}));
}

/* --- all --- */

struct gates *gates_new(const struct world *world, const struct gate_need *needs,
                        const struct qos_need *qos)
{
    struct gates *gates = mem_new(1, sizeof(*gates));
    gates->world = world;
    gates->n_needs = world->tenants.len;
    gates->needs = mem_new(gates->n_needs, sizeof(*needs));
    memcpy(gates->needs, needs, gates->n_needs * sizeof(*needs));
    gates->guarantees_below = mem_new(gates->n_needs + 1, sizeof(*gates->guarantees_below));
    for (size_t i = 0; i < gates->n_needs; i++)
        for (int32_t at = (int32_t)i; needs[i].guarantee && at >= 0;) {
            at = world->tenants.items[at].parent;
            gates->guarantees_below[at + 1] = true;
        }
    gates->capacity = mem_new(world->n_centres, sizeof(*gates->capacity));
    gates->busy = mem_new(world->n_centres, sizeof(*gates->busy));
    gates->tops = mem_new(world->n_centres, sizeof(*gates->tops));
    for (size_t i = 0; i < world->n_centres; i++)
        gates->tops[i] = -1;
    gates->next_turn = SIMTIME_NEVER;
    gates->n_qos = world->n_qos > 0 ? world->n_qos : 1;
    gates->qos = mem_new(gates->n_qos, sizeof(*gates->qos));
    for (size_t i = 0; i < world->tenants.len; i++)
        gates_of(gates, (int32_t)i, 0);
    for (size_t q = 1; q < gates->n_qos; q++)
        add_qos(gates, (int32_t)q, &qos[q]);
    return gates;
}

void gates_free(struct gates *gates)
{
    if (!gates)
        return;
    free(gates->needs);
    free(gates->guarantees_below);
    free(gates->of.items);
    for (size_t q = 0; q < gates->n_qos; q++)
        free(gates->qos[q].of.items);
    free(gates->qos);
    free(gates->gates.items);
    free(gates->pots.items);
    free(gates->capacity);
    free(gates->busy);
    free(gates->tops);
    free(gates->news.items);
    free(gates);
}

static void assign_list(struct gate_list *copy, const struct gate_list *list)
{
    copy->items = mem_resize(copy->items, list->len, sizeof(*copy->items));
    copy->len = list->len;
    if (list->len > 0)
        memcpy(copy->items, list->items, list->len * sizeof(*copy->items));
}

void gates_assign(struct gates *copy, const struct gates *gates)
{
    const size_t n = gates->world->n_centres;
    const struct gates old = *copy;
    *copy = *gates;
    copy->needs = old.needs;
    copy->guarantees_below = old.guarantees_below;
    copy->of = old.of;
    copy->qos = old.qos;
    copy->gates.items = mem_resize(old.gates.items, gates->gates.cap, sizeof(*copy->gates.items));
    copy->pots.items = mem_resize(old.pots.items, gates->pots.cap, sizeof(*copy->pots.items));
    copy->capacity = old.capacity;
    copy->busy = old.busy;
    copy->tops = old.tops;
    copy->news = old.news;
    copy->news.len = 0; /* nobody asks a copy for them */
    assign_list(&copy->of, &gates->of);
    for (size_t q = 0; q < gates->n_qos; q++)
        assign_list(&copy->qos[q].of, &gates->qos[q].of);
    memcpy(copy->gates.items, gates->gates.items, gates->gates.len * sizeof(*copy->gates.items));
    memcpy(copy->pots.items, gates->pots.items, gates->pots.len * sizeof(*copy->pots.items));
    memcpy(copy->capacity, gates->capacity, n * sizeof(*copy->capacity));
    memcpy(copy->busy, gates->busy, n * sizeof(*copy->busy));
    memcpy(copy->tops, gates->tops, n * sizeof(*copy->tops));
}

struct gates *gates_copy(const struct gates *gates)
{
    struct qos_need *needs = mem_new(gates->n_qos, sizeof(*needs));
    for (size_t q = 0; q < gates->n_qos; q++)
        needs[q] = gates->qos[q].need;
    struct gates *copy = gates_new(gates->world, gates->needs, needs);
    free(needs);
    gates_assign(copy, gates);
    return copy;
}

/* For the first time. The lists may move meanwhile. */
static NOINLINE int32_t find(struct gates *gates, int32_t tenant, int32_t qos)
{
    const int32_t gate = qos == 0 ? find_of_tenant(gates, tenant) : find_of_qos(gates, tenant, qos);
    struct gate_list *list = qos == 0 ? &gates->of : &gates->qos[qos].of;
    if ((size_t)tenant >= list->len) {
        const size_t len = 2 * (size_t)tenant + 16;
        list->items = mem_resize(list->items, len, sizeof(*list->items));
        while (list->len < len)
            list->items[list->len++] = GATE_UNKNOWN;
    }
    return list->items[tenant] = gate;
}

int32_t gates_of(struct gates *gates, int32_t tenant, int32_t qos)
{
    const struct gate_list *list = LIKELY(qos == 0) ? &gates->of : &gates->qos[qos].of;
    if (LIKELY((size_t)tenant < list->len && list->items[tenant] != GATE_UNKNOWN))
        return list->items[tenant];
    return find(gates, tenant, qos);
}

int32_t gates_tenant(const struct gates *gates, int32_t gate)
{
    return gates->gates.items[gate].tenant;
}

int32_t gates_up(const struct gates *gates, int32_t gate)
{
    return gates->gates.items[gate].up;
}

static void set_quota(struct gates *gates, struct gate *gate, const struct tenant_quota *quota,
                      simtime now)
{
    gate->quota = quota;
    gate->lowered = true;
    gates_note_end(gates, GATE_ANY);
    gates_arm(gates, gate, now);
}

void gates_set(struct gates *gates, int32_t tenant, const struct tenant_quota *quota,
               const struct tenant_guarantee *guarantee, simtime now)
{
    const int32_t id = gates_of(gates, tenant, 0);
    if (id < 0 || gates->gates.items[id].tenant != tenant)
        return;
    if (guarantee || gates->gates.items[id].guarantee)
        lend(gates, id);
    gates->gates.items[id].guarantee = guarantee;
    gates_keep_upwards(gates, id);
    set_quota(gates, &gates->gates.items[id], quota, now);
}

void gates_set_qos(struct gates *gates, int32_t qos, simtime now)
{
    const struct qos_info *info = &gates->world->qos[qos];
    for (size_t i = 0; i < gates->gates.len; i++) {
        struct gate *gate = &gates->gates.items[i];
        if (gate->qos == qos)
            set_quota(gates, gate, gate->up == GATE_LAST ? info->quota : info->each, now);
    }
}
