/* What must hold of gates. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/gates_inner.h"

#include <string.h>

/* What is kept of quotas is the sum over children. */
static void check_parts(const struct gates *gates, int32_t above)
{
    int64_t parts[2] = {0};
    for (size_t i = 0; i < 2 * gates->gates.len; i++)
        if (gates->gates.items[i / 2].up == above)
            parts[i % 2] += gates_part_of(&gates->gates.items[i / 2], i % 2);
    REQUIRE(memcmp(parts, gates->gates.items[above].parts, sizeof(parts)) == 0);
}

/* What is kept is the sum over brothers. */
static void check_pot(const struct gates *gates, int32_t pot)
{
    int64_t kept[2] = {0};
    for (size_t i = 0; i < 2 * gates->gates.len; i++)
        if (gates->gates.items[i / 2].pot == pot)
            kept[i % 2] += gates_kept_by(gates, &gates->gates.items[i / 2], i % 2);
    REQUIRE(memcmp(kept, gates->pots.items[pot].kept, sizeof(kept)) == 0);
    if (gates->pots.items[pot].parent >= 0)
        check_parts(gates, gates->of.items[gates->pots.items[pot].parent]);
}

/* Where nothing is lent below, what is kept of a quota is there, wherever its jobs run. */
static bool is_there(const struct gate *gate)
{
    const int64_t most = gate->quota->processors;
    return gate->lent || gate->parts[GATES_IDLE] > most ||
           gate->parts[GATES_NOW] <= most - gate->procs;
}

/* A job comes in by one gate at most of each QOS, but for the one of all its jobs. */
static void check_qos(const struct gates *gates, int32_t qos)
{
    int64_t procs = 0, jobs = 0, waiting = 0;
    if (gates->qos[qos].gate < 0)
        return;
    const struct gate *all = &gates->gates.items[gates->qos[qos].gate];
    for (size_t i = 0; i < gates->gates.len; i++) {
        const struct gate *gate = &gates->gates.items[i];
        if (gate->qos != qos || gate == all)
            continue;
        REQUIRE(gate->then == gates->qos[qos].gate);
        procs += gate->procs;
        jobs += gate->jobs;
        waiting += gate->waiting;
    }
    REQUIRE(procs <= all->procs && jobs <= all->jobs && waiting <= all->waiting);
    REQUIRE(all->jobs <= all->procs);
}

static void check_gate(const struct gates *gates, const struct gate *gate)
{
    const struct tenant_quota *quota = gate->quota;
    REQUIRE(gate->apart == 0);
    if (gate->tenant >= 0)
        REQUIRE(quota == gates_info(gates, gate->tenant)->quota);
    REQUIRE(gate->procs >= 0 && gate->jobs >= 0 && gate->waiting >= 0);
    REQUIRE(gate->over >= 0 && gate->over <= gate->procs);
    if (!quota || gate->lowered)
        return;
    REQUIRE(gate->procs <= quota->processors && gate->jobs <= quota->jobs);
    REQUIRE(is_there(gate));
    REQUIRE(gate->most < 0 || gate->carried ||
            gate->spent + (wide)gate->over * gates->now <= gate->most);
}

void gates_check(const struct gates *gates)
{
    for (size_t p = 0; p < gates->pots.len; p++)
        check_pot(gates, (int32_t)p);
    for (size_t i = 0; i < gates->gates.len; i++)
        check_gate(gates, &gates->gates.items[i]);
    for (size_t q = 1; q < gates->n_qos; q++)
        check_qos(gates, (int32_t)q);
}
