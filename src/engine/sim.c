/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/sim.h"

#include "engine/check.h"
#include "util/mem.h"

#include <stdlib.h>

enum event_kind { KIND_END, KIND_OVERDUE, KIND_CHANGE, KIND_MAINTENANCE, KIND_WAKE };

/* Rank in the input: 20 bits of workload, 40 of ordinal. */
#define ORDINAL_BITS 40

struct place {
    struct partition partition;
    struct sched sched;
    struct sim *sim;
    simtime wake; /* when a wake event is due; SIMTIME_NEVER: none */
    event_handle wake_event;
    bool dirty;             /* a pass is owed at this instant */
    size_t window;          /* next maintenance window to open */
    struct slots newcomers; /* submitted at this instant, for the limit on queued jobs */
};

struct sim {
    struct sim_setup setup;
    struct jobs jobs;
    struct events *events;
    struct merge merge;
    struct place *places;
    size_t n_places;
    simtime now;
    uint64_t arrivals; /* so far: numbers jobs in order of submission */
    uint64_t counted;  /* jobs of the measuring window still in the system */
    struct sim_totals totals;
    struct check *check; /* NULL: not checking */
    uint32_t *dirty;     /* rows of the places that owe a pass, in no order */
    size_t n_dirty;
    int32_t *priorities; /* by workload, since a dated change; -1: its own; NULL: none changed */
    bool limits_queues;  /* some scheduler has a limit on queued jobs */
};

static void tell(struct sim *sim, enum fact_kind kind, const struct job *job, int32_t partition)
{
    const struct fact fact = {
        .kind = kind,
        .at = sim->now,
        .job = job,
        .partition = partition,
        .counts = partition >= 0 ? &sim->places[partition].partition.counts : NULL,
    };
    for (size_t i = 0; i < sim->setup.n_observers; i++)
        sim->setup.observers[i].see(sim->setup.observers[i].ctx, &fact);
    if (sim->check)
        check_see(sim->check, &fact);
}

static void mark(struct sim *sim, struct place *place)
{
    if (!place->dirty)
        sim->dirty[sim->n_dirty++] = (uint32_t)place->partition.row;
    place->dirty = true;
}

/* Take the i-th of the marked places. */
static struct place *unmark(struct sim *sim, size_t i)
{
    struct place *place = &sim->places[sim->dirty[i]];
    sim->dirty[i] = sim->dirty[--sim->n_dirty];
    place->dirty = false;
    return place;
}

static bool decides_after_events(const struct place *place)
{
    const struct sched_config *config = &place->sched.config;
    return config->decide == DECIDE_EVENT || config->commit_head;
}

static bool is_counted(const struct sim *sim, const struct job *job)
{
    const struct world *world = sim->setup.world;
    return job->spec.submit >= world->measure_from && job->spec.submit < world->measure_until;
}

/* The partitions a job may run in: [*ret_from, to). */
static size_t candidates(const struct sim *sim, const struct job_spec *spec, size_t *ret_from)
{
    if (spec->partition >= 0) {
        *ret_from = (size_t)spec->partition;
        return *ret_from + 1;
    }
    size_t from = 0;
    while (from < sim->n_places && sim->setup.world->partitions[from].centre != spec->centre)
        from++;
    size_t to = from;
    while (to < sim->n_places && sim->setup.world->partitions[to].centre == spec->centre)
        to++;
    *ret_from = from;
    return to;
}

/* --- ends --- */

static void forget(struct sim *sim, struct job *job)
{
    sim->counted -= is_counted(sim, job);
    jobs_free(&sim->jobs, job);
}

static void end_job(struct sim *sim, struct job *job)
{
    struct place *place = &sim->places[job->partition];
    profile_advance(place->partition.profile, sim->now);
    partition_end(&place->partition, job, sim->now);
    job->state = job->spec.runtime > sim->now - job->start ? JOB_KILLED : JOB_COMPLETED;
    job->end = sim->now;
    job->end_event = EVENT_NONE;
    sched_released(&place->sched, sim->now, job->due);
    mark(sim, place);
    tell(sim, FACT_END, job, job->partition);
    sim->totals.ended++;
    forget(sim, job);
}

/* --- starts: the one way in for every scheduler --- */

/* The only function that sets how fast a job runs, and when it therefore ends. */
static void set_rate(struct sim *sim, struct job *job, double rate)
{
    const struct sched_config *config = &sim->places[job->partition].sched.config;
    job->rate = rate;
    job->since = sim->now;
    simtime end = sim->now + simtime_ceil_seconds(simtime_seconds(job->remaining) / rate);
    if (rate == 1)
        end = sim->now + job->remaining;
    if (!config->extend && job->remaining > job->spec.request)
        end = job->start + job->spec.request;
    const bool late = decides_after_events(&sim->places[job->partition]);
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
        events_add(sim->events, &overdue);
    }
}

/* The job leaves all queues it stands in but that of `but` (NULL: all), whose scheduler sees to it
 * itself. */
static void leave_queues(struct sim *sim, struct job *job, const struct sched *but)
{
    size_t from;
    const size_t to = candidates(sim, &job->spec, &from);
    for (size_t i = from; i < to; i++) {
        struct place *place = &sim->places[i];
        if ((job->waits_in >> (i - from) & 1) == 0)
            continue;
        sched_withdraw(&place->sched, job);
        if (&place->sched == but)
            continue;
        if (sched_gave_way(&place->sched))
            mark(sim, place);
        tell(sim, FACT_QUEUE, NULL, place->partition.row);
    }
    job->waits_in = 0;
}

static void start_job(void *ctx, struct sched *sched, struct job *job)
{
    struct sim *sim = ctx;
    leave_queues(sim, job, sched);
    job->partition = sched->partition->row;
    job->state = JOB_RUNNING;
    job->start = sim->now;
    job->attempt++;
    job->wait = sim->now - job->spec.submit;
    job->remaining = job->spec.runtime;
    partition_start(sched->partition, job, sim->now);
    set_rate(sim, job, 1);
    tell(sim, FACT_START, job, job->partition);
}

/* --- submissions --- */

static void reject(struct sim *sim, struct job *job, enum job_reason reason)
{
    job->state = JOB_REJECTED;
    job->reason = (int32_t)reason;
    tell(sim, FACT_REJECT, job, job->partition);
    sim->totals.rejected++;
    forget(sim, job);
}

/* Could the partition ever run it, with the nodes it has now or will have? */
static bool could_run(const struct sim *sim, const struct place *place, const struct ask *ask)
{
    const struct partition *partition = &place->partition;
    const struct partition_setup *setup = &sim->setup.partitions[partition->row].setup;
    if (partition->cluster->plain &&
        ask->procs <= partition->counts.capacity - partition->counts.down)
        return true;
    struct node_group groups[PARTITION_GROUPS_MAX];
    for (size_t g = 0; g < partition->n_groups; g++)
        groups[g] = partition->groups[g];
    if (cluster_could_fit(setup->placement, groups, partition->n_groups, ask))
        return true;
    for (size_t i = 0; i < sim->setup.n_changes; i++) {
        const struct sim_change *change = &sim->setup.changes[i];
        if (change->at < sim->now || change->what != CHANGE_NODES ||
            change->partition != partition->row)
            continue;
        groups[change->group].nodes = change->nodes;
        if (cluster_could_fit(setup->placement, groups, partition->n_groups, ask))
            return true;
    }
    return false;
}

/* Where the job may wait: sets job->waits_in. If nowhere, why not. */
static enum job_reason judge(const struct sim *sim, struct job *job)
{
    size_t from;
    enum job_reason reason = REASON_TOO_LARGE;
    const size_t to = candidates(sim, &job->spec, &from);
    for (size_t i = from; i < to; i++) {
        const struct place *place = &sim->places[i];
        const int64_t most = place->sched.config.max_processors;
        if (!could_run(sim, place, &job->spec.ask))
            continue;
        if (most >= 0 && partition_procs(&place->partition, &job->spec.ask) > most)
            reason = REASON_MAX_PROCESSORS;
        else
            job->waits_in |= UINT64_C(1) << (i - from);
    }
    return job->waits_in ? REASON_NONE : reason;
}

/* The limit on queued jobs, judged after the pass: the last to come are the first to go. */
static void turn_away(struct sim *sim, struct place *place)
{
    const int64_t most = place->sched.config.max_queued;
    while (place->newcomers.len > 0) {
        struct job *job = jobs_at(&sim->jobs, place->newcomers.items[--place->newcomers.len]);
        if (!job->live || job->state != JOB_PENDING || job->spec.submit < sim->now ||
            place->partition.counts.queued_jobs <= most)
            continue;
        leave_queues(sim, job, NULL);
        reject(sim, job, REASON_MAX_QUEUED);
        /* It may have stood in the way of others: a further round. */
        place->sched.changed = true;
        mark(sim, place);
    }
}

static int submit(struct sim *sim, struct error *err)
{
    const struct job_spec *spec = merge_first(&sim->merge);
    struct job *job = jobs_new(&sim->jobs);
    job->spec = *spec;
    job->seq = sim->arrivals++;
    if (sim->priorities && sim->priorities[spec->workload] >= 0)
        job->spec.priority = sim->priorities[spec->workload];
    if (job->spec.id == 0)
        job->spec.id = (int64_t)sim->arrivals;
    job->partition = spec->partition;
    job->state = JOB_PENDING;
    job->start = job->end = SIMTIME_NEVER;
    job->end_event = EVENT_NONE;
    sim->counted += is_counted(sim, job);
    sim->totals.submitted++;
    if (sim->jobs.live > sim->totals.live_most)
        sim->totals.live_most = sim->jobs.live;
    const int got = merge_advance(&sim->merge, err);
    if (got < 0)
        return got;
    size_t from;
    const size_t to = candidates(sim, &job->spec, &from);
    job->procs = partition_procs(&sim->places[from].partition, &job->spec.ask);
    const enum job_reason reason = judge(sim, job);
    if (reason != REASON_NONE) {
        tell(sim, FACT_SUBMIT, job, job->partition);
        reject(sim, job, reason);
        return 0;
    }
    for (size_t i = from; i < to; i++) {
        struct place *place = &sim->places[i];
        if ((job->waits_in >> (i - from) & 1) == 0)
            continue;
        profile_advance(place->partition.profile, sim->now);
        const bool owes_pass = place->sched.config.decide != DECIDE_EVENT ||
                               sched_would_fit(&place->sched, job, sim->now);
        sched_add(&place->sched, job);
        if (place->sched.config.max_queued >= 0) {
            MEM_GROW(&place->newcomers);
            place->newcomers.items[place->newcomers.len++] = job->slot;
        }
        if (owes_pass)
            mark(sim, place);
        if (job->partition == PARTITION_ANY)
            tell(sim, FACT_QUEUE, NULL, place->partition.row);
    }
    tell(sim, FACT_SUBMIT, job, job->partition);
    for (size_t i = 0; i < sim->n_places && sim->limits_queues; i++)
        if (!sim->places[i].dirty && sim->places[i].newcomers.len > 0)
            turn_away(sim, &sim->places[i]);
    return 0;
}

/* --- passes --- */

static void wake_at(struct sim *sim, struct place *place, simtime at)
{
    if (place->wake == at)
        return;
    if (place->wake < SIMTIME_NEVER)
        events_cancel(sim->events, place->wake_event);
    place->wake = at;
    if (at < SIMTIME_NEVER) {
        const struct event event = {.at = at,
                                    .class = EVENT_TIMER,
                                    .source = (uint64_t)place->partition.row,
                                    .kind = KIND_WAKE,
                                    .object = (uint32_t)place->partition.row};
        place->wake_event = events_add(sim->events, &event);
    }
}

static void pass(struct sim *sim, struct place *place)
{
    sched_pass(&place->sched, sim->now);
    sim->totals.passes++;
    if (place->newcomers.len > 0)
        turn_away(sim, place);
    const struct sched_config *config = &place->sched.config;
    if (config->conservative)
        wake_at(sim, place, sched_next_start(&place->sched, sim->now));
    else if (config->decide == DECIDE_EVERY && config->order->ages &&
             queue_len(&place->sched.queue) > 0)
        wake_at(sim, place, (sim->now / config->every + 1) * config->every);
    tell(sim, FACT_PASS, NULL, place->partition.row);
}

/* Where a scheduler decides at ticks only, a pass waits for the next one. */
static bool is_its_time(struct sim *sim, struct place *place)
{
    const struct sched_config *config = &place->sched.config;
    if (config->decide != DECIDE_EVERY || sim->now % config->every == 0)
        return true;
    wake_at(sim, place, (sim->now / config->every + 1) * config->every);
    return false;
}

/* All that owe a pass, in order of partitions; one may mark others. */
static void pass_all(struct sim *sim)
{
    while (sim->n_dirty > 0) {
        size_t first = 0;
        for (size_t i = 1; i < sim->n_dirty; i++)
            if (sim->dirty[i] < sim->dirty[first])
                first = i;
        struct place *place = unmark(sim, first);
        if (is_its_time(sim, place))
            pass(sim, place);
        else if (place->newcomers.len > 0)
            turn_away(sim, place);
    }
}

/* Schedulers that decide after each event. */
static void pass_now(struct sim *sim)
{
    for (size_t i = 0; i < sim->n_dirty; i++)
        if (decides_after_events(&sim->places[sim->dirty[i]]))
            pass(sim, unmark(sim, i--));
}

/* --- events --- */

static void change_priority(struct sim *sim, const struct sim_change *change)
{
    const size_t n = sim->setup.world->n_workloads;
    if (!sim->priorities) {
        sim->priorities = mem_new(n, sizeof(*sim->priorities));
        for (size_t i = 0; i < n; i++)
            sim->priorities[i] = -1;
    }
    sim->priorities[change->workload] = change->priority;
}

static void change(struct sim *sim, const struct sim_change *change)
{
    if (change->what == CHANGE_PRIORITY) {
        change_priority(sim, change);
        return;
    }
    struct place *place = &sim->places[change->partition];
    if (change->what == CHANGE_RULES) {
        sched_configure(&place->sched, change->config, sim->now);
    } else {
        profile_advance(place->partition.profile, sim->now);
        sched_capacity_changed(&place->sched,
                               change->nodes < place->partition.groups[change->group].nodes
                                   ? CAPACITY_LOSS
                                   : CAPACITY_GAIN);
        partition_resize(&place->partition, change->group, change->nodes, sim->now);
    }
    tell(sim, FACT_CAPACITY, NULL, place->partition.row);
    mark(sim, place);
}

/* Open and close windows are told apart by the sign of what is left of the object's index. */
static void maintain(struct sim *sim, uint32_t row, uint64_t source)
{
    struct place *place = &sim->places[row];
    const struct maintenance *window = &place->partition.windows[source >> 1];
    profile_advance(place->partition.profile, sim->now);
    sched_capacity_changed(&place->sched, CAPACITY_KNOWN);
    partition_maintain(&place->partition, window, (source & 1) == 0, sim->now);
    tell(sim, FACT_CAPACITY, NULL, place->partition.row);
    mark(sim, place);
}

static void handle(struct sim *sim, const struct event *event)
{
    switch ((enum event_kind)event->kind) {
    case KIND_END:
        end_job(sim, jobs_at(&sim->jobs, event->object));
        break;
    case KIND_OVERDUE: {
        struct job *job = jobs_at(&sim->jobs, event->object);
        partition_overdue(&sim->places[job->partition].partition, job);
        sim->places[job->partition].sched.changed = true;
        break;
    }
    case KIND_CHANGE:
        change(sim, &sim->setup.changes[event->object]);
        break;
    case KIND_MAINTENANCE:
        maintain(sim, event->object, event->source);
        break;
    case KIND_WAKE:
        sim->places[event->object].wake = SIMTIME_NEVER;
        sim->places[event->object].sched.changed = true;
        mark(sim, &sim->places[event->object]);
        break;
    }
}

/* Everything of one class range at this instant, a pass after each event where that is the rule. */
static void drain_events(struct sim *sim, enum event_class from, enum event_class to)
{
    struct event event;
    while (events_time(sim->events) == sim->now && events_first(sim->events, &event) &&
           event.class >= from && event.class <= to) {
        events_pop(sim->events, &event);
        sim->totals.events++;
        handle(sim, &event);
        pass_now(sim);
    }
}

#define PROGRESS_EVERY 4096

/* Tell how far it is; was it asked to stop? */
static bool is_interrupted(struct sim *sim)
{
    if (sim->setup.progress)
        sim->setup.progress(sim->setup.progress_ctx, sim->now, sim->totals.ended);
    return sim->setup.interrupted && *sim->setup.interrupted;
}

static int instant(struct sim *sim, struct error *err)
{
    do {
        drain_events(sim, EVENT_GAIN, EVENT_LOSS);
        for (const struct job_spec *next = merge_first(&sim->merge);
             next && next->submit == sim->now; next = merge_first(&sim->merge)) {
            const int got = submit(sim, err);
            if (got < 0)
                return got;
            pass_now(sim);
            if (sim->totals.submitted % PROGRESS_EVERY == 0 && is_interrupted(sim))
                return SIM_INTERRUPTED;
        }
        drain_events(sim, EVENT_TIMER, EVENT_END_LATE);
        pass_all(sim);
    } while (events_time(sim->events) == sim->now);
    if (sim->check)
        check_instant(sim->check, sim->now);
    return 0;
}

/* --- the whole --- */

static void queue_changes(struct sim *sim)
{
    for (size_t i = 0; i < sim->setup.n_changes; i++) {
        const struct sim_change *c = &sim->setup.changes[i];
        int32_t before = 0;
        if (c->what == CHANGE_NODES)
            before = sim->setup.partitions[c->partition].setup.groups[c->group].nodes;
        for (size_t k = 0; k < i; k++) {
            const struct sim_change *old = &sim->setup.changes[k];
            if (old->what == CHANGE_NODES && old->partition == c->partition &&
                old->group == c->group)
                before = old->nodes;
        }
        const struct event event = {
            .at = c->at,
            .class = c->what != CHANGE_NODES || c->nodes >= before ? EVENT_GAIN : EVENT_LOSS,
            .source = i,
            .kind = KIND_CHANGE,
            .object = (uint32_t)i};
        events_add(sim->events, &event);
    }
}

static void queue_windows(struct sim *sim, const struct partition *partition)
{
    for (size_t i = 0; i < partition->n_windows; i++)
        for (int closes = 0; closes <= 1; closes++) {
            const struct maintenance *window = &partition->windows[i];
            const struct event event = {
                .at = closes ? window->to : window->from,
                .class = closes ? EVENT_GAIN : EVENT_LOSS,
                .source = (uint64_t)i << 1 | (uint64_t)closes,
                .kind = KIND_MAINTENANCE,
                .object = (uint32_t)partition->row,
            };
            events_add(sim->events, &event);
        }
}

struct sim *sim_new(const struct sim_setup *setup)
{
    struct sim *sim = mem_new(1, sizeof(*sim));
    sim->setup = *setup;
    sim->events = events_new();
    sim->n_places = setup->world->n_partitions;
    sim->places = mem_new(sim->n_places, sizeof(*sim->places));
    sim->dirty = mem_new(sim->n_places, sizeof(*sim->dirty));
    jobs_init(&sim->jobs);
    for (size_t i = 0; i < sim->n_places; i++) {
        struct place *place = &sim->places[i];
        place->sim = sim;
        place->wake = SIMTIME_NEVER;
        partition_init(&place->partition, &setup->partitions[i].setup, &sim->jobs);
        sched_init(&place->sched, &setup->partitions[i].config, &place->partition, &sim->jobs,
                   start_job, sim);
        queue_windows(sim, &place->partition);
        sim->limits_queues |= setup->partitions[i].config.max_queued >= 0;
    }
    queue_changes(sim);
    if (setup->check) {
        struct sched **scheds = mem_new(sim->n_places, sizeof(*scheds));
        for (size_t i = 0; i < sim->n_places; i++)
            scheds[i] = &sim->places[i].sched;
        sim->check = check_new(scheds, sim->n_places, &sim->jobs);
    }
    return sim;
}

void sim_free(struct sim *sim)
{
    if (!sim)
        return;
    for (size_t i = 0; i < sim->n_places; i++) {
        sched_deinit(&sim->places[i].sched);
        partition_deinit(&sim->places[i].partition);
        free(sim->places[i].newcomers.items);
    }
    free(sim->places);
    free(sim->dirty);
    free(sim->priorities);
    jobs_deinit(&sim->jobs);
    merge_deinit(&sim->merge);
    events_free(sim->events);
    check_free(sim->check);
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

static int compare_jobs(const void *a, const void *b)
{
    const struct job *x = *(struct job *const *)a, *y = *(struct job *const *)b;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void tell_unfinished(struct sim *sim)
{
    struct job **left = mem_new(sim->jobs.live, sizeof(*left));
    size_t n = 0;
    for (uint32_t slot = 0; slot < sim->jobs.used; slot++) {
        struct job *job = jobs_at(&sim->jobs, slot);
        if (job->live)
            left[n++] = job;
    }
    qsort(left, n, sizeof(*left), compare_jobs);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sim->setup.n_observers; k++) {
            const struct observer *observer = &sim->setup.observers[k];
            if (left[i]->state == JOB_PENDING)
                left[i]->wait = sim->now - left[i]->spec.submit;
            if (observer->unfinished)
                observer->unfinished(observer->ctx, left[i]);
        }
    free(left);
}

/* Draining goes on for so many lengths at most. */
#define DRAIN_MOST 10

static bool is_over(const struct sim *sim, simtime next)
{
    if (next >= SIMTIME_NEVER)
        return true;
    if (next <= sim->setup.world->length)
        return sim->setup.world->length == SIMTIME_NEVER && sim->jobs.live == 0 &&
               !merge_first(&sim->merge);
    /* Where counted jobs starve they are not waited for for ever. */
    return !sim->setup.drain || sim->counted == 0 || next / DRAIN_MOST > sim->setup.world->length;
}

int sim_run(struct sim *sim, struct error *err)
{
    int got = merge_init(&sim->merge, sim->setup.sources, sim->setup.n_sources, err);
    if (got < 0)
        return got;
    for (size_t i = 0; i < sim->n_places; i++)
        tell(sim, FACT_CAPACITY, NULL, (int32_t)i);
    for (uint64_t steps = 0;; steps++) {
        const struct job_spec *arrival = merge_first(&sim->merge);
        simtime next = events_time(sim->events);
        if (arrival && arrival->submit < next)
            next = arrival->submit;
        if (is_over(sim, next))
            break;
        REQUIRE(next >= sim->now);
        sim->now = next;
        got = instant(sim, err);
        if (got < 0)
            return got;
        if (got == SIM_INTERRUPTED || (steps % PROGRESS_EVERY == 0 && is_interrupted(sim))) {
            got = SIM_INTERRUPTED;
            break;
        }
    }
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
    return totals;
}
