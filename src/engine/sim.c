/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/sim.h"

#include "engine/state.h"

#include "util/mem.h"

#include <stdlib.h>

static inline void tell_observers(const struct sim *sim, const struct fact *fact)
{
    const struct observer *observers = sim->setup.observers;
    for (size_t i = 0, n = sim->setup.n_observers; i < n; i++)
        if (observers[i].hears >> fact->kind & 1)
            observers[i].see(observers[i].ctx, fact);
}

void sim_tell_all(struct sim *sim, enum fact_kind kind, const struct job *job, int32_t partition)
{
    const struct fact fact = {
        .kind = kind,
        .at = sim->now,
        .job = job,
        .partition = partition,
    };
    tell_observers(sim, &fact);
    if (sim->check)
        check_see(sim->check, &fact);
    if (UNLIKELY(sim->broker != NULL))
        broker_hear(sim, &fact);
}

static void end_job(struct sim *sim, struct job *job)
{
    struct station *station = &sim->stations[job->partition];
    profile_advance(station->partition.profile, sim->now);
    if (sim_minds_tenants(sim))
        sim_tenant_ends(sim, job);
    sim_unlink(sim, station, job);
    if (UNLIKELY(!station->partition.cluster->plain) && cluster_is_over(station->partition.cluster))
        sched_capacity_changed(&station->sched, CAPACITY_GAIN);
    const int64_t back = partition_end(&station->partition, job, sim->now);
    job->state = job->spec.runtime > sim->now - job->began ? JOB_KILLED : JOB_COMPLETED;
    job->end = sim->now;
    job->end_event = EVENT_NONE;
    sched_released(&station->sched, sim->now, job->due, back);
    sim_mark(sim, station);
    sim_tell(sim, FACT_END, job, job->partition);
    sim->totals.ended++;
    sim_forget(sim, job);
}

/* --- starts: the one way in for every scheduler --- */

/* The only function that says when a running job ends. */
static void set_end(struct sim *sim, struct job *job)
{
    const struct sched_config *config = &sim->stations[job->partition].sched.config;
    const bool killed = !config->extend && job->spec.runtime > job->spec.request;
    const simtime end = sim->now + (killed ? job->spec.request : job->spec.runtime);
    const bool late = decides_after_events(config);
    const struct event event = {
        .at = end,
        .class = late ? EVENT_END_LATE : EVENT_END,
        /* Published simulators that decide after each event take ends in order of starts. */
        .source = late ? 0 : (uint64_t)job->spec.workload << ORDINAL_BITS | job->spec.ordinal,
        .kind = KIND_END,
        .object = job->slot,
    };
    job->end_event = events_add(sim->events, &event);
    if (end > job->due) {
        struct event overdue = event;
        overdue.at = job->due;
        overdue.kind = KIND_OVERDUE;
        job->overdue_event = events_add(sim->events, &overdue);
    }
}

static void start_job(void *ctx, struct sched *sched, struct job *job)
{
    struct sim *sim = ctx;
    sim_leave_queues(sim, job, sched);
    job->partition = sched->partition->row;
    job->state = JOB_RUNNING;
    job->began = sim->now;
    if (job->attempt++ == 0)
        job->start = sim->now;
    job->wait += sim->now - job->pending_since;
    sim_place(&job->spec, sched->partition);
    partition_start(sched->partition, job, sim->now);
    /* Whole nodes may be larger than was planned with. */
    if (job->spec.work > 0)
        job->spec.runtime = job_runtime_of_work(&job->spec, job->procs, sched->partition->speeds);
    if (sim_minds_tenants(sim))
        sim_tenant_starts(sim, job);
    if (sim->reclaims)
        sim_link(sim, &sim->stations[job->partition], job);
    set_end(sim, job);
    sim_tell(sim, FACT_START, job, job->partition);
}

/* --- passes --- */

static NOINLINE void wake_at(struct sim *sim, struct station *station, simtime at)
{
    if (station->wake == at)
        return;
    if (station->wake < SIMTIME_NEVER)
        events_cancel(sim->events, station->wake_event);
    station->wake = at;
    if (at < SIMTIME_NEVER) {
        const struct event event = {.at = at,
                                    .class = EVENT_TIMER,
                                    .source = (uint64_t)station->partition.row,
                                    .kind = KIND_WAKE,
                                    .object = (uint32_t)station->partition.row};
        station->wake_event = events_add(sim->events, &event);
    }
}

static COLD void fail(struct sim *sim, struct station *station)
{
    struct error *failure = &station->sched.failure;
    /* What is no fault of a file is one of the partition. */
    if (!failure->at.file)
        error_prefix(failure, "%s: ", sim->setup.world->partitions[station->partition.row].path);
    sim->failure = failure;
}

/* The next multiple at which those that wait may stand in another order though nothing happens. */
static simtime next_tick(const struct sched *sched, simtime now)
{
    if (queue_len(&sched->queue) == 0)
        return SIMTIME_NEVER;
    return simtime_multiple(sched->queue.order->ages ? now + 1 : sched_next_ranks(sched),
                            sched->config.every);
}

static void pass(struct sim *sim, struct station *station)
{
    sched_pass(&station->sched, sim->now);
    sim->totals.passes++;
    if (UNLIKELY(station->sched.failed) && !sim->failure)
        fail(sim, station);
    const struct sched_config *config = &station->sched.config;
    if (config->conservative || config->slurm)
        wake_at(sim, station, sched_next_start(&station->sched, sim->now));
    else if (config->decide == DECIDE_EVERY)
        wake_at(sim, station, next_tick(&station->sched, sim->now));
    sim_tell(sim, FACT_PASS, NULL, station->partition.row);
}

/* Where a scheduler decides at ticks only, a pass waits for the next one. */
static NOINLINE void pass_at_tick(struct sim *sim, struct station *station)
{
    const simtime every = station->sched.config.every;
    if (sim->now % every == 0) {
        pass(sim, station);
        return;
    }
    wake_at(sim, station, simtime_multiple(sim->now, every));
}

/* All that owe a pass, in order of partitions; one may mark others. */
static inline void pass_all(struct sim *sim)
{
    while (sim->n_dirty > 0) {
        size_t first = 0;
        for (size_t i = 1; i < sim->n_dirty; i++)
            if (sim->dirty[i] < sim->dirty[first])
                first = i;
        struct station *station = sim_unmark(sim, first);
        if (LIKELY(station->sched.config.decide != DECIDE_EVERY))
            pass(sim, station);
        else
            pass_at_tick(sim, station);
    }
}

/* Schedulers that decide after each event. */
static NOINLINE void pass_now(struct sim *sim)
{
    for (size_t i = 0; i < sim->n_dirty; i++)
        if (decides_after_events(&sim->stations[sim->dirty[i]].sched.config)) {
            struct station *station = sim_unmark(sim, i--);
            pass(sim, station);
            sim_turn_away(sim, station);
        }
}

/* Those who came and may not wait, once all places had their pass. */
static NOINLINE void turn_away_all(struct sim *sim)
{
    sim->came = false;
    for (size_t i = 0; i < sim->n_stations; i++)
        sim_turn_away(sim, &sim->stations[i]);
}

/* --- events --- */

static void handle(struct sim *sim, const struct event *event)
{
    switch ((enum event_kind)event->kind) {
    case KIND_END:
        end_job(sim, jobs_at(&sim->jobs, event->object));
        break;
    case KIND_OVERDUE: {
        struct job *job = jobs_at(&sim->jobs, event->object);
        job->overdue_event = EVENT_NONE;
        partition_overdue(&sim->stations[job->partition].partition, job);
        if (sim->gates)
            gates_overdue(sim->gates, job);
        sched_woken(&sim->stations[job->partition].sched);
        if (UNLIKELY(sim->broker != NULL))
            broker_changed(sim, job->partition);
        break;
    }
    case KIND_CHANGE:
        sim_apply(sim, &sim->setup.changes[event->object]);
        break;
    case KIND_SHRUNK:
        sim_shrunk(sim, &sim->stations[event->object]);
        break;
    case KIND_MAINTENANCE:
        sim_maintain(sim, event->object, event->source);
        break;
    case KIND_TURN:
        sim_turn(sim);
        break;
    case KIND_WAKE:
        sim->stations[event->object].wake = SIMTIME_NEVER;
        sched_woken(&sim->stations[event->object].sched);
        sim_mark(sim, &sim->stations[event->object]);
        break;
    case KIND_SEND:
    case KIND_NETWORK:
    case KIND_ARRIVAL:
        broker_handle(sim, event);
        break;
    }
}

/* Is the next event one of a class range at this instant? */
static inline bool is_due(const struct sim *sim, enum event_class from, enum event_class to)
{
    if (events_time(sim->events) != sim->now)
        return false;
    const enum event_class class = events_class(sim->events);
    return class >= from && class <= to;
}

/* Everything of the range, of which there is some, a pass after each event where that is the rule.
 */
static NOINLINE void drain_due(struct sim *sim, enum event_class from, enum event_class to)
{
    struct event event;
    do {
        events_pop(sim->events, &event);
        sim->totals.events++;
        handle(sim, &event);
        if (sim->eager)
            pass_now(sim);
    } while (is_due(sim, from, to));
}

static inline void drain_events(struct sim *sim, enum event_class from, enum event_class to)
{
    if (is_due(sim, from, to))
        drain_due(sim, from, to);
}

/* Is it to stop by what it tells of how far it is? */
static NOINLINE bool is_told_to_stop(struct sim *sim)
{
    const struct sim_setup *s = &sim->setup;
    sim->untold =
        s->progress ? s->progress(s->progress_ctx, sim->now, sim->totals.ended) : UINT32_MAX;
    return sim->untold == 0;
}

/* After each instant, and each submission of many at one. */
static inline bool is_interrupted(struct sim *sim)
{
    if (UNLIKELY(sim->setup.interrupted && *sim->setup.interrupted))
        return true;
    return UNLIKELY(--sim->untold == 0) && is_told_to_stop(sim);
}

/* Jobs are submitted in [0, length), and later only while counted jobs are waited for.
 * SIMTIME_NEVER: no more. */
static simtime next_arrival(const struct sim *sim)
{
    const simtime next = merge_time(&sim->merge);
    if (LIKELY(next < sim->setup.world->length))
        return next;
    return sim->setup.drain && sim->counted > 0 ? next : SIMTIME_NEVER;
}

/* All that happens at this instant has happened: tell what the partitions came to. */
static inline void settle(struct sim *sim)
{
    if (sim->waits)
        waits_settle(sim);
    const size_t n = sim->told >> FACT_SETTLED & 1 ? sim->touched.len : 0;
    for (size_t i = 0; i < n; i++) {
        const int32_t row = (int32_t)sim->touched.rows[i];
        const struct fact fact = {
            .kind = FACT_SETTLED,
            .at = sim->now,
            .partition = row,
            .counts = &sim->stations[row].partition.counts,
            .queued_by = sim->waits ? waits_queued(sim->waits, row) : NULL,
        };
        tell_observers(sim, &fact);
    }
    touched_clear(&sim->touched);
}

/* The same, where invariants are checked. */
static COLD void check_all(struct sim *sim)
{
    const bool all = check_instant(sim->check, sim->now);
    sim_tenants_check(sim);
    if (all)
        sim_check_waiting(sim);
    if (sim->waits)
        waits_check(sim, all);
    if (sim->broker)
        broker_check(sim, all);
}

/* At the end all that was left out at times. */
static COLD void check_once_more(struct sim *sim)
{
    check_last(sim->check, sim->now);
    if (sim->waits)
        waits_check(sim, true);
    if (sim->broker)
        broker_check(sim, true);
}

/* Those who came and may not wait, for the quotas of their tenants. */
static NOINLINE void turn_tenants_away(struct sim *sim)
{
    sim_tenants_turn_away(sim);
    pass_all(sim);
}

/* Mark those who lost a job that may have stood in the way of others. */
static NOINLINE void mark_again(struct sim *sim)
{
    for (size_t i = 0; i < sim->n_stations; i++) {
        if (sim->stations[i].again)
            sim_mark(sim, &sim->stations[i]);
        sim->stations[i].again = false;
    }
    sim->again = false;
}

static inline int instant(struct sim *sim, struct error *err)
{
    if (UNLIKELY(sim->now >= sim->next_tick))
        sim_tick(sim);
    if (sim->gates)
        gates_advance(sim->gates, sim->now);
    if (UNLIKELY(sim->broker != NULL))
        broker_look(sim);
    do {
        drain_events(sim, EVENT_GAIN, EVENT_LOSS);
        if (UNLIKELY(sim->broker != NULL))
            drain_events(sim, EVENT_SUBMISSION, EVENT_SUBMISSION);
        while (next_arrival(sim) == sim->now) {
            const int got = sim_submit(sim, err);
            if (got < 0)
                return got;
            if (sim->eager)
                pass_now(sim);
            if (is_interrupted(sim))
                return SIM_INTERRUPTED;
        }
        drain_events(sim, EVENT_TIMER, EVENT_END_LATE);
        pass_all(sim);
        if (UNLIKELY(sim->came))
            turn_away_all(sim);
        if (UNLIKELY(sim->tenant_newcomers.len > 0))
            turn_tenants_away(sim);
        if (UNLIKELY(sim->again))
            mark_again(sim);
    } while (events_time(sim->events) == sim->now || sim->n_dirty > 0);
    if (UNLIKELY(sim->failure != NULL)) {
        *err = *sim->failure;
        return SIM_FAILED;
    }
    settle(sim);
    if (UNLIKELY(sim->check != NULL))
        check_all(sim);
    return 0;
}

/* --- the whole --- */

static void open_station(struct sim *sim, size_t row)
{
    struct station *station = &sim->stations[row];
    const struct sim_partition *setup = &sim->setup.partitions[row];
    const struct sched_actions actions = {.ctx = sim, .start = start_job, .reclaim = sim_reclaim};
    station->wake = SIMTIME_NEVER;
    station->newest = JOB_NONE;
    partition_init(&station->partition, &setup->setup, &sim->jobs);
    sim_open_books(sim, station, &setup->config);
    const struct tenancy tenancy = sim_tenancy(sim, station);
    sched_init(&station->sched, &setup->config, &station->partition, &sim->jobs, &tenancy,
               &actions);
    station->windows = mem_new(1, sizeof(*station->windows));
    windows_init(station->windows, setup->setup.recurrences, setup->setup.n_recurrences,
                 WINDOWS_BEGIN, 0);
    sim_queue_windows(sim, station);
    sim->limits_queues |= setup->config.max_queued >= 0;
    sim->eager |= decides_after_events(&setup->config);
}

struct sim *sim_new(const struct sim_setup *setup)
{
    struct sim *sim = mem_new(1, sizeof(*sim));
    sim->setup = *setup;
    sim->events = events_new();
    sim->n_stations = setup->world->n_partitions;
    sim->stations = mem_new(sim->n_stations, sizeof(*sim->stations));
    sim->dirty = mem_new(sim->n_stations, sizeof(*sim->dirty));
    sim->gaps_later = mem_new(setup->n_changes, sizeof(*sim->gaps_later));
    touched_init(&sim->touched, sim->n_stations);
    jobs_init(&sim->jobs);
    sim->next_tick = SIMTIME_NEVER;
    sim->reclaims = sim_may_stop_jobs(setup);
    sim->jobs.whole = sim->reclaims || setup->broker;
    for (size_t i = 0; i < setup->n_changes; i++) {
        if (setup->changes[i].what != CHANGE_RULES)
            continue;
        sim->eager |= decides_after_events(setup->changes[i].config);
        sim->limits_queues |= setup->changes[i].config->max_queued >= 0;
    }
    sim_gates_open(sim);
    for (size_t i = 0; i < sim->n_stations; i++)
        open_station(sim, i);
    for (size_t i = 0; i < setup->world->n_centres; i++)
        sim_gates_capacity(sim, (int32_t)i);
    sim_queue_changes(sim);
    if (setup->world->causes)
        sim->waits = waits_new(sim);
    if (setup->broker)
        sim->broker = broker_new(sim);
    if (setup->check) {
        struct sched **scheds = mem_new(sim->n_stations, sizeof(*scheds));
        for (size_t i = 0; i < sim->n_stations; i++)
            scheds[i] = &sim->stations[i].sched;
        sim->check = check_new(scheds, setup->world, &sim->jobs);
    }
    for (size_t i = 0; i < setup->n_observers; i++)
        sim->told |= setup->observers[i].hears;
    if (sim->check)
        sim->told |= ~FACT_BIT(FACT_SETTLED);
    if (sim->broker)
        sim->told |= broker_hears(sim);
    sim->heard = sim->waits ? UINT32_MAX : sim->told;
    return sim;
}

void sim_free(struct sim *sim)
{
    if (!sim)
        return;
    for (size_t i = 0; i < sim->n_stations; i++) {
        sched_deinit(&sim->stations[i].sched);
        partition_deinit(&sim->stations[i].partition);
        free(sim->stations[i].newcomers.items);
        windows_deinit(sim->stations[i].windows);
        free(sim->stations[i].windows);
    }
    for (size_t i = 0; i < sim->setup.n_changes; i++)
        gaps_clear(&sim->gaps_later[i]);
    free(sim->gaps_later);
    free(sim->stations);
    free(sim->dirty);
    touched_deinit(&sim->touched);
    free(sim->kinds);
    sim_tenants_free(sim);
    jobs_deinit(&sim->jobs);
    merge_deinit(&sim->merge);
    events_free(sim->events);
    check_free(sim->check);
    waits_free(sim->waits);
    broker_free(sim->broker);
    free(sim);
}

static void close_books(struct sim *sim, simtime end)
{
    sim->totals.now = end;
    for (size_t i = 0; i < sim->setup.n_observers; i++) {
        const struct observer *observer = &sim->setup.observers[i];
        if (observer->finish)
            observer->finish(observer->ctx, end);
    }
}

static COLD void tell_unfinished(struct sim *sim)
{
    size_t n;
    struct job **left = jobs_in_order(&sim->jobs, &n);
    for (size_t i = 0; i < n; i++) {
        if (left[i]->state == JOB_PENDING)
            left[i]->wait += sim->now - left[i]->pending_since;
        if (sim->waits && left[i]->state == JOB_PENDING)
            waits_close(sim, left[i]);
        for (size_t k = 0; k < sim->setup.n_observers; k++) {
            const struct observer *observer = &sim->setup.observers[k];
            if (observer->unfinished)
                observer->unfinished(observer->ctx, left[i], sim->now);
        }
    }
    free(left);
}

/* What still waits, waits for ever: nothing runs, and a new period of quotas frees nothing. */
static bool only_turns_lie_ahead(const struct sim *sim)
{
    return sim->gates && events_len(sim->events) == 1 &&
           events_time(sim->events) == sim->next_turn && !gates_spent(sim->gates);
}

/* O(jobs ever live at once). */
static bool a_counted_job_runs(const struct sim *sim)
{
    for (uint32_t slot = 0; slot < sim->jobs.used; slot++) {
        const struct job *job = jobs_at(&sim->jobs, slot);
        if (job->live && job->state == JOB_RUNNING && sim_counts(sim, job))
            return true;
    }
    return false;
}

static bool is_over(const struct sim *sim, simtime next)
{
    if (next >= SIMTIME_NEVER)
        return true;
    if (next <= sim->setup.world->length)
        return sim->setup.world->length == SIMTIME_NEVER && next_arrival(sim) >= SIMTIME_NEVER &&
               (sim->jobs.live == 0 || only_turns_lie_ahead(sim));
    if (!sim->setup.drain || sim->counted == 0)
        return true;
    /* Where counted jobs starve they are not waited for for ever. */
    return next / SIM_DRAIN_MOST > sim->setup.world->length && !a_counted_job_runs(sim);
}

int sim_run(struct sim *sim, struct error *err)
{
    int got = merge_init(&sim->merge, sim->setup.sources, sim->setup.n_sources, err);
    if (got < 0)
        return got;
    for (size_t i = 0; i < sim->n_stations; i++)
        sim_tell(sim, FACT_CAPACITY, NULL, (int32_t)i);
    settle(sim);
    sim->untold = 1;
    for (;;) {
        const simtime arrival = next_arrival(sim), event = events_time(sim->events);
        const simtime next = arrival < event ? arrival : event;
        if (is_over(sim, next))
            break;
        REQUIRE(next >= sim->now);
        sim->now = next;
        got = instant(sim, err);
        if (got < 0)
            return got;
        if (got == SIM_INTERRUPTED || is_interrupted(sim)) {
            got = SIM_INTERRUPTED;
            break;
        }
    }
    if (got == SIM_DONE && sim->check)
        check_once_more(sim);
    const simtime length = sim->setup.world->length;
    if (got == SIM_DONE && length < SIMTIME_NEVER && sim->now < length)
        sim->now = length;
    tell_unfinished(sim);
    close_books(sim, sim->now);
    return got;
}

struct sim_totals sim_totals(const struct sim *sim)
{
    struct sim_totals totals = sim->totals;
    totals.now = sim->now;
    totals.counted = sim->counted;
    return totals;
}

int64_t sim_failed_source(const struct sim *sim)
{
    return sim->merge.failed;
}
