/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/gates.h"

#include "util/date.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A tenant with a quota, or one that has a guarantee below itself or a brother, or is that. */
struct gate {
    int32_t tenant;
    int32_t up;    /* the next gate above; -1: none */
    int32_t pot;   /* of its brothers, where any, or one below, has a guarantee; -1 */
    int32_t below; /* pot of its children that have its home; -1 */
    int64_t procs, jobs, waiting; /* running, running, waiting: in all centres */
    int64_t at_home;              /* processors running in its home centre */
    int64_t kept;                 /* of those of its home: neither lent nor used, of it or below */
    int64_t over;                 /* processors of jobs that outlived their requests */
    wide spent; /* processor-microseconds of this period, as if all ran to its due; and `over` more
                   for each microsecond of the clock */
    wide due;   /* sum of procs x due of what runs within its request */
    wide most;  /* of spent; -1: no limit */
    simtime turn; /* when the next period begins; SIMTIME_NEVER: never */
    bool
        lowered; /* its limits changed while jobs ran, or jobs hold more than they were judged by */
    bool carried; /* more was spent than starts were let through for */
};

/* Brothers that share guarantees: those with one home. */
struct pot {
    int32_t parent; /* tenant; -1: the top */
    int32_t home;   /* centre */
    int64_t kept;   /* by all brothers */
};

struct gates {
    const struct world *world;
    struct gate_need *needs; /* by tenant, of those there were at the start */
    size_t n_needs;
    bool *guarantees_below; /* by parent + 1: one below has a guarantee */
    int32_t *of;            /* by tenant: its gate, -1 none above either; -2: not looked at yet */
    size_t n_of;
    struct {
        struct gate *items;
        size_t len, cap;
    } gates;
    struct {
        struct pot *items;
        size_t len, cap;
    } pots;
    int64_t *capacity, *busy; /* by centre */
    simtime now, next_turn;
};

static const struct tenant_info *info_of(const struct gates *gates, int32_t tenant)
{
    return &gates->world->tenants.items[tenant];
}

static struct gate_need need_of(const struct gates *gates, int32_t tenant)
{
    return (size_t)tenant < gates->n_needs
               ? gates->needs[tenant]
               : (struct gate_need){.quota = info_of(gates, tenant)->quota != NULL};
}

struct gates *gates_new(const struct world *world, const struct gate_need *needs)
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
    gates->next_turn = SIMTIME_NEVER;
    for (size_t i = 0; i < world->tenants.len; i++)
        gates_of(gates, (int32_t)i);
    return gates;
}

void gates_free(struct gates *gates)
{
    if (!gates)
        return;
    free(gates->needs);
    free(gates->guarantees_below);
    free(gates->of);
    free(gates->gates.items);
    free(gates->pots.items);
    free(gates->capacity);
    free(gates->busy);
    free(gates);
}

/* --- which gates there are --- */

static int32_t pot_of(struct gates *gates, int32_t parent, int32_t home)
{
    if ((size_t)(parent + 1) > gates->n_needs || !gates->guarantees_below[parent + 1])
        return -1;
    for (size_t i = 0; i < gates->pots.len; i++)
        if (gates->pots.items[i].parent == parent && gates->pots.items[i].home == home)
            return (int32_t)i;
    MEM_GROW(&gates->pots);
    gates->pots.items[gates->pots.len] = (struct pot){.parent = parent, .home = home};
    return (int32_t)gates->pots.len++;
}

/* Processors that those below it keep to themselves. */
static int64_t kept_below(const struct gates *gates, const struct gate *gate)
{
    return gate->below < 0 ? 0 : gates->pots.items[gate->below].kept;
}

/* Processors that it neither lends nor uses, and no fewer than those below it keep: what a member
 * borrows uses up the guarantee of the group, and not what is kept for another member. */
static int64_t kept_by(const struct gates *gates, const struct gate *gate)
{
    const int64_t below = kept_below(gates, gate);
    const struct tenant_guarantee *g = info_of(gates, gate->tenant)->guarantee;
    if (!g || g->lend >= g->processors)
        return below;
    const int64_t kept = g->processors - g->lend - gate->at_home;
    return kept > below ? kept : below;
}

/* What it keeps has changed, or what those below do. O(1). */
static void keep(struct gates *gates, struct gate *gate)
{
    if (gate->pot < 0)
        return;
    const int64_t kept = kept_by(gates, gate);
    gates->pots.items[gate->pot].kept += kept - gate->kept;
    gate->kept = kept;
}

static void keep_upwards(struct gates *gates, int32_t gate)
{
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up)
        keep(gates, &gates->gates.items[i]);
}

/* The first period after `now` that begins. */
static simtime turn_after(const struct gates *gates, const struct tenant_quota *quota, simtime now)
{
    const struct world *world = gates->world;
    if (quota->months > 0) {
        const struct civil civil = date_civil(world->start + now, world->offset);
        const int month = 12 * civil.year + civil.month - 1;
        const int next = (month / quota->months + 1) * quota->months;
        return date_instant(next / 12, next % 12 + 1, 1, 0, world->offset) - world->start;
    }
    return quota->step > 0 ? (now / quota->step + 1) * quota->step : SIMTIME_NEVER;
}

/* Processor-microseconds of a period; of a finite limit. */
static wide most_of(const struct tenant_quota *quota)
{
    return (wide)(quota->processor_seconds * SIMTIME_SECOND);
}

static void arm(struct gates *gates, struct gate *gate, simtime now)
{
    const struct tenant_quota *quota = info_of(gates, gate->tenant)->quota;
    gate->turn = SIMTIME_NEVER;
    gate->most = -1;
    if (quota && isfinite(quota->processor_seconds)) {
        gate->turn = turn_after(gates, quota, now);
        gate->most = most_of(quota);
    }
    if (gate->turn < gates->next_turn)
        gates->next_turn = gate->turn;
}

static int32_t add_gate(struct gates *gates, int32_t tenant, int32_t up, int32_t pot)
{
    MEM_GROW(&gates->gates);
    const int32_t id = (int32_t)gates->gates.len++;
    struct gate *gate = &gates->gates.items[id];
    *gate = (struct gate){.tenant = tenant, .up = up, .pot = pot, .below = -1};
    if (pot >= 0 && up >= 0) {
        struct gate *above = &gates->gates.items[up];
        const struct pot *of = &gates->pots.items[pot];
        if (above->tenant == of->parent && info_of(gates, of->parent)->home == of->home)
            above->below = pot;
    }
    keep_upwards(gates, id);
    arm(gates, gate, gates->now);
    return id;
}

int32_t gates_of(struct gates *gates, int32_t tenant)
{
    if ((size_t)tenant >= gates->n_of) {
        const size_t len = 2 * (size_t)tenant + 16;
        gates->of = mem_resize(gates->of, len, sizeof(*gates->of));
        while (gates->n_of < len)
            gates->of[gates->n_of++] = -2;
    }
    if (gates->of[tenant] != -2)
        return gates->of[tenant];
    const struct tenant_info *info = info_of(gates, tenant);
    const int32_t up = info->parent < 0 ? -1 : gates_of(gates, info->parent);
    const int32_t pot = pot_of(gates, info->parent, info->home);
    const bool own = need_of(gates, tenant).quota || pot >= 0;
    return gates->of[tenant] = own ? add_gate(gates, tenant, up, pot) : up;
}

bool gates_guarantee(const struct gates *gates)
{
    return gates->pots.len > 0;
}

enum gates_reach gates_reach(struct gates *gates, int32_t tenant)
{
    enum gates_reach reach = GATES_NOWHERE;
    for (int32_t i = gates_of(gates, tenant); i >= 0; i = gates->gates.items[i].up) {
        if (need_of(gates, gates->gates.items[i].tenant).quota)
            return GATES_EVERYWHERE;
        reach = GATES_CENTRE;
    }
    return reach;
}

/* --- what happens --- */

void gates_capacity(struct gates *gates, int32_t centre, int64_t procs)
{
    gates->capacity[centre] = procs;
}

void gates_set(struct gates *gates, int32_t tenant, simtime now)
{
    const int32_t id = gates_of(gates, tenant);
    if (id < 0 || gates->gates.items[id].tenant != tenant)
        return;
    struct gate *gate = &gates->gates.items[id];
    keep_upwards(gates, id);
    gate->lowered = true;
    arm(gates, gate, now);
}

void gates_advance(struct gates *gates, simtime now)
{
    gates->now = now;
}

/* What the job is committed to from `now` on. Of one that outlived its request that is nothing, and
 * less what `over` counts for the time until now, when it did not run. */
static wide committed(const struct job *job, simtime now)
{
    return (wide)job->procs * ((job->overdue ? 0 : job->due) - now);
}

/* What a job that starts or ends changes in one gate. */
static void count(struct gates *gates, struct gate *gate, const struct job *job, int sign)
{
    const int64_t procs = (int64_t)sign * job->procs;
    gate->procs += procs;
    gate->jobs += sign;
    if (job->overdue)
        gate->over += procs;
    else
        gate->due += (wide)procs * job->due;
    if (info_of(gates, gate->tenant)->home != job->spec.centre)
        return;
    gate->at_home += procs;
    keep(gates, gate);
}

void gates_start(struct gates *gates, const struct job *job, simtime now)
{
    gates->busy[job->spec.centre] += job->procs;
    const wide area = committed(job, now);
    for (int32_t i = gates_of(gates, job->spec.tenant); i >= 0; i = gates->gates.items[i].up) {
        struct gate *gate = &gates->gates.items[i];
        count(gates, gate, job, 1);
        gate->spent += area;
        /* Judged by the smallest nodes: larger ones may exceed a limit. */
        gate->lowered |= job->spec.ask.nodes > 0;
    }
}

void gates_end(struct gates *gates, const struct job *job, simtime now)
{
    gates->busy[job->spec.centre] -= job->procs;
    const wide left = committed(job, now);
    for (int32_t i = gates_of(gates, job->spec.tenant); i >= 0; i = gates->gates.items[i].up) {
        struct gate *gate = &gates->gates.items[i];
        count(gates, gate, job, -1);
        gate->spent -= left;
    }
}

void gates_overdue(struct gates *gates, const struct job *job)
{
    const wide due = (wide)job->procs * job->due;
    for (int32_t i = gates_of(gates, job->spec.tenant); i >= 0; i = gates->gates.items[i].up) {
        struct gate *gate = &gates->gates.items[i];
        gate->over += job->procs;
        gate->due -= due;
        gate->spent -= due;
        gate->carried = true;
    }
}

void gates_wait(struct gates *gates, int32_t tenant, int jobs)
{
    for (int32_t i = gates_of(gates, tenant); i >= 0; i = gates->gates.items[i].up)
        gates->gates.items[i].waiting += jobs;
}

/* --- what is left --- */

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Processor-microseconds of this period, so far and still to come by request. */
static wide spent_by_now(const struct gates *gates, const struct gate *gate)
{
    return gate->spent + (wide)gate->over * gates->now;
}

static int64_t quota_room(const struct gates *gates, const struct gate *gate)
{
    const struct tenant_quota *quota = info_of(gates, gate->tenant)->quota;
    if (!quota)
        return INT64_MAX;
    if (gate->jobs >= quota->jobs || (gate->most >= 0 && spent_by_now(gates, gate) >= gate->most))
        return 0;
    return quota->processors == INT64_MAX ? INT64_MAX : quota->processors - gate->procs;
}

/* What a tenant may have more at home by its own guarantee. */
static int64_t borrowing_room(const struct gates *gates, const struct gate *gate, int32_t centre)
{
    const struct tenant_info *info = info_of(gates, gate->tenant);
    const struct tenant_guarantee *g = info->guarantee;
    if (!g || info->home != centre || g->borrow == INT64_MAX)
        return INT64_MAX;
    return g->processors + g->borrow - gate->at_home;
}

/* Processors of the centre that the brothers of a tenant keep to themselves. */
static int64_t kept_by_brothers(const struct gates *gates, const struct gate *gate, int32_t centre)
{
    if (gate->pot < 0 || gates->pots.items[gate->pot].home != centre)
        return 0;
    return gates->pots.items[gate->pot].kept - gate->kept;
}

/* What is kept from the jobs that a group has of its own: what those below it keep. */
static int64_t kept_from_own(const struct gates *gates, int32_t gate, int32_t centre)
{
    if (gate < 0 || info_of(gates, gates->gates.items[gate].tenant)->home != centre)
        return 0;
    return kept_below(gates, &gates->gates.items[gate]);
}

/* What brothers keep to themselves, at each level, is out of reach; where they keep nothing, what
 * is free in the centre is the only bound, and not of this kind. */
static int64_t guarantee_room(const struct gates *gates, int32_t gate, int32_t centre)
{
    int64_t room = INT64_MAX, kept = kept_from_own(gates, gate, centre);
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        const int64_t borrowing = borrowing_room(gates, at, centre);
        if (borrowing < INT64_MAX)
            room = lesser(room, borrowing - kept);
        kept += kept_by_brothers(gates, at, centre);
    }
    return kept > 0 ? lesser(room, gates->capacity[centre] - gates->busy[centre] - kept) : room;
}

struct room gates_room(const struct gates *gates, int32_t gate, int32_t centre)
{
    struct room room = {INT64_MAX, guarantee_room(gates, gate, centre)};
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up)
        room.quota = lesser(room.quota, quota_room(gates, &gates->gates.items[i]));
    room.quota = room.quota < 0 ? 0 : room.quota;
    room.guarantee = room.guarantee < 0 ? 0 : room.guarantee;
    return room;
}

bool gates_counts_time(const struct gates *gates, int32_t gate)
{
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up)
        if (gates->gates.items[i].most >= 0 || need_of(gates, gates->gates.items[i].tenant).hours)
            return true;
    return false;
}

static bool exceeds(const struct gates *gates, const struct gate *gate, wide area)
{
    return gate->most >= 0 && spent_by_now(gates, gate) + area > gate->most;
}

wide gates_left(const struct gates *gates, int32_t gate)
{
    wide least = WIDE_MAX;
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        if (at->most < 0)
            continue;
        const wide left = at->most - spent_by_now(gates, at);
        least = left < least ? left : least;
    }
    return least;
}

bool gates_affords(const struct gates *gates, int32_t gate, int32_t procs, simtime request)
{
    return (wide)procs * request <= gates_left(gates, gate);
}

bool gates_admit(struct gates *gates, int32_t tenant, int32_t centre, int32_t procs,
                 simtime request)
{
    const int32_t gate = gates_of(gates, tenant);
    const struct room room = gates_room(gates, gate, centre);
    return procs <= room.quota &&
           (procs <= room.guarantee || procs <= gates_claim(gates, gate, centre)) &&
           gates_affords(gates, gate, procs, request);
}

/* The nearest gate upwards whose own tenant has a guarantee in the centre; -1: none. */
static int32_t guaranteed(const struct gates *gates, int32_t gate, int32_t centre)
{
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up) {
        const struct tenant_info *info = info_of(gates, gates->gates.items[i].tenant);
        if (info->guarantee && info->home == centre)
            return i;
    }
    return -1;
}

int64_t gates_claim(const struct gates *gates, int32_t gate, int32_t centre)
{
    const int32_t claimer = guaranteed(gates, gate, centre);
    if (claimer < 0)
        return 0;
    const struct gate *at = &gates->gates.items[claimer];
    int64_t left = info_of(gates, at->tenant)->guarantee->processors - at->at_home -
                   kept_from_own(gates, gate, centre);
    for (int32_t i = gate; i != claimer; i = gates->gates.items[i].up)
        left -= kept_by_brothers(gates, &gates->gates.items[i], centre);
    for (int32_t i = at->up; i >= 0; i = gates->gates.items[i].up)
        left = lesser(left, borrowing_room(gates, &gates->gates.items[i], centre));
    return left > 0 ? left : 0;
}

/* Does the tenant run on no more of the centre than it is guaranteed there? */
static bool is_covered(const struct gates *gates, const struct gate *gate, int32_t centre)
{
    const struct tenant_info *info = info_of(gates, gate->tenant);
    return info->guarantee && info->home == centre && gate->at_home <= info->guarantee->processors;
}

/* Of the brothers of that tenant, does the one above the job run at home on more than it is
 * guaranteed, and so do all between it and the job? */
static bool borrows_from(const struct gates *gates, const struct job *job, int32_t tenant)
{
    for (int32_t i = gates->of[job->spec.tenant]; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        if (is_covered(gates, at, job->spec.centre))
            return false;
        if (at->pot == gates->gates.items[tenant].pot)
            return i != tenant;
    }
    return false;
}

/* Does the guarantee of a gate above the nearest guaranteed one cover a claim on its own? */
static bool covers(const struct gates *gates, const struct gate *gate, int32_t procs)
{
    return procs <= info_of(gates, gate->tenant)->guarantee->processors - gate->at_home;
}

bool gates_borrows(const struct gates *gates, const struct job *job, int32_t gate, int32_t centre,
                   int32_t procs)
{
    const int32_t nearest = guaranteed(gates, gate, centre);
    for (int32_t i = nearest; i >= 0; i = guaranteed(gates, gates->gates.items[i].up, centre)) {
        const bool by = i == nearest || procs == 0 || covers(gates, &gates->gates.items[i], procs);
        if (by && borrows_from(gates, job, i))
            return true;
    }
    return false;
}

int gates_covering(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs)
{
    int n = 0;
    for (int32_t i = guaranteed(gates, gate, centre); i >= 0;
         i = guaranteed(gates, gates->gates.items[i].up, centre))
        n += covers(gates, &gates->gates.items[i], procs);
    return n;
}

bool gates_crowded(const struct gates *gates, int32_t tenant)
{
    for (int32_t i = gates->of[tenant]; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *gate = &gates->gates.items[i];
        const struct tenant_quota *quota = info_of(gates, gate->tenant)->quota;
        if (quota && gate->waiting > quota->queued)
            return true;
    }
    return false;
}

bool quota_could(const struct tenant_quota *quota, int32_t procs, simtime request)
{
    if (!quota)
        return true;
    const wide area = (wide)procs * (request > 0 ? request : 1);
    return procs <= quota->processors && quota->jobs > 0 &&
           (!isfinite(quota->processor_seconds) || area <= most_of(quota));
}

bool guarantee_could(const struct tenant_guarantee *guarantee, int32_t procs)
{
    return !guarantee || guarantee->borrow == INT64_MAX ||
           procs <= guarantee->processors + guarantee->borrow;
}

bool gates_spent(const struct gates *gates)
{
    for (size_t i = 0; i < gates->gates.len; i++)
        if (gates->gates.items[i].turn < SIMTIME_NEVER &&
            spent_by_now(gates, &gates->gates.items[i]) > 0)
            return true;
    return false;
}

/* --- periods of processor-hours --- */

simtime gates_next_turn(const struct gates *gates)
{
    return gates->next_turn;
}

bool gates_turn_frees(const struct gates *gates, int32_t gate, int32_t procs, simtime request)
{
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up)
        if (gates->gates.items[i].turn <= gates->now &&
            exceeds(gates, &gates->gates.items[i], (wide)procs * request))
            return true;
    return false;
}

void gates_turn(struct gates *gates, simtime now)
{
    gates->next_turn = SIMTIME_NEVER;
    for (size_t i = 0; i < gates->gates.len; i++) {
        struct gate *gate = &gates->gates.items[i];
        if (gate->turn <= now) {
            gate->spent = gate->due - (wide)gate->procs * now;
            gate->carried = true;
            arm(gates, gate, now);
        }
        if (gate->turn < gates->next_turn)
            gates->next_turn = gate->turn;
    }
}

void gates_check(const struct gates *gates)
{
    for (size_t p = 0; p < gates->pots.len; p++) {
        int64_t kept = 0;
        for (size_t i = 0; i < gates->gates.len; i++)
            if (gates->gates.items[i].pot == (int32_t)p)
                kept += kept_by(gates, &gates->gates.items[i]);
        REQUIRE(kept == gates->pots.items[p].kept);
    }
    for (size_t i = 0; i < gates->gates.len; i++) {
        const struct gate *gate = &gates->gates.items[i];
        const struct tenant_quota *quota = info_of(gates, gate->tenant)->quota;
        REQUIRE(gate->procs >= 0 && gate->jobs >= 0 && gate->waiting >= 0);
        REQUIRE(gate->over >= 0 && gate->over <= gate->procs);
        if (!quota || gate->lowered)
            continue;
        REQUIRE(gate->procs <= quota->processors && gate->jobs <= quota->jobs);
        REQUIRE(gate->most < 0 || gate->carried || spent_by_now(gates, gate) <= gate->most);
    }
}
