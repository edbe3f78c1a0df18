/* Backfilling as Slurm does it: two schedulers that share a queue. The main one looks at the queue
 * when something happens and starts jobs in order until one cannot start; it knows no reservations.
 * The other one runs at an interval, makes a plan of the first so many jobs, each at the earliest
 * start within a window, on times rounded to a resolution, and starts those whose start is now
 * (slurm.conf(5), SchedulerParameters; docs/slurm.md has the rules and Slurm's names). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/sched.h"

#include "util/mem.h"

#include <string.h>

#define IN(member) offsetof(struct backfill_slurm, member)

static const struct field slurm_params[] = {
    {.key = "interval",
     .kind = FIELD_DURATION,
     .offset = IN(interval),
     .help = "between plans, which fall on its multiples (bf_interval); unlimited: none",
     .def = "30s",
     .flags = FIELD_UNLIMITED,
     .min = 1,
     .max = 1e9},
    {.key = "window",
     .kind = FIELD_DURATION,
     .offset = IN(window),
     .help = "how far ahead a plan looks: later starts are not reserved (bf_window)",
     .def = "1d",
     .flags = FIELD_UNLIMITED,
     .min = 1,
     .max = 1e10},
    {.key = "resolution",
     .kind = FIELD_DURATION,
     .offset = IN(resolution),
     .help = "reservations are widened to multiples of it (bf_resolution)",
     .def = "1min",
     .min = 1e-6,
     .max = 1e9},
    {.key = "depth",
     .kind = FIELD_INT,
     .offset = IN(depth),
     .help = "jobs that one plan tests (bf_max_job_test)",
     .def = "500",
     .flags = FIELD_UNLIMITED,
     .min = 1,
     .max = 1e9},
    {.key = "per_tenant",
     .kind = FIELD_INT,
     .offset = IN(per_tenant),
     .help = "jobs of one tenant that one plan tests (bf_max_job_user)",
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 1,
     .max = 1e9},
    {.key = "starts",
     .kind = FIELD_INT,
     .offset = IN(starts),
     .help = "jobs that one plan starts (bf_max_job_start)",
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 1,
     .max = 1e9},
    {.key = "reservations",
     .kind = FIELD_INT,
     .offset = IN(reservations),
     .help = "jobs that hold a reservation in one plan (bf_job_part_count_reserve)",
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 1,
     .max = 1e9},
    {.key = "reserve_after",
     .kind = FIELD_DURATION,
     .offset = IN(reserve_after),
     .help = "jobs that waited less hold no reservation and block nobody (bf_min_age_reserve)",
     .def = "0s",
     .min = 0,
     .max = 1e9},
    {.key = "queue_depth",
     .kind = FIELD_INT,
     .offset = IN(queue_depth),
     .help = "jobs looked at when something happens (default_queue_depth)",
     .def = "100",
     .flags = FIELD_UNLIMITED,
     .min = 1,
     .max = 1e9},
    {.key = "full_interval",
     .kind = FIELD_DURATION,
     .offset = IN(full_interval),
     .help = "between looks at all jobs, on its multiples (sched_interval); unlimited: none",
     .def = "1min",
     .flags = FIELD_UNLIMITED,
     .min = 1,
     .max = 1e9},
    {.kind = FIELD_END},
};

const struct backfill_type backfill_slurm = {
    .kind = {.name = "slurm",
             .summary = "as Slurm: queue order when something happens, a plan at an interval",
             .params = slurm_params,
             .size = sizeof(struct backfill_slurm)},
    .slurm = true,
};

static bool is_multiple(simtime now, simtime interval)
{
    return interval < SIMTIME_NEVER && now % interval == 0;
}

static void start(struct sched *sched, const struct jobitem *item)
{
    sched_start(sched, item);
    sched->news = true;
}

/* Too young to be waited for. */
static bool is_young(const struct sched *sched, const struct jobitem *item, simtime now)
{
    const simtime after = sched->config.slurm->reserve_after;
    return after > 0 && now - jobs_at(sched->jobs, item->slot)->spec.submit < after;
}

/* Jobs in order, until one cannot start or so many were looked at; young ones that cannot start are
 * passed over. O(jobs looked at x log). */
static void main_pass(struct sched *sched, simtime now, int64_t depth)
{
    struct jobitem item;
    int64_t left = depth;
    bool waits = false;
    sched->cut = false;
    while (left > 0 && (waits = sched_next_head(sched, &item)) &&
           (sched_can_start(sched, &item, now) || sched_make_room(sched, &item, now))) {
        start(sched, &item);
        sched_settle_live(sched, now);
        left--;
    }
    /* Unless others were stopped for it, the blocked head is what stands first. */
    if (left > 0 && !sched->config.reclaim && !(waits && is_young(sched, &item, now)))
        return;
    for (bool more = sched_first(sched, &item); more; left--) {
        const struct jobkey key = item.key;
        if (left == 0) {
            sched->cut = true;
            return;
        }
        if (sched_can_start(sched, &item, now))
            start(sched, &item);
        else if (!is_young(sched, &item, now))
            return;
        more = queue_next(&sched->queue, key, &item);
    }
}

/* One more job of its tenant: was that too many? */
static NOINLINE bool exceeds_tenant(struct sched *sched, const struct jobitem *item)
{
    const int64_t most = sched->config.slurm->per_tenant;
    const size_t tenant = (size_t)jobs_at(sched->jobs, item->slot)->spec.tenant;
    if (tenant >= sched->tested_cap) {
        const size_t old = sched->tested_cap;
        sched->tested_cap = 2 * tenant + 16;
        sched->tested = mem_resize(sched->tested, sched->tested_cap, sizeof(*sched->tested));
        memset(&sched->tested[old], 0, (sched->tested_cap - old) * sizeof(*sched->tested));
    }
    if (sched->tested[tenant] >= most)
        return true;
    sched->tested[tenant]++;
    return false;
}

/* --- what did not fit into the window --- */

/* Class c is of 2^c processors and more. */
static int class_of(int32_t procs)
{
    return 31 - __builtin_clz((uint32_t)procs);
}

static void note_too_long(struct slurm_plan *plan, const struct jobitem *item)
{
    const int32_t procs = item->procs;
    const bool between = (procs & (procs - 1)) != 0;
    /* Of no class is it longer than of one of fewer processors. */
    for (int c = class_of(procs) + between; c < plan->sizes && plan->too_long[c] > item->request;
         c++)
        plan->too_long[c] = item->request;
}

static inline bool is_too_long(const struct slurm_plan *plan, const struct jobitem *item)
{
    return item->request >= plan->too_long[class_of(item->procs)];
}

/* --- the plan --- */

static void plan_start(struct sched *sched, const struct jobitem *item, simtime now)
{
    struct slurm_plan *plan = &sched->slurm_plan;
    sched_plan_start(sched, item, now);
    sched->news = true;
    plan->starts--;
    plan->started++;
    plan->firm &= !draft_took_beside(sched->draft, jobs_at(sched->jobs, item->slot)->due);
}

static void note_never(struct sched *sched, const struct jobitem *item, simtime now, simtime last)
{
    struct slurm_plan *plan = &sched->slurm_plan;
    const simtime beyond = sched->draft->beyond;
    if (!sched->partition->constrained)
        note_too_long(plan, item);
    if (beyond < SIMTIME_NEVER && beyond - (last - now) < plan->good)
        plan->good = beyond - (last - now);
}

/* From `at` on, where the last search ended. */
static inline void reserve(struct sched *sched, const struct jobitem *item, simtime at, simtime now)
{
    struct slurm_plan *plan = &sched->slurm_plan;
    plan->good = at < plan->good ? at : plan->good;
    if (plan->reservations > 0 && !is_young(sched, item, now)) {
        /* A job may not end as the reservation begins. */
        draft_reserve_wide(sched->draft, &plan->grid, now, at, at + item->request, item->procs);
        plan->reservations--;
    }
}

static inline void plan_job(struct sched *sched, const struct jobitem *item, simtime now,
                            simtime last)
{
    const simtime at = sched_earliest(sched, item, now, last);
    if (at == now && sched_can_start(sched, item, now))
        plan_start(sched, item, now);
    else if (at == SIMTIME_NEVER)
        note_never(sched, item, now, last);
    else
        reserve(sched, item, at, now);
}

/* --- before their turn --- */

/* Whether what jobs do depends on counts alone, and not on whose they are or how many came first.
 */
static bool may_hurry(const struct sched *sched)
{
    const struct backfill_slurm *slurm = sched->config.slurm;
    return sched->draft->flat && !sched->tenancy.gates && !sched->partition->constrained &&
           !sched->outlives && sched->partition->horizon >= SIMTIME_NEVER &&
           slurm->per_tenant == INT64_MAX && slurm->reservations == INT64_MAX &&
           slurm->reserve_after == 0;
}

/* Where holes are that matter to what ends at `end`: what is reserved later does not even take
 * anything early before that. */
struct reach {
    int32_t most; /* processors */
    uint32_t steps;
};

static inline struct reach reach_of(const struct sched *sched, simtime end)
{
    struct reach reach;
    reach.most = draft_most(sched->draft, end + sched->slurm_plan.grid.step + 1, &reach.steps);
    return reach;
}

static inline bool is_within(const struct sched *sched, const struct jobitem *item,
                             const struct reach *reach)
{
    return item->procs <= reach->most && !is_too_long(&sched->slurm_plan, item) &&
           draft_begins_in(sched->draft, reach->steps, item->request, item->procs);
}

static inline void have_turn(struct jobitem *item)
{
    item->slot = TURN_HAD;
    item->procs = INT32_MAX; /* beyond any reach */
}

/* May another one before this have to do with what it takes until `end`? */
static bool is_in_reach(const struct sched *sched, const struct jobitem *item, simtime end)
{
    const struct reach reach = reach_of(sched, end);
    for (const struct jobitem *before = sched->turns.next; before < item; before++)
        if (is_within(sched, before, &reach))
            return true;
    return false;
}

/* One that is in the way of the hope has its turn, unless others in turn may be in its own way.
 * O(jobs before it), and O(steps) for each that fits by count. */
static bool hurry_one(struct sched *sched, struct jobitem *item, simtime now, simtime last)
{
    const simtime at = draft_earliest(sched->draft, now, last, item->request, item->procs);
    if (at == SIMTIME_NEVER) {
        note_never(sched, item, now, last);
    } else {
        const simtime end = at + item->request + sched->slurm_plan.grid.step; /* it is widened */
        /* Until the hope ends none before it has: they were asked. */
        if (end > sched->turns.until && is_in_reach(sched, item, end))
            return false;
        reserve(sched, item, at, now);
    }
    have_turn(item);
    if (item >= sched->turns.early)
        sched->turns.early = item + 1;
    return true;
}

/* The hope starts once all have had their turn that come before it and could hold anything until it
 * ends. The others have it later, if it comes to that. Of the next `left` jobs; returns how many
 * had it, which is none where the next one has to have it first. O(jobs before the hope), and
 * O(steps) for each that fits by count. */
static NOINLINE int64_t hurry(struct sched *sched, simtime now, simtime last, int64_t left)
{
    struct turns *turns = &sched->turns;
    struct reach reach = reach_of(sched, turns->until);
    int64_t had = 0;
    if (turns->clear < turns->next)
        turns->clear = turns->next;
    do {
        const int64_t ahead = turns->end - turns->next;
        struct jobitem *item = turns->next + (turns->clear - turns->next);
        struct jobitem *const end = turns->next + (ahead < left - had ? ahead : left - had);
        for (; item < end; item++) {
            if (item->procs > reach.most)
                continue;
            if (item->key.seq == turns->hope.key.seq) {
                if (!sched_can_start(sched, item, now))
                    break;
                have_turn(item);
                const struct jobitem hope = turns->hope;
                sched_plan_forget_hope(turns);
                plan_start(sched, &hope, now);
                return had + 1;
            }
            if (!is_within(sched, item, &reach))
                continue;
            turns->clear = item;
            if (!hurry_one(sched, item, now, last)) {
                turns->behind = item;
                return had;
            }
            had++;
            if (!sched->draft->flat || sched->draft->touched < turns->until)
                return had;
            reach = reach_of(sched, turns->until);
        }
        turns->clear = item;
    } while (turns->clear == turns->end && sched_plan_read(sched));
    turns->behind = turns->end;
    return had;
}

/* Whether reservations hold for later plans: where neither nodes nor the age of jobs, nor how many
 * are of one tenant, nor how far ahead windows are known, has a say; as long as those that wait
 * keep their places. */
static bool may_keep(const struct sched *sched)
{
    const struct backfill_slurm *slurm = sched->config.slurm;
    return queue_stands(&sched->queue) && !sched->partition->constrained && !sched->outlives &&
           !sched->partition->windows.endless && sched->draft->flat && sched->slurm_plan.firm &&
           slurm->reserve_after == 0 && slurm->per_tenant == INT64_MAX;
}

/* Does what the last one reserved hold still? */
static bool holds(const struct sched *sched, simtime now)
{
    const struct slurm_plan *plan = &sched->slurm_plan;
    return plan->kept && now < plan->good && queue_stands(&sched->queue);
}

/* Or it goes on behind the last job of the one before. */
static void begin_plan(struct sched *sched, simtime now)
{
    const struct backfill_slurm *slurm = sched->config.slurm;
    struct slurm_plan *plan = &sched->slurm_plan;
    plan->starts = slurm->starts;
    if (holds(sched, now)) {
        plan->depth += plan->started; /* they are no longer in the queue */
        plan->started = 0;
        sched_plan_resume(sched, now);
        return;
    }
    if (plan->grid.step != slurm->resolution)
        plan->grid = draft_grid(slurm->resolution);
    plan->depth = slurm->depth;
    plan->reservations = slurm->reservations;
    plan->started = 0;
    plan->good = SIMTIME_NEVER;
    plan->firm = true;
    const int64_t most = sched->partition->counts.capacity;
    plan->sizes = most < INT32_MAX ? 1 + class_of((int32_t)most | 1) : SLURM_SIZES;
    for (int c = 0; c < SLURM_SIZES; c++)
        plan->too_long[c] = SIMTIME_NEVER;
    if (sched->tested)
        memset(sched->tested, 0, sched->tested_cap * sizeof(*sched->tested));
    queue_line_up(&sched->queue);
    sched_plan_begin(sched, now);
}

void sched_slurm_added(struct sched *sched, const struct job *job, int32_t procs, simtime now)
{
    const struct jobitem item = queue_item(&sched->queue, job, procs, now);
    sched->slurm_plan.over = false;
    if (sched_plan_reached(sched, &item.key))
        sched->slurm_plan.kept = false;
}

/* O(steps) for each job tested where there are few, else O(log steps + holes passed over). Where
 * whose jobs they are does not matter only those are that may be in the way of one that starts; it
 * stops once nothing behind could start now. */
static void plan_pass(struct sched *sched, simtime now)
{
    struct slurm_plan *plan = &sched->slurm_plan;
    const struct backfill_slurm *slurm = sched->config.slurm;
    const bool by_tenant = slurm->per_tenant < INT64_MAX;
    const simtime window = slurm->window;
    const simtime last = window < SIMTIME_NEVER - now ? now + window : SIMTIME_NEVER - 1;
    const struct jobitem *item;
    sched->news = false;
    if (plan->over && holds(sched, now))
        return;
    begin_plan(sched, now);
    const bool hurries = may_hurry(sched) && queue_len(&sched->queue) <= TURNS_MOST;
    int64_t left = plan->depth, had;
    while (left > 0 && plan->starts > 0 && sched_plan_goes_on(sched, now)) {
        if (hurries && sched->draft->flat && sched->turns.behind < sched->turns.next &&
            (had = hurry(sched, now, last, left)) > 0) {
            left -= had;
            continue;
        }
        if (!(item = sched_plan_take(sched)))
            break;
        if (UNLIKELY(by_tenant) && exceeds_tenant(sched, item))
            continue;
        left--;
        if (!is_too_long(plan, item))
            plan_job(sched, item, now, last);
    }
    plan->depth = left;
    plan->over = left > 0 && plan->starts > 0;
    sched_plan_end(sched);
    plan->kept = may_keep(sched);
}

/* Does time alone change what may start? On an idle partition it has been tried already. */
static bool is_restless(const struct sched *sched)
{
    return sched->queue.order->ages && sched->partition->running > 0;
}

void sched_slurm_pass(struct sched *sched, simtime now)
{
    const struct backfill_slurm *slurm = sched->config.slurm;
    const bool happened = sched->changed || sched->fresh.len > 0;
    const bool full = is_multiple(now, slurm->full_interval);
    const bool ages = is_restless(sched);
    sched->vacated = false;
    sched->news |= happened;
    if (happened || (full && (sched->cut || ages)))
        main_pass(sched, now, full ? INT64_MAX : slurm->queue_depth);
    if (is_multiple(now, slurm->interval) && (sched->news || ages))
        plan_pass(sched, now);
}

simtime sched_slurm_next(const struct sched *sched, simtime now)
{
    const struct backfill_slurm *slurm = sched->config.slurm;
    const bool ages = is_restless(sched);
    simtime next = SIMTIME_NEVER;
    /* Until something happens nothing can start: a plan has nothing to find. */
    if (!sched->config.reclaim &&
        !queue_may_fit(&sched->queue, cluster_free_procs(sched->partition->cluster)))
        return next;
    if (sched->news || ages)
        next = simtime_multiple(now + 1, slurm->interval);
    else if (sched->partition->running > 0)
        next = simtime_multiple(sched_next_ranks(sched), slurm->interval);
    if (sched->cut || ages) {
        const simtime full = simtime_multiple(now + 1, slurm->full_interval);
        next = full < next ? full : next;
    }
    return next;
}
