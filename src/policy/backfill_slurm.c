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

static simtime next_multiple(simtime now, simtime interval)
{
    return interval < SIMTIME_NEVER ? (now / interval + 1) * interval : SIMTIME_NEVER;
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
    sched->cut = false;
    while (left > 0 && sched_next_head(sched, &item) &&
           (sched_can_start(sched, &item, now) || sched_make_room(sched, &item, now))) {
        start(sched, &item);
        sched_settle_live(sched, now);
        left--;
    }
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
static bool exceeds_tenant(struct sched *sched, const struct jobitem *item)
{
    const int64_t most = sched->config.slurm->per_tenant;
    const size_t tenant = (size_t)jobs_at(sched->jobs, item->slot)->spec.tenant;
    if (most == INT64_MAX)
        return false;
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

/* From the multiple of the resolution at or before the start, and the instant before it too (a job
 * may not end as the reservation begins), to the multiple at or after the end. */
static void reserve(struct sched *sched, const struct jobitem *item, simtime at, simtime now)
{
    const simtime r = sched->config.slurm->resolution, end = at + item->request;
    const simtime to = end > SIMTIME_NEVER - r ? end : (end + r - 1) / r * r;
    const simtime from = at / r * r - 1;
    draft_reserve_early(sched->draft, from > now ? from : now, at, to, item->procs);
}

/* What is left of the limits of one plan. */
struct limits {
    int64_t depth, starts, reservations;
};

static void plan_job(struct sched *sched, struct turns *turns, const struct jobitem *item,
                     simtime now, struct limits *left)
{
    const simtime window = sched->config.slurm->window;
    const simtime last = window < SIMTIME_NEVER - now ? now + window : SIMTIME_NEVER - 1;
    const simtime at = sched_earliest(sched, item, now, last);
    if (at == now && sched_can_start(sched, item, now)) {
        sched_plan_start(sched, turns, item, now);
        sched->news = true;
        left->starts--;
    } else if (at < SIMTIME_NEVER && left->reservations > 0 && !is_young(sched, item, now)) {
        reserve(sched, item, at, now);
        left->reservations--;
    }
}

/* O(steps) for each job tested where there are few, else O(log steps + holes passed over); it stops
 * once nothing behind could start now. */
static void plan_pass(struct sched *sched, simtime now)
{
    const struct backfill_slurm *slurm = sched->config.slurm;
    struct limits left = {slurm->depth, slurm->starts, slurm->reservations};
    struct turns turns;
    struct jobitem item;
    if (sched->tested)
        memset(sched->tested, 0, sched->tested_cap * sizeof(*sched->tested));
    sched->news = false;
    sched_plan_begin(sched, now, &turns);
    while (left.depth > 0 && left.starts > 0 && sched_plan_next(sched, &turns, now, &item)) {
        if (!exceeds_tenant(sched, &item)) {
            left.depth--;
            plan_job(sched, &turns, &item, now, &left);
        }
    }
    sched_plan_end(sched);
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
    if (queue_len(&sched->queue) == 0)
        return next;
    if (sched->news || ages)
        next = next_multiple(now, slurm->interval);
    if (sched->cut || ages) {
        const simtime full = next_multiple(now, slurm->full_interval);
        next = full < next ? full : next;
    }
    return next;
}
