/* The broker's decision: the centres open to a job, what is expected there, and which one it is
 * sent to. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/broker_state.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Where at the centre it would wait: the partition of the name that its workload gives, if there is
 * one and it can hold the job; else any that can. -2: nowhere. */
enum { NOWHERE = -2 };

static NOINLINE int32_t search_partition(struct broker *broker, const struct job *job,
                                         int32_t centre)
{
    const struct sim *sim = broker->sim;
    const struct rows *rows = &broker->rows[centre];
    const int32_t named = job->spec.partition;
    int32_t one = NOWHERE;
    for (size_t i = rows->from; i < rows->to; i++) {
        if (sim->setup.world->partitions[i].part)
            continue;
        const enum job_reason reason = sim_may_hold(sim, &sim->stations[i], &job->spec);
        if (reason != REASON_NONE) {
            if (sim_is_of_terms(reason) && broker->terms == REASON_NONE)
                broker->terms = reason;
            continue;
        }
        if (named >= 0 && broker->names[i] == broker->names[named])
            return (int32_t)i;
        one = one == NOWHERE ? (int32_t)i : PARTITION_ANY;
    }
    return one;
}

/* The same, mostly told by the size of the only partition. */
static inline int32_t partition_at(struct broker *broker, const struct job *job, int32_t centre)
{
    const struct sched *only = broker->rows[centre].only;
    if (UNLIKELY(!only || job->spec.ask.nodes > 0))
        return search_partition(broker, job, centre);
    const struct partition *partition = only->partition;
    const int64_t most = only->config.max_processors, procs = job->spec.ask.procs;
    return partition->cluster->plain &&
                   procs <= partition->counts.capacity - partition->counts.down &&
                   (most < 0 || procs <= most)
               ? partition->row
               : search_partition(broker, job, centre);
}

/* The precision that its speed is asked for in: of a job by work its own, else that in which the
 * processors of its home are stated, where it would run there; NULL: none is. */
static const char *precision_of(const struct sim *sim, const struct job *job)
{
    const struct world *world = sim->setup.world;
    const int32_t home = broker_freight(sim->broker, job)->home;
    if (job->spec.partition >= 0 && *world->partitions[job->spec.partition].precision)
        return world->partitions[job->spec.partition].precision;
    for (size_t i = 0; i < world->n_partitions; i++)
        if (world->partitions[i].centre == home && *world->partitions[i].precision)
            return world->partitions[i].precision;
    return NULL;
}

/* Of the fastest processors of the partitions where it may wait. */
static double speed_at(const struct sim *sim, const struct job *job, int32_t centre,
                       int32_t partition)
{
    const struct world *world = sim->setup.world;
    const char *precision = precision_of(sim, job);
    double speed = 0;
    for (size_t i = 0; i < world->n_partitions; i++) {
        const struct partition_info *info = &world->partitions[i];
        if (info->centre != centre || (partition >= 0 && partition != (int32_t)i))
            continue;
        double here = 0;
        if (job->spec.work > 0)
            here = info->speeds[job->spec.precision];
        else if (precision && strcmp(info->precision, precision) == 0)
            here = info->flops;
        speed = here > speed ? here : speed;
    }
    return speed;
}

/* After the `n` choices that there are; how many there are then. */
static inline size_t add_choice(struct broker *broker, const struct job *job,
                                const struct sim_freight *freight, int32_t centre, bool home,
                                simtime now, size_t n)
{
    if ((freight->centres && !freight->centres[centre]) ||
        (!freight->may_leave && centre != freight->data_at))
        return n;
    const int32_t partition = partition_at(broker, job, centre);
    if (partition == NOWHERE)
        return n;
    simtime moving = home ? 0 : broker->setup->delay;
    if (job->data > 0 && centre != freight->data_at) {
        const simtime transfer =
            network_expect(broker->network, freight->data_at, centre, job->data);
        if (transfer == SIMTIME_NEVER) {
            broker->cut_off = true;
            return n;
        }
        moving += transfer;
    }
    broker->partitions[n] = partition;
    struct broker_choice *choice = &broker->choices[n];
    choice->centre = centre;
    choice->home = home;
    choice->moving = moving;
    choice->speed = 0;
    broker->bounds[n] = (struct broker_bound){.start = now + moving};
    return n + 1;
}

static void find_choices(struct broker *broker, const struct job *job,
                         const struct sim_freight *freight)
{
    const int32_t n = (int32_t)broker->sim->setup.world->n_centres;
    broker->cut_off = false;
    broker->terms = REASON_NONE;
    /* Home first, then the others in their order. */
    const simtime now = broker->sim->now;
    size_t found = add_choice(broker, job, freight, freight->home, true, now, 0);
    for (int32_t i = 0; i < n; i++)
        if (i != freight->home)
            found = add_choice(broker, job, freight, i, false, now, found);
    broker->n_choices = found;
    for (size_t i = 0; i < found && broker->setup->type->speeds; i++)
        broker->choices[i].speed =
            speed_at(broker->sim, job, broker->choices[i].centre, broker->partitions[i]);
}

/* The next partition from `k` on where the job would wait, were it sent by choice i; n_stations:
 * there is none. */
static size_t next_there(const struct broker *broker, size_t i, size_t k)
{
    const struct sim *sim = broker->sim;
    const size_t only = (size_t)broker->partitions[i];
    if (broker->partitions[i] >= 0)
        return k <= only ? only : sim->n_stations;
    const struct rows *rows = &broker->rows[broker->choices[i].centre];
    for (k = k > rows->from ? k : rows->from; k < rows->to; k++)
        if (sim_may_hold(sim, &sim->stations[k], &broker->job->spec) == REASON_NONE)
            return k;
    return sim->n_stations;
}

/* What is known of the partition, as of now where the broker always looks. */
static struct forecast *seen(struct broker *broker, size_t partition)
{
    struct sim *sim = broker->sim;
    struct forecast *forecast = &broker->forecasts[partition];
    if (broker->setup->refresh == 0 && forecast->looked != sim->totals.submitted) {
        profile_advance(sim->stations[partition].partition.profile, sim->now);
        forecast_look(forecast, sim->now);
        forecast->looked = sim->totals.submitted;
    }
    return forecast;
}

static double queued_share(const struct broker *broker, int64_t queued, int64_t there)
{
    if (broker->setup->sees == SEES_FREE)
        return 0;
    return there > 0 ? (double)queued / (double)there : queued > 0 ? (double)INFINITY : 0;
}

static double queued_at(void *ctx, size_t i)
{
    struct broker *broker = ctx;
    const int32_t centre = broker->choices[i].centre;
    const struct shares *shares = broker_shares(broker, centre);
    int64_t queued = 0, there = 0;
    uint64_t in = 0;
    for (size_t k = next_there(broker, i, 0); k < broker->sim->n_stations;
         k = next_there(broker, i, k + 1)) {
        const struct forecast *forecast = seen(broker, k);
        queued += forecast->queued;
        there += forecast->in_service;
        in |= UINT64_C(1) << (k - broker->rows[centre].from);
    }
    for (size_t k = 0; k < shares->len; k++)
        queued += shares->items[k].in & in ? shares->items[k].procs : 0;
    return queued_share(broker, queued, there);
}

/* The same forecast, made anew; to be released. */
static void look_afresh(struct broker *broker, const struct forecast *forecast,
                        struct forecast *ret_fresh)
{
    forecast_init(ret_fresh, forecast->sched, false, forecast->depth);
    ret_fresh->whole = true;
    ret_fresh->shares = forecast->shares;
    ret_fresh->waiting = forecast->waiting;
    ret_fresh->coming = forecast->coming;
    ret_fresh->coming_procs = forecast->coming_procs;
    ret_fresh->shared_procs = forecast->shared_procs;
    ret_fresh->coming_jobs = forecast->coming_jobs;
    ret_fresh->running = forecast->running;
    forecast_look(ret_fresh, broker->sim->now);
    broker_read_queue(broker, ret_fresh);
}

/* What was kept since the last look is what a fresh look would find. */
static void check_kept(struct broker *broker, const struct forecast *forecast, simtime after,
                       simtime start)
{
    struct forecast fresh;
    look_afresh(broker, forecast, &fresh);
    REQUIRE(forecast_start(&fresh, broker->job, after, SIMTIME_NEVER) == start);
    forecast_deinit(&fresh);
}

/* Not before guarantees would let it in at the partition, were it sent by choice i. */
static NOINLINE simtime held_until(struct broker *broker, size_t i, size_t partition,
                                   simtime arrival)
{
    const struct sim *sim = broker->sim;
    const struct job_spec *spec = &broker->job->spec;
    const int32_t procs = partition_procs(&sim->stations[partition].partition, &spec->ask);
    const simtime until =
        holds_until(broker->holds, broker->job, broker->choices[i].centre, procs, sim->now);
    if (until > 0 && broker->setup->sees == SEES_FREE)
        return SIMTIME_NEVER;
    return until > arrival ? until : arrival;
}

static inline simtime arrival_of(const struct broker *broker, size_t i)
{
    return broker->sim->now + broker->choices[i].moving;
}

/* When it may start there at the earliest, whatever is free. */
static inline simtime after_in(struct broker *broker, size_t i, size_t partition)
{
    const simtime arrival = arrival_of(broker, i);
    return LIKELY(!broker->holds) ? arrival : held_until(broker, i, partition, arrival);
}

/* Is the limit on queued jobs reached in one of its queues, as far as the broker knows? */
static NOINLINE bool is_full(const struct broker *broker, size_t i)
{
    const struct sim *sim = broker->sim;
    for (size_t k = next_there(broker, i, 0); k < sim->n_stations;
         k = next_there(broker, i, k + 1)) {
        const int64_t most = sim->stations[k].sched.config.max_queued;
        const int64_t jobs =
            broker->setup->refresh > 0 ? broker->queued_jobs[k] : broker_queued_jobs(broker, k);
        if (most >= 0 && jobs >= most)
            return true;
    }
    return false;
}

/* The same start, where its queue would take it. It need not if it starts as it comes. */
static inline simtime unless_full(const struct broker *broker, size_t i, simtime start)
{
    const bool full =
        UNLIKELY(broker->sim->limits_queues) && start > arrival_of(broker, i) && is_full(broker, i);
    return full ? SIMTIME_NEVER : start;
}

/* At the earliest in the partition; *ret_known: just then. */
static inline simtime bound_in(struct broker *broker, size_t partition, simtime after,
                               bool *ret_known)
{
    struct forecast *forecast = seen(broker, partition);
    const simtime start =
        forecast_bound(forecast, broker->job, broker->setup->sees, after, ret_known);
    if (UNLIKELY(broker->sim->check) && *ret_known && broker->setup->sees == SEES_PLAN &&
        !forecast->stale)
        check_kept(broker, forecast, after, start);
    return start;
}

/* The same, and not before guarantees let it in. */
static NOINLINE simtime held_bound_in(struct broker *broker, size_t i, size_t partition,
                                      bool *ret_known)
{
    const simtime after = after_in(broker, i, partition);
    *ret_known = true;
    return after < SIMTIME_NEVER ? bound_in(broker, partition, after, ret_known) : SIMTIME_NEVER;
}

/* The same in any partition of the choice, if its queues would take it. */
static NOINLINE simtime any_bound(struct broker *broker, size_t i, bool *ret_known)
{
    simtime best = SIMTIME_NEVER;
    *ret_known = true;
    for (size_t k = next_there(broker, i, 0); k < broker->sim->n_stations;
         k = next_there(broker, i, k + 1)) {
        bool known;
        const simtime start = held_bound_in(broker, i, k, &known);
        if (start < best || (start == best && known)) {
            best = start;
            *ret_known = known;
        }
    }
    return unless_full(broker, i, best);
}

/* Do jobs wait at the choice, or come there, that may run in several of its partitions? */
static inline bool is_common(const struct broker *broker, size_t i)
{
    return UNLIKELY(broker->may_share) && broker_shares(broker, broker->choices[i].centre)->len > 0;
}

/* The start in a partition, by what jobs that wait leave free there and by the work. */
static simtime counted_in(struct broker *broker, const struct forecast *forecast, simtime after,
                          int64_t room, area work)
{
    if (partition_procs(forecast->sched->partition, &broker->job->spec.ask) <= room)
        return after;
    const simtime done =
        broker->setup->sees == SEES_FREE ? SIMTIME_NEVER : forecast_done(forecast, work);
    return done > after ? done : after;
}

/* By the common plan of the centre of choice i, from the forecasts of its partitions. */
static simtime common_start(struct broker *broker, size_t i, struct forecast *forecasts)
{
    const struct rows *rows = &broker->rows[broker->choices[i].centre];
    const size_t n = rows->to - rows->from;
    struct lane lanes[MOST_LANES];
    area works[MOST_LANES];
    broker_works(broker, broker->choices[i].centre, works);
    for (size_t k = 0; k < n; k++)
        lanes[k] = (struct lane){.forecast = &forecasts[k]};
    for (size_t k = next_there(broker, i, 0); k < broker->sim->n_stations;
         k = next_there(broker, i, k + 1)) {
        struct lane *lane = &lanes[k - rows->from];
        const struct forecast *forecast = lane->forecast;
        lane->open = true;
        lane->item = forecast_item(forecast, broker->job);
        lane->ahead = forecast_position(forecast, lane->item.key);
        lane->after = after_in(broker, i, k);
        if (lane->ahead == forecast->len && forecast->deeper) {
            const simtime done = forecast_done(forecast, works[k - rows->from]);
            lane->after = done > lane->after ? done : lane->after;
        }
    }
    const simtime now = broker->setup->refresh > 0 ? forecasts->at : broker->sim->now;
    return broker_common_start(broker, lanes, n, now);
}

/* A common plan that was kept in parts is the one that would be made anew. */
static void check_common(struct broker *broker, size_t i, simtime start)
{
    const struct rows *rows = &broker->rows[broker->choices[i].centre];
    const size_t n = rows->to - rows->from;
    struct forecast fresh[MOST_LANES];
    for (size_t k = 0; k < n; k++)
        look_afresh(broker, &broker->forecasts[rows->from + k], &fresh[k]);
    REQUIRE(common_start(broker, i, fresh) == start);
    for (size_t k = 0; k < n; k++)
        forecast_deinit(&fresh[k]);
}

/* The expected start at the choice, where jobs are counted once that wait in several. */
static NOINLINE simtime shared_start(struct broker *broker, size_t i)
{
    const int32_t centre = broker->choices[i].centre;
    const struct rows *rows = &broker->rows[centre];
    simtime best = SIMTIME_NEVER;
    for (size_t k = rows->from; k < rows->to; k++) {
        struct forecast *forecast = seen(broker, k);
        if (broker->setup->sees == SEES_PLAN && !forecast->valid)
            broker_read_queue(broker, forecast);
    }
    if (broker->setup->sees == SEES_PLAN) {
        best = common_start(broker, i, &broker->forecasts[rows->from]);
        if (UNLIKELY(broker->sim->check) && broker->setup->refresh == 0)
            check_common(broker, i, best);
        return unless_full(broker, i, best);
    }
    int64_t rooms[MOST_LANES];
    area works[MOST_LANES];
    broker_rooms(broker, centre, rooms);
    broker_works(broker, centre, works);
    for (size_t k = next_there(broker, i, 0); k < broker->sim->n_stations;
         k = next_there(broker, i, k + 1)) {
        const size_t at = k - rows->from;
        const simtime after = after_in(broker, i, k);
        const simtime start = after < SIMTIME_NEVER ? counted_in(broker, &broker->forecasts[k],
                                                                 after, rooms[at], works[at])
                                                    : SIMTIME_NEVER;
        best = start < best ? start : best;
    }
    return unless_full(broker, i, best);
}

/* The same, as if nobody waited. */
static NOINLINE simtime common_bound(struct broker *broker, size_t i)
{
    simtime best = SIMTIME_NEVER;
    for (size_t k = next_there(broker, i, 0); k < broker->sim->n_stations;
         k = next_there(broker, i, k + 1)) {
        const simtime after = after_in(broker, i, k);
        const simtime start =
            after < best ? forecast_alone(seen(broker, k), broker->job, after) : SIMTIME_NEVER;
        best = start < best ? start : best;
    }
    return unless_full(broker, i, best);
}

static void find_bound(void *ctx, size_t i, struct broker_bound *bound)
{
    struct broker *broker = ctx;
    if (is_common(broker, i)) {
        bound->known = broker->setup->sees != SEES_PLAN;
        bound->start = bound->known ? shared_start(broker, i) : common_bound(broker, i);
        return;
    }
    if (broker->partitions[i] >= 0 && !broker->bounds_starts)
        bound->start = bound_in(broker, (size_t)broker->partitions[i], bound->start, &bound->known);
    else
        bound->start = any_bound(broker, i, &bound->known);
}

/* When it would start in the partition by its plan; what is not before `before` may be too early.
 */
static simtime planned_in(struct broker *broker, struct forecast *forecast, simtime after,
                          simtime before)
{
    if (!forecast->valid)
        broker_read_queue(broker, forecast);
    const simtime start = forecast_start(forecast, broker->job, after, before);
    if (UNLIKELY(broker->sim->check) && !forecast->stale && start < before)
        check_kept(broker, forecast, after, start);
    return start;
}

/* The expected start in one partition of choice i. */
static inline simtime expected_in(struct broker *broker, size_t i, size_t partition, simtime before)
{
    struct forecast *forecast = seen(broker, partition);
    const simtime after = after_in(broker, i, partition);
    simtime start = after;
    bool known = false;
    /* Of several partitions the bounds tell which ones matter. */
    if (broker->partitions[i] < 0 || broker->setup->sees != SEES_PLAN || forecast->queued == 0)
        start = held_bound_in(broker, i, partition, &known);
    return known || start >= before ? start : planned_in(broker, forecast, after, before);
}

/* The same in any of them. */
static NOINLINE simtime expected_in_any(struct broker *broker, size_t i, simtime before)
{
    simtime best = SIMTIME_NEVER;
    for (size_t k = next_there(broker, i, 0); k < broker->sim->n_stations;
         k = next_there(broker, i, k + 1)) {
        const simtime start = expected_in(broker, i, k, before);
        best = start < best ? start : best;
        before = start < before ? start : before;
    }
    return best;
}

static simtime expected_start(void *ctx, size_t i, simtime before)
{
    struct broker *broker = ctx;
    const int32_t only = broker->partitions[i];
    if (is_common(broker, i))
        return shared_start(broker, i);
    return unless_full(broker, i,
                       only >= 0 ? expected_in(broker, i, (size_t)only, before)
                                 : expected_in_any(broker, i, before));
}

simtime broker_decide(struct broker *broker, struct job *job, const struct sim_freight *freight)
{
    broker->job = job;
    find_choices(broker, job, freight);
    if (broker->n_choices == 0)
        return SIMTIME_NEVER;
    const struct broker_view view = {
        .choices = broker->choices,
        .len = broker->n_choices,
        .now = broker->sim->now,
        .ctx = broker,
        .bound = find_bound,
        .bounds = broker->bounds,
        .start = expected_start,
        .queued = queued_at,
    };
    const struct broker_type *type = broker->setup->type;
    const size_t best =
        view.len > 1 ? type->choose(broker->setup->params, broker->state, &view) : 0;
    REQUIRE(best < view.len);
    job->spec.centre = broker->choices[best].centre;
    job->partition = job->spec.partition = broker->partitions[best];
    if (freight->data_at == job->spec.centre)
        job->data = 0;
    return broker->choices[best].moving;
}
