/* Jobs on their way to a centre: the broker decides where, at the submission; after its delay their
 * data move; then they join a queue. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/broker_state.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

struct broker *broker_new(struct sim *sim)
{
    const struct sim_broker *setup = sim->setup.broker;
    const struct world *world = sim->setup.world;
    struct broker *broker = mem_new(1, sizeof(*broker));
    *broker = (struct broker){.setup = setup, .sim = sim};
    broker->next_look = setup->refresh > 0 && setup->type->looks ? 0 : SIMTIME_NEVER;
    broker->state = mem_new(1, setup->type->state_size);
    broker->network = network_new(world->n_centres, setup->links, setup->n_links);
    broker->network_at = SIMTIME_NEVER;
    broker->draws = mem_new(world->n_workloads, sizeof(*broker->draws));
    for (size_t i = 0; i < world->n_workloads; i++)
        rng_stream_init(&broker->draws[i], setup->seed, setup->freights[i].path, "data");
    broker->forecasts = mem_new(sim->n_stations, sizeof(*broker->forecasts));
    for (size_t i = 0; i < sim->n_stations; i++)
        forecast_init(&broker->forecasts[i], &sim->stations[i].sched, setup->refresh > 0,
                      setup->depth);
    if (setup->type->looks && sim->gates && gates_guarantee(sim->gates))
        broker->holds = holds_new(world, &sim->jobs, sim->gates, setup->refresh > 0, setup->depth);
    broker->bounds_starts = broker->holds || sim->limits_queues;
    broker->queued_jobs = mem_new(sim->n_stations, sizeof(*broker->queued_jobs));
    broker->first = mem_new(world->n_centres, sizeof(*broker->first));
    broker->last = mem_new(world->n_centres, sizeof(*broker->last));
    for (size_t i = 0; i < world->n_centres; i++)
        broker->first[i] = broker->last[i] = NOBODY;
    broker->sent = mem_new(world->n_centres * world->n_centres, sizeof(*broker->sent));
    broker->shares = mem_new(world->n_centres, sizeof(*broker->shares));
    broker->seen = mem_new(world->n_centres, sizeof(*broker->seen));
    broker->choices = mem_new(world->n_centres, sizeof(*broker->choices));
    broker->bounds = mem_new(world->n_centres, sizeof(*broker->bounds));
    broker->partitions = mem_new(world->n_centres, sizeof(*broker->partitions));
    broker->names = mem_new(world->n_partitions, sizeof(*broker->names));
    for (size_t i = 0; i < world->n_partitions; i++)
        while (strcmp(world->partitions[broker->names[i]].name, world->partitions[i].name) != 0)
            broker->names[i]++;
    broker->rows = mem_new(world->n_centres, sizeof(*broker->rows));
    for (size_t i = world->n_partitions; i-- > 0;) {
        struct rows *rows = &broker->rows[world->partitions[i].centre];
        rows->to = rows->to > 0 ? rows->to : i + 1;
        rows->from = i;
        const bool plain =
            rows->to == i + 1 && !world->partitions[i].part && !world->access && !sim->gates;
        rows->only = plain ? &sim->stations[i].sched : NULL;
        for (size_t k = i; k < rows->to; k++)
            broker->forecasts[k].shares = rows->to > i + 1;
        broker->may_share |= rows->to > i + 1;
    }
    return broker;
}

void broker_free(struct broker *broker)
{
    if (!broker)
        return;
    const struct sim *sim = broker->sim;
    for (size_t i = 0; i < sim->setup.world->n_workloads; i++)
        rng_stream_deinit(&broker->draws[i]);
    for (size_t i = 0; i < sim->n_stations; i++)
        forecast_deinit(&broker->forecasts[i]);
    for (size_t i = 0; i < sim->setup.world->n_centres; i++) {
        free(broker->shares[i].items);
        free(broker->seen[i].items);
    }
    holds_free(broker->holds);
    network_free(broker->network);
    free(broker->state);
    free(broker->draws);
    free(broker->forecasts);
    free(broker->ways);
    free(broker->first);
    free(broker->last);
    free(broker->sent);
    free(broker->choices);
    free(broker->bounds);
    free(broker->partitions);
    free(broker->names);
    free(broker->queued_jobs);
    free(broker->rows);
    free(broker->shares);
    free(broker->seen);
    free(broker->placed);
    free(broker);
}

struct sim_sent sim_sent(const struct sim *sim, size_t home, size_t centre)
{
    const size_t n = sim->setup.world->n_centres;
    return sim->broker ? sim->broker->sent[home * n + centre] : (struct sim_sent){0};
}

static inline struct sim_sent *sent_of(struct broker *broker, const struct job *job,
                                       const struct sim_freight *freight)
{
    const size_t n = broker->sim->setup.world->n_centres;
    return &broker->sent[(size_t)freight->home * n + (size_t)job->spec.centre];
}

/* --- what the broker sees --- */

/* May it wait there, being sent to that centre or partition? */
static bool waits_there(const struct broker *broker, const struct job *job, int32_t partition)
{
    size_t from;
    const size_t to = sim_candidates(broker->sim, &job->spec, &from), i = (size_t)partition;
    return i >= from && i < to && (broker->ways[job->slot].in >> (i - from) & 1);
}

/* Where it will wait, as far as that is known now. */
static uint64_t places_of(const struct broker *broker, const struct job *job)
{
    const struct sim *sim = broker->sim;
    size_t from;
    const size_t to = sim_candidates(sim, &job->spec, &from);
    uint64_t in = to - from == 1;
    for (size_t i = from; i < to && to - from > 1; i++)
        if (sim_may_hold(sim, &sim->stations[i], &job->spec) == REASON_NONE)
            in |= UINT64_C(1) << (i - from);
    return in;
}

/* Tell the forecast of the jobs on their way, the first `depth` of them. */
static void expect_all(struct broker *broker, struct forecast *forecast)
{
    const int32_t partition = forecast->sched->partition->row;
    const int32_t centre = broker->sim->setup.world->partitions[partition].centre;
    size_t told = 0;
    if (!broker->setup->knows_own)
        return;
    for (uint32_t slot = broker->first[centre]; slot != NOBODY; slot = broker->ways[slot].after) {
        const struct job *job = jobs_at(&broker->sim->jobs, slot);
        if (!waits_there(broker, job, partition))
            continue;
        if (told++ == broker->setup->depth) {
            forecast->deeper = true;
            break;
        }
        forecast_expect(forecast, job, broker->ways[slot].arrival,
                        broker_in_centre(broker, job, broker->ways[slot].in));
    }
}

void broker_read_queue(struct broker *broker, struct forecast *forecast)
{
    const struct sched *sched = forecast->sched;
    forecast_read(forecast);
    expect_all(broker, forecast);
    /* Reading sorts by age: another job may stand in front now, and with it the cause that holds
     * for those behind. */
    if (broker->sim->waits && sched->queue.order->ages)
        touched_add(&broker->sim->touched, (size_t)sched->partition->row);
}

static NOINLINE void look(struct broker *broker, simtime at)
{
    struct sim *sim = broker->sim;
    if (broker->holds)
        holds_look(broker->holds, at);
    for (size_t i = 0; i < sim->n_stations; i++) {
        profile_advance(sim->stations[i].partition.profile, at);
        forecast_look(&broker->forecasts[i], at);
        broker_read_queue(broker, &broker->forecasts[i]);
        broker->queued_jobs[i] = broker_queued_jobs(broker, i);
    }
    for (size_t i = 0; i < sim->setup.world->n_centres; i++)
        shares_assign(&broker->seen[i], &broker->shares[i]);
}

void broker_look(struct sim *sim)
{
    struct broker *broker = sim->broker;
    if (sim->now < broker->next_look)
        return;
    const simtime refresh = broker->setup->refresh, at = sim->now / refresh * refresh;
    broker->next_look = at < SIMTIME_NEVER - refresh ? at + refresh : SIMTIME_NEVER;
    look(broker, at);
}

int64_t broker_queued_jobs(const struct broker *broker, size_t partition)
{
    return broker->sim->stations[partition].partition.counts.queued_jobs +
           broker->forecasts[partition].coming_jobs;
}

NOINLINE void broker_hold(struct broker *broker, struct holds *holds, const struct job *job,
                          int sign)
{
    size_t first;
    int64_t procs;
    sim_candidates(broker->sim, &job->spec, &first);
    first += job->waits_in ? (size_t)__builtin_ctzll(job->waits_in) : 0;
    const area asked = forecast_area(&broker->forecasts[first], job, &procs);
    holds_wait(holds, job, procs, asked, sign);
}

void broker_waits(struct sim *sim, const struct job *job, int sign)
{
    if (sim->broker->holds)
        broker_hold(sim->broker, sim->broker->holds, job, sign);
}

void broker_runs(struct sim *sim, const struct job *job, int sign)
{
    if (sim->broker->holds)
        holds_run(sim->broker->holds, job, sign);
}

void broker_tenant_changed(struct sim *sim, int32_t tenant)
{
    if (sim->broker->holds)
        holds_changed(sim->broker->holds, tenant, sim->now);
}

void broker_changed(struct sim *sim, int32_t partition)
{
    forecast_doubt(&sim->broker->forecasts[partition]);
}

/* May a scheduler give reservations, now or by a change of rules? */
static bool may_reserve(const struct sim *sim)
{
    bool may = false;
    for (size_t i = 0; i < sim->n_stations; i++)
        may |= sim->stations[i].sched.config.conservative;
    for (size_t i = 0; i < sim->setup.n_changes; i++)
        may |= sim->setup.changes[i].what == CHANGE_RULES &&
               sim->setup.changes[i].config->conservative;
    return may;
}

uint32_t broker_hears(const struct sim *sim)
{
    if (!sim->broker->setup->type->looks)
        return 0;
    return FACT_BIT(FACT_START) | FACT_BIT(FACT_END) | FACT_BIT(FACT_STOP) | FACT_BIT(FACT_REJECT) |
           FACT_BIT(FACT_CAPACITY) | (may_reserve(sim) ? FACT_BIT(FACT_PASS) : 0);
}

void broker_hear(struct sim *sim, const struct fact *fact)
{
    if (fact->partition < 0 || !sim->broker->setup->type->looks)
        return;
    struct forecast *forecast = &sim->broker->forecasts[fact->partition];
    switch (fact->kind) {
    case FACT_START:
        forecast->running += (area)fact->job->procs * fact->job->due;
        forecast_started(forecast, fact->job, fact->at);
        break;
    case FACT_END:
        forecast->running -= (area)fact->job->procs * fact->job->due;
        if (fact->job->due != fact->at)
            forecast_replan(forecast);
        break;
    case FACT_STOP:
        forecast->running -= (area)fact->job->procs * fact->job->due;
        forecast_replan(forecast);
        break;
    case FACT_SUBMIT:
    case FACT_SETTLED:
    case FACT_QUEUE: /* who joined or left was told apart */
        break;
    case FACT_PASS:
        /* Reservations were given, and perhaps moved. */
        if (forecast->sched->config.conservative)
            forecast_doubt(forecast);
        break;
    case FACT_REJECT:
    case FACT_CAPACITY: /* or another order */
        forecast_doubt(forecast);
        break;
    }
}

/* It waits in the queue, once (1) or no more (-1). */
static void count_waiting(struct broker *broker, struct forecast *forecast, const struct job *job,
                          int sign)
{
    int64_t procs;
    const area asked = forecast_area(forecast, job, &procs);
    if (LIKELY(!in_several(job->waits_in))) {
        forecast->waiting += sign * asked;
        return;
    }
    const int32_t centre = job->spec.centre, row = forecast->sched->partition->row;
    forecast->shared_procs += sign * procs;
    const uint64_t in = job_waits_in(job);
    if (broker->rows[centre].from + (size_t)__builtin_ctzll(in) == (size_t)row)
        shares_count(&broker->shares[centre], in, procs, asked, sign);
}

void broker_joined(struct sim *sim, struct job *job, int32_t partition)
{
    struct forecast *forecast = &sim->broker->forecasts[partition];
    count_waiting(sim->broker, forecast, job, 1);
    forecast_joined(forecast, job, sim->now);
}

void broker_left(struct sim *sim, const struct job *job, int32_t partition, bool starts)
{
    struct forecast *forecast = &sim->broker->forecasts[partition];
    count_waiting(sim->broker, forecast, job, -1);
    /* Of a start it is told once more. */
    if (!starts)
        forecast_doubt(forecast);
}

/* --- jobs on their way --- */

static void list_way(struct broker *broker, const struct job *job, simtime arrival, uint64_t in)
{
    if (job->slot >= broker->n_ways) {
        const size_t old = broker->n_ways;
        broker->n_ways = 2 * (size_t)job->slot + 64;
        broker->ways = mem_resize(broker->ways, broker->n_ways, sizeof(*broker->ways));
        memset(&broker->ways[old], 0, (broker->n_ways - old) * sizeof(*broker->ways));
    }
    uint32_t *last = &broker->last[job->spec.centre];
    broker->ways[job->slot] = (struct way){
        .before = *last, .after = NOBODY, .arrival = arrival, .listed = true, .in = in};
    *(*last == NOBODY ? &broker->first[job->spec.centre] : &broker->ways[*last].after) = job->slot;
    *last = job->slot;
}

static void unlist_way(struct broker *broker, const struct job *job)
{
    struct way *way = &broker->ways[job->slot];
    const int32_t centre = job->spec.centre;
    REQUIRE(way->listed);
    *(way->before == NOBODY ? &broker->first[centre] : &broker->ways[way->before].after) =
        way->after;
    *(way->after == NOBODY ? &broker->last[centre] : &broker->ways[way->after].before) =
        way->before;
    way->listed = false;
}

/* Observers are told of what is coming where it may join a queue: once (1) or no more (-1). */
static void tell_coming(struct broker *broker, const struct job *job, enum coming why, int sign)
{
    struct sim *sim = broker->sim;
    struct way *way = &broker->ways[job->slot];
    size_t from;
    const size_t to = sim_candidates(sim, &job->spec, &from);
    for (size_t i = from; i < to; i++) {
        struct station *station = &sim->stations[i];
        const uint64_t bit = UINT64_C(1) << (i - from);
        if (sign > 0 && sim_may_hold(sim, station, &job->spec) == REASON_NONE)
            way->counted |= bit;
        if (!(way->counted & bit))
            continue;
        struct partition_counts *counts = &station->partition.counts;
        counts->coming_jobs[why] += sign;
        counts->coming_procs[why] += sign * partition_procs(&station->partition, &job->spec.ask);
        touched_add(&sim->touched, i);
    }
    if (sign < 0)
        way->counted = 0;
}

/* What is on its way counts where it is going, once (1) or no more (-1). */
static void count_way(struct broker *broker, const struct job *job, int sign)
{
    if (!broker->setup->knows_own)
        return;
    struct sim *sim = broker->sim;
    size_t from;
    const size_t to = sim_candidates(sim, &job->spec, &from);
    const uint64_t in = broker->ways[job->slot].in;
    const size_t first = from + (size_t)__builtin_ctzll(in);
    int64_t procs;
    const area asked = forecast_area(&broker->forecasts[first], job, &procs);
    if (UNLIKELY(broker->holds != NULL))
        broker_hold(broker, broker->holds, job, sign);
    if (in_several(in)) {
        shares_count(&broker->shares[job->spec.centre], broker_in_centre(broker, job, in), procs,
                     asked, sign);
    } else {
        broker->forecasts[first].coming += sign * asked;
        broker->forecasts[first].coming_procs += sign * procs;
    }
    for (size_t i = from; i < to; i++) {
        broker->forecasts[i].coming_jobs += sign * (int64_t)(in >> (i - from) & 1);
        if (sign < 0 && to - from > 1)
            forecast_doubt(&broker->forecasts[i]); /* it may join another partition */
    }
}

/* By counts, as of the last look: by the first it counts for tenants, too, and it waits where
 * nowhere as many are left. */
static void remember_counts(struct broker *broker, const struct job *job, size_t from, uint64_t in)
{
    const size_t first = from + (size_t)__builtin_ctzll(in);
    const int32_t centre = job->spec.centre;
    const size_t k = from - broker->rows[centre].from;
    int64_t procs, rooms[MOST_LANES];
    const area asked = forecast_area(&broker->forecasts[first], job, &procs);
    bool waits = true;
    if (UNLIKELY(broker->holds != NULL))
        holds_sent(broker->holds, job, procs, asked);
    broker_rooms(broker, centre, rooms);
    for (uint64_t rest = in; rest; rest &= rest - 1)
        waits &= procs > rooms[k + (size_t)__builtin_ctzll(rest)];
    for (uint64_t rest = in; rest; rest &= rest - 1)
        broker->queued_jobs[from + (size_t)__builtin_ctzll(rest)] += waits;
    if (in_several(in)) {
        shares_count(&broker->seen[centre], in << k, procs, asked, 1);
        return;
    }
    broker->forecasts[first].queued += procs;
    broker->forecasts[first].backlog += asked;
}

/* The broker remembers what it sends, where it is known. */
static void remember(struct broker *broker, const struct job *job, simtime arrival, uint64_t in)
{
    if (!broker->setup->knows_own || !broker->setup->type->looks)
        return;
    size_t from;
    sim_candidates(broker->sim, &job->spec, &from);
    if (broker->setup->refresh > 0)
        remember_counts(broker, job, from, in);
    for (uint64_t rest = in; rest; rest &= rest - 1) {
        struct forecast *forecast = &broker->forecasts[from + (size_t)__builtin_ctzll(rest)];
        if (!forecast->valid)
            continue;
        /* One that a fresh look would leave out might come before others. */
        if (!forecast->stale && forecast->coming_jobs >= (int64_t)forecast->depth &&
            !forecast_in_order(forecast))
            forecast_doubt(forecast);
        else
            forecast_expect(forecast, job, arrival, broker_in_centre(broker, job, in));
    }
}

static void add_event(struct sim *sim, enum event_kind kind, const struct job *job, simtime at)
{
    const struct event event = {.at = at,
                                .class = EVENT_SUBMISSION,
                                .source = job->seq + 1,
                                .kind = kind,
                                .object = job->slot};
    events_add(sim->events, &event);
}

/* The one event of the network: when the next transfer leaves the links. */
static void watch_network(struct sim *sim)
{
    struct broker *broker = sim->broker;
    const simtime next = network_next(broker->network);
    if (next == broker->network_at)
        return;
    if (broker->network_at < SIMTIME_NEVER)
        events_cancel(sim->events, broker->network_event);
    broker->network_at = next;
    if (next < SIMTIME_NEVER)
        broker->network_event = events_add(
            sim->events,
            &(struct event){.at = next, .class = EVENT_SUBMISSION, .kind = KIND_NETWORK});
}

static void arrive(struct sim *sim, struct job *job)
{
    struct broker *broker = sim->broker;
    struct sim_sent *sent = sent_of(broker, job, broker_freight(broker, job));
    job->data_time = sim->now - job->spec.submit - job->broker_time;
    sent->arrived++;
    sent->seconds += simtime_seconds(job->broker_time + job->data_time);
    if (broker->ways[job->slot].moving)
        tell_coming(broker, job, COMING_DATA, -1);
    unlist_way(broker, job);
    count_way(broker, job, -1);
    if (sim->waits)
        waits_before(sim, job);
    sim_join(sim, job, true);
}

/* Its data begin to move; without any it is there. */
static void move(struct sim *sim, struct job *job)
{
    struct broker *broker = sim->broker;
    const int32_t from = broker_freight(broker, job)->data_at;
    job->broker_time = sim->now - job->spec.submit;
    if (job->data == 0 || from == job->spec.centre) {
        arrive(sim, job);
        return;
    }
    broker->ways[job->slot].moving = true;
    tell_coming(broker, job, COMING_DATA, 1);
    network_begin(broker->network, from, job->spec.centre, job->data, job->slot, sim->now);
    watch_network(sim);
}

static void send(struct sim *sim, struct job *job)
{
    tell_coming(sim->broker, job, COMING_BROKER, -1);
    move(sim, job);
}

static void leave_links(struct sim *sim)
{
    struct broker *broker = sim->broker;
    uint32_t slot;
    broker->network_at = SIMTIME_NEVER;
    while (network_take(broker->network, sim->now, &slot)) {
        const struct job *job = jobs_at(&sim->jobs, slot);
        add_event(sim, KIND_ARRIVAL, job,
                  sim->now + network_latency(broker->network, broker_freight(broker, job)->data_at,
                                             job->spec.centre));
    }
    watch_network(sim);
}

void broker_handle(struct sim *sim, const struct event *event)
{
    if (event->kind == KIND_NETWORK)
        leave_links(sim);
    else if (event->kind == KIND_SEND)
        send(sim, jobs_at(&sim->jobs, event->object));
    else
        arrive(sim, jobs_at(&sim->jobs, event->object));
}

/* --- the decision --- */

static inline void draw_data(struct broker *broker, struct job *job,
                             const struct sim_freight *freight)
{
    const struct dist *dist = freight->data;
    double bytes;
    if (!dist)
        return;
    if (!dist_is_constant(dist, &bytes))
        bytes = dist_draw(dist, rng_at(&broker->draws[job->spec.workload], job->spec.ordinal));
    job->data = bytes < (double)NETWORK_BYTES_MOST ? llround(bytes) : NETWORK_BYTES_MOST;
}

void broker_submit(struct sim *sim, struct job *job)
{
    struct broker *broker = sim->broker;
    const struct sim_freight *freight = broker_freight(broker, job);
    draw_data(broker, job, freight);
    const simtime moving = broker_decide(broker, job, freight);
    if (moving == SIMTIME_NEVER) {
        const enum job_reason reason = broker->cut_off ? REASON_NO_WAY : REASON_NO_CENTRE;
        sim_refuse(sim, job, broker->terms != REASON_NONE ? broker->terms : reason);
        return;
    }
    const bool away = job->spec.centre != freight->home;
    struct sim_sent *sent = sent_of(broker, job, freight);
    const simtime delay = away ? broker->setup->delay : 0;
    sent->jobs++;
    sent->bytes += (double)job->data;
    const bool comes = delay > 0 || job->data > 0;
    const uint64_t in = comes || broker->setup->refresh > 0 ? places_of(broker, job) : 0;
    if (in)
        remember(broker, job, sim->now + moving, in);
    if (!comes) {
        sim_join(sim, job, false);
        return;
    }
    size_t from;
    sim_candidates(sim, &job->spec, &from);
    job->procs = partition_procs(&sim->stations[from].partition, &job->spec.ask);
    sim_place(&job->spec, &sim->stations[from].partition);
    list_way(broker, job, sim->now + moving, in);
    count_way(broker, job, 1);
    sim_tell(sim, FACT_SUBMIT, job, job->partition);
    if (delay == 0) {
        move(sim, job);
        return;
    }
    tell_coming(broker, job, COMING_BROKER, 1);
    add_event(sim, KIND_SEND, job, sim->now + delay);
}

bool broker_is_coming(struct sim *sim, struct job *job)
{
    const struct broker *broker = sim->broker;
    if (job->slot >= broker->n_ways || !broker->ways[job->slot].listed)
        return false;
    const simtime so_far = sim->now - job->spec.submit;
    if (broker->ways[job->slot].moving)
        job->data_time = so_far - job->broker_time;
    else
        job->broker_time = so_far;
    return true;
}
