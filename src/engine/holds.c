/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/holds.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Running jobs read at a time. */
#define SOME 16

/* Of a tenant with all below it, at its home. */
struct work {
    int64_t running, waiting; /* processors; `waiting`: on their way, too */
    area due;                 /* sum of processors x end by request, of what runs */
    area asked;               /* by what waits */
};

struct works {
    struct work *items; /* by tenant; owned */
    size_t len;
};

/* A job that runs. */
struct ending {
    struct jobkey key; /* by its end by request */
    int32_t tenant, procs;
};

/* The first to end, in this order. */
struct endings {
    struct ending *items; /* owned */
    size_t len, cap;
};

/* What was found for the job asked about last (its seq + 1). */
struct answer {
    uint64_t asked;
    int32_t procs;
    simtime until;
};

struct holds {
    const struct world *world;
    const struct jobs *jobs;
    struct gates *gates; /* as of now; borrowed */
    struct gates *then;  /* as of the last look; owned; NULL: not stale */
    size_t depth;
    simtime at;
    struct works now, seen;
    struct jobtree **running; /* by centre; owned */
    struct endings *endings;  /* by centre: as of the last look, or as far as they were asked for */
    struct answer *answers;   /* by centre */
};

struct holds *holds_new(const struct world *world, const struct jobs *jobs, struct gates *gates,
                        bool stale, size_t depth)
{
    struct holds *holds = mem_new(1, sizeof(*holds));
    *holds = (struct holds){.world = world, .jobs = jobs, .gates = gates, .depth = depth};
    if (stale)
        holds->then = gates_copy(gates);
    holds->running = mem_new(world->n_centres, sizeof(struct jobtree *));
    for (size_t i = 0; i < world->n_centres; i++)
        holds->running[i] = jobtree_new();
    holds->endings = mem_new(world->n_centres, sizeof(*holds->endings));
    holds->answers = mem_new(world->n_centres, sizeof(*holds->answers));
    return holds;
}

void holds_free(struct holds *holds)
{
    if (!holds)
        return;
    for (size_t i = 0; i < holds->world->n_centres; i++) {
        jobtree_free(holds->running[i]);
        free(holds->endings[i].items);
    }
    free(holds->running);
    free(holds->endings);
    free(holds->answers);
    free(holds->now.items);
    free(holds->seen.items);
    gates_free(holds->then);
    free(holds);
}

/* --- what is counted --- */

static void reach(struct works *works, size_t len)
{
    if (len <= works->len)
        return;
    works->items = mem_resize(works->items, len, sizeof(*works->items));
    memset(&works->items[works->len], 0, (len - works->len) * sizeof(*works->items));
    works->len = len;
}

static struct work work_of(const struct works *works, int32_t tenant)
{
    return (size_t)tenant < works->len ? works->items[tenant] : (struct work){0};
}

/* Does the tenant of the gate live there? Guarantees bind at home only. */
static bool is_home(const struct holds *holds, const struct gates *gates, int32_t gate,
                    int32_t centre)
{
    return holds->world->tenants.items[gates_tenant(gates, gate)].home == centre;
}

/* For the job's tenant and each above that has a gate and lives where the job is or goes. */
static void add(struct holds *holds, struct works *works, const struct job *job,
                const struct work *more)
{
    reach(works, holds->world->tenants.len);
    for (int32_t i = gates_of(holds->gates, job->spec.tenant, 0); i >= 0;
         i = gates_up(holds->gates, i)) {
        if (!is_home(holds, holds->gates, i, job->spec.centre))
            continue;
        struct work *work = &works->items[gates_tenant(holds->gates, i)];
        work->running += more->running;
        work->waiting += more->waiting;
        work->due += more->due;
        work->asked += more->asked;
    }
}

void holds_run(struct holds *holds, const struct job *job, int sign)
{
    const int64_t procs = (int64_t)sign * job->procs;
    add(holds, &holds->now, job, &(struct work){.running = procs, .due = (area)procs * job->due});
    struct jobtree *running = holds->running[job->spec.centre];
    const struct jobitem item = {
        .key = {(double)job->due, job->seq}, .slot = job->slot, .procs = job->procs, .request = 0};
    if (sign > 0)
        jobtree_insert(running, &item);
    else
        REQUIRE(jobtree_remove(running, item.key));
}

void holds_wait(struct holds *holds, const struct job *job, int64_t procs, area asked, int sign)
{
    add(holds, &holds->now, job, &(struct work){.waiting = sign * procs, .asked = sign * asked});
}

void holds_sent(struct holds *holds, const struct job *job, int64_t procs, area asked)
{
    add(holds, &holds->seen, job, &(struct work){.waiting = procs, .asked = asked});
}

/* The next few that end, as of now. Is there any? */
static bool read_on(struct holds *holds, int32_t centre)
{
    struct endings *endings = &holds->endings[centre];
    struct jobitem some[SOME];
    const size_t left = holds->depth - endings->len;
    if (left == 0)
        return false;
    const struct jobkey *last = endings->len > 0 ? &endings->items[endings->len - 1].key : NULL;
    const size_t n = jobtree_some(holds->running[centre], last, left < SOME ? left : SOME, some);
    for (size_t i = 0; i < n; i++) {
        MEM_GROW(endings);
        endings->items[endings->len++] = (struct ending){
            some[i].key, jobs_at(holds->jobs, some[i].slot)->spec.tenant, some[i].procs};
    }
    return n > 0;
}

void holds_look(struct holds *holds, simtime at)
{
    holds->at = at;
    gates_assign(holds->then, holds->gates);
    reach(&holds->seen, holds->now.len);
    if (holds->now.len > 0)
        memcpy(holds->seen.items, holds->now.items, holds->now.len * sizeof(*holds->now.items));
    for (int32_t i = 0; i < (int32_t)holds->world->n_centres; i++) {
        holds->endings[i].len = 0;
        while (read_on(holds, i))
            ;
    }
}

void holds_changed(struct holds *holds, int32_t tenant, simtime now)
{
    const struct tenant_info *info = &holds->world->tenants.items[tenant];
    if (holds->then)
        gates_set(holds->then, tenant, info->quota, info->guarantee, now);
}

/* --- what follows --- */

/* When as much of what runs has ended, by request, as it takes for the guarantees to let the job
 * in. *ret_in: that was found among those looked at; else it is not before what is returned. */
static simtime let_in(struct holds *holds, struct gates *gates, int32_t gate, int32_t centre,
                      int32_t procs, bool *ret_in)
{
    struct endings *endings = &holds->endings[centre];
    simtime until = holds->at;
    size_t n = 0;
    if (!holds->then)
        endings->len = 0;
    *ret_in = gates_allow(gates, gate, centre, procs);
    while (!*ret_in && (n < endings->len || (!holds->then && read_on(holds, centre)))) {
        const struct ending *ending = &endings->items[n++];
        gates_suppose(gates, gates_of(gates, ending->tenant, 0), centre, -ending->procs);
        const simtime due = (simtime)ending->key.score;
        until = due > until ? due : until;
        *ret_in = gates_allow(gates, gate, centre, procs);
    }
    for (size_t i = 0; i < n; i++) {
        const struct ending *ending = &endings->items[i];
        gates_suppose(gates, gates_of(gates, ending->tenant, 0), centre, ending->procs);
    }
    return until;
}

/* When the work of each level that may not have all of the centre would be done, were it spread
 * evenly over what it may have: of those that cannot take the job beside it, or (`any`) of all. 0:
 * there is none. */
static simtime worked_off(const struct holds *holds, const struct gates *gates, int32_t gate,
                          int32_t centre, int32_t procs, bool any)
{
    const struct works *works = holds->then ? &holds->seen : &holds->now;
    simtime until = 0;
    for (int32_t i = gate; i >= 0; i = gates_up(gates, i)) {
        const int64_t most = gates_most(gates, i, centre);
        const struct work work = work_of(works, gates_tenant(gates, i));
        if (!is_home(holds, gates, i, centre) || most == INT64_MAX || procs > most ||
            (!any && work.running + work.waiting + procs <= most))
            continue;
        const area left = work.due - (area)work.running * holds->at;
        const area time = ((left > 0 ? left : 0) + work.asked) / most;
        if (time >= SIMTIME_NEVER - holds->at)
            return SIMTIME_NEVER;
        until = holds->at + (simtime)time > until ? holds->at + (simtime)time : until;
    }
    return until;
}

/* Does its tenant's own claim cover the job, behind what waits there with the same claim? */
static bool may_claim(const struct holds *holds, const struct gates *gates, int32_t gate,
                      int32_t centre, int32_t procs)
{
    const int32_t claimer = gates_claimer(gates, gate, centre);
    if (claimer < 0)
        return false;
    const struct works *works = holds->then ? &holds->seen : &holds->now;
    const int64_t waiting = work_of(works, gates_tenant(gates, claimer)).waiting;
    return procs + waiting <= gates_claim(gates, gate, centre);
}

static simtime find_until(struct holds *holds, const struct job *job, int32_t centre, int32_t procs)
{
    struct gates *gates = holds->then ? holds->then : holds->gates;
    const int32_t gate = gates_of(gates, job->spec.tenant, 0);
    if (gate < 0 || may_claim(holds, gates, gate, centre, procs))
        return 0;
    if (procs > gates_largest(gates, gate, centre))
        return SIMTIME_NEVER;
    bool in = gates_allow(gates, gate, centre, procs);
    const simtime ended = in ? 0 : let_in(holds, gates, gate, centre, procs, &in);
    const simtime done = worked_off(holds, gates, gate, centre, procs, !in);
    return done > ended ? done : ended;
}

simtime holds_until(struct holds *holds, const struct job *job, int32_t centre, int32_t procs,
                    simtime now)
{
    struct answer *answer = &holds->answers[centre];
    if (answer->asked == job->seq + 1 && answer->procs == procs)
        return answer->until;
    if (!holds->then)
        holds->at = now;
    *answer = (struct answer){job->seq + 1, procs, find_until(holds, job, centre, procs)};
    return answer->until;
}

void holds_compare(const struct holds *a, const struct holds *b)
{
    for (int32_t i = 0; i < (int32_t)a->world->tenants.len; i++) {
        const struct work x = work_of(&a->now, i), y = work_of(&b->now, i);
        REQUIRE(x.running == y.running && x.waiting == y.waiting && x.due == y.due &&
                x.asked == y.asked);
    }
    for (size_t i = 0; i < a->world->n_centres; i++)
        REQUIRE(jobtree_len(a->running[i]) == jobtree_len(b->running[i]));
}
