/* Tenants at work: what they use, what holds them, and how one gets back what it lent. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/state.h"
#include "engine/terms.h"

#include "util/mem.h"

#include <stdlib.h>

/* --- who accounts for what --- */

static struct station *station_of(struct sim *sim, const struct job *job)
{
    return &sim->stations[job->partition];
}

static int32_t centre_of(const struct sim *sim, const struct station *station)
{
    return sim->setup.world->partitions[station->partition.row].centre;
}

/* The order whose view of usage the scheduler needs; NULL: none does. */
static const struct order_type *usage_order(const struct sched_config *config,
                                            const void **ret_params)
{
    const struct order_type *order = config->order;
    *ret_params = config->order_params;
    if (!order->shares && config->candidate_order) {
        order = config->candidate_order;
        *ret_params = config->candidate_params;
    }
    return order->shares ? order : NULL;
}

/* The books of another partition of the centre that has the very same scheduler. */
static struct books *same_books(struct sim *sim, const struct station *station, const void *params,
                                const struct order_type *order)
{
    for (size_t i = 0; i < sim->n_books; i++) {
        struct books *books = sim->books[i];
        if (books->centre == centre_of(sim, station) && books->params == params &&
            books->order == order)
            return books;
    }
    return NULL;
}

/* The job runs, or (sign -1) does so no longer. */
static void account(struct sim *sim, const struct station *station, const struct job *job, int sign)
{
    const struct cluster *cluster = station->partition.cluster;
    const double memory = (double)cluster_memory_of(cluster, &job->allocation);
    shares_use(station->books->shares, job->spec.tenant,
               (struct shares_use){(int64_t)sign * job->procs, sign * memory}, sim->now);
}

/* What runs in the partition counts from now on, or (sign -1) does so no longer. */
static void count_running(struct sim *sim, const struct station *station, int sign)
{
    for (uint32_t slot = 0; slot < sim->jobs.used; slot++) {
        const struct job *job = jobs_at(&sim->jobs, slot);
        if (job->live && job->state == JOB_RUNNING && job->partition == station->partition.row)
            account(sim, station, job, sign);
    }
}

/* Are the books those that the order would open? What was used is not forgotten then. */
static bool still_good(const struct books *books, const struct order_type *order,
                       const void *params)
{
    if (!books || order != books->order)
        return false;
    const struct shares_config old = order->shares(books->params), new = order->shares(params);
    return old.half_life == new.half_life &&old.period == new.period;
}

void sim_open_books(struct sim *sim, struct station *station, const struct sched_config *config)
{
    const void *params;
    const struct order_type *order = usage_order(config, &params);
    if (still_good(station->books, order, params))
        return;
    if (station->books)
        count_running(sim, station, -1);
    station->books = NULL;
    if (!order)
        return;
    station->books = same_books(sim, station, params, order);
    if (!station->books) {
        const struct shares_config shares = order->shares(params);
        struct books *books = mem_new(1, sizeof(*books));
        *books =
            (struct books){.order = order, .params = params, .centre = centre_of(sim, station)};
        books->shares = shares_new(sim->setup.world, &shares);
        sim->books = mem_resize(sim->books, sim->n_books + 1, sizeof(*sim->books));
        sim->books[sim->n_books++] = station->books = books;
        sim->next_tick = sim->now;
    }
    count_running(sim, station, 1);
}

struct shares *sim_shares(const struct sim *sim, size_t partition)
{
    const struct books *books = sim->stations[partition].books;
    const bool tells = books && books->order->by_levels && books->order->by_levels(books->params);
    return tells ? books->shares : NULL;
}

struct tenancy sim_tenancy(const struct sim *sim, const struct station *station)
{
    return (struct tenancy){.world = sim->setup.world,
                            .shares = station->books ? station->books->shares : NULL,
                            .gates = sim->gates,
                            .centre = centre_of(sim, station)};
}

void sim_tenants_free(struct sim *sim)
{
    for (size_t i = 0; i < sim->n_books; i++) {
        shares_free(sim->books[i]->shares);
        free(sim->books[i]);
    }
    free(sim->books);
    free(sim->tenant_newcomers.items);
    gates_free(sim->gates);
    outlook_free(sim->outlook);
}

/* --- time --- */

static int32_t gate_of(const struct sim *sim, const struct job *job)
{
    return gates_of(sim->gates, job->spec.tenant, job->spec.qos);
}

static void queue_turn(struct sim *sim)
{
    const simtime at = gates_next_turn(sim->gates);
    if (at >= sim->next_turn)
        return;
    events_add(sim->events, &(struct event){.at = at, .class = EVENT_GAIN, .kind = KIND_TURN});
    sim->next_turn = at;
}

void sim_gates_open(struct sim *sim)
{
    sim->gates = terms_gates(&sim->setup, &sim->refuses);
    if (!sim->gates)
        return;
    if (gates_guarantee(sim->gates))
        sim->outlook = outlook_new(&sim->setup);
    sim->next_turn = SIMTIME_NEVER;
    queue_turn(sim);
}

/* Jobs that were held may go, wherever they wait. */
static void mark_waiting(struct sim *sim, const struct station *but, int32_t centre)
{
    for (size_t i = 0; i < sim->n_stations; i++) {
        struct station *station = &sim->stations[i];
        if (station == but || queue_len(&station->sched.queue) == 0 ||
            (centre >= 0 && centre_of(sim, station) != centre))
            continue;
        sched_gates_changed(&station->sched);
        sim_mark(sim, station);
    }
}

/* Was the job held, in any of its queues, by a period that ends now? O(depth) a queue. */
static bool turn_frees(const struct sim *sim, const struct job *job)
{
    size_t from;
    const size_t to = sim_candidates(sim, &job->spec, &from);
    const int32_t gate = gate_of(sim, job);
    const simtime request = job->spec.request > 0 ? job->spec.request : 1;
    for (size_t i = from; i < to; i++)
        if (job->waits_in >> (i - from) & 1 &&
            gates_turn_frees(sim->gates, gate,
                             partition_procs(&sim->stations[i].partition, &job->spec.ask), request))
            return true;
    return false;
}

void sim_turn(struct sim *sim)
{
    bool freed = false;
    for (uint32_t slot = 0; slot < sim->jobs.used && !freed; slot++) {
        const struct job *job = jobs_at(&sim->jobs, slot);
        freed = job->live && job->state == JOB_PENDING && job->waits_in && turn_frees(sim, job);
    }
    gates_turn(sim->gates, sim->now);
    if (sim->next_turn <= sim->now)
        sim->next_turn = SIMTIME_NEVER;
    queue_turn(sim);
    if (freed)
        mark_waiting(sim, NULL, -1);
}

static void rank(struct sim *sim, const struct books *books, simtime at)
{
    for (size_t i = 0; i < sim->n_stations; i++)
        if (sim->stations[i].books == books)
            sched_rank(&sim->stations[i].sched, at, shares_period_began(books->shares));
}

void sim_tick(struct sim *sim)
{
    sim->next_tick = SIMTIME_NEVER;
    for (size_t i = 0; i < sim->n_books; i++) {
        struct books *books = sim->books[i];
        if (shares_tick(books->shares, sim->now))
            rank(sim, books, shares_period_began(books->shares));
        const simtime next = shares_next_period(books->shares);
        sim->next_tick = next < sim->next_tick ? next : sim->next_tick;
    }
}

void sim_tenant_changed(struct sim *sim, int32_t tenant)
{
    for (size_t i = 0; i < sim->n_books; i++) {
        shares_set(sim->books[i]->shares, tenant, sim->now);
        rank(sim, sim->books[i], sim->now);
    }
    if (!sim->gates)
        return;
    const struct tenant_info *info = &sim->setup.world->tenants.items[tenant];
    gates_set(sim->gates, tenant, info->quota, info->guarantee, sim->now);
    if (sim->broker)
        broker_tenant_changed(sim, tenant);
    queue_turn(sim);
    mark_waiting(sim, NULL, -1);
}

void sim_qos_changed(struct sim *sim, int32_t qos)
{
    if (!sim->gates)
        return;
    gates_set_qos(sim->gates, qos, sim->now);
    queue_turn(sim);
    mark_waiting(sim, NULL, -1);
}

/* --- starts and ends --- */

/* Where a change of the job's tenant can matter besides its own partition. */
static NOINLINE void spread_word(struct sim *sim, const struct job *job, int32_t gate,
                                 const struct station *but)
{
    const enum gates_reach reach = gates_reach(sim->gates, gate);
    if (reach == GATES_NOWHERE)
        return;
    mark_waiting(sim, but, reach == GATES_CENTRE ? job->spec.centre : -1);
    sched_gates_changed(&sim->stations[job->partition].sched);
}

static void use(struct sim *sim, const struct job *job, int sign)
{
    const struct station *station = station_of(sim, job);
    const struct books *books = station->books;
    if (!books)
        return;
    account(sim, station, job, sign);
    if (books->order->live)
        for (size_t i = 0; i < sim->n_stations; i++)
            if (sim->stations[i].books == books)
                sched_usage_changed(&sim->stations[i].sched, job->spec.tenant);
}

void sim_gates_wait(struct sim *sim, const struct job *job, int jobs)
{
    gates_wait(sim->gates, gate_of(sim, job), jobs);
    if (sim->broker)
        broker_waits(sim, job, jobs);
}

void sim_tenant_starts(struct sim *sim, const struct job *job)
{
    use(sim, job, 1);
    if (sim->gates) {
        const int32_t gate = gate_of(sim, job);
        sim_gates_wait(sim, job, -1);
        gates_start(sim->gates, job, sim->now);
        if (sim->broker)
            broker_runs(sim, job, 1);
        if (sim->n_stations > 1)
            spread_word(sim, job, gate, station_of(sim, job));
    }
}

void sim_tenant_ends(struct sim *sim, const struct job *job)
{
    use(sim, job, -1);
    if (sim->gates) {
        gates_end(sim->gates, job, sim->now);
        if (sim->broker)
            broker_runs(sim, job, -1);
        spread_word(sim, job, gate_of(sim, job), station_of(sim, job));
    }
}

void sim_gates_capacity(struct sim *sim, int32_t centre)
{
    int64_t procs = 0;
    if (!sim->gates)
        return;
    for (size_t i = 0; i < sim->n_stations; i++) {
        const struct partition_counts *counts = &sim->stations[i].partition.counts;
        if (centre_of(sim, &sim->stations[i]) == centre)
            procs += counts->capacity - counts->down;
    }
    gates_capacity(sim->gates, centre, procs);
    if (gates_guarantee(sim->gates))
        mark_waiting(sim, NULL, centre);
}

/* --- the quota of waiting jobs --- */

/* One after the other, as they came: a job that is turned away by a limit further down does not
 * count for those above. A slot may be listed twice, if its job ended at this very instant. */
void sim_tenants_turn_away(struct sim *sim)
{
    struct slots *newcomers = &sim->tenant_newcomers;
    size_t n = 0;
    for (size_t i = 0; i < newcomers->len; i++) {
        struct job *job = jobs_at(&sim->jobs, newcomers->items[i]);
        if (job->live && job->state == JOB_PENDING && job->newcomer) {
            gates_wait(sim->gates, gate_of(sim, job), -1);
            newcomers->items[n++] = job->slot;
        }
        job->newcomer = false;
    }
    for (size_t i = 0; i < n; i++) {
        struct job *job = jobs_at(&sim->jobs, newcomers->items[i]);
        const int32_t gate = gate_of(sim, job);
        gates_wait(sim->gates, gate, 1);
        if (!gates_crowded(sim->gates, gate))
            continue;
        sim_mark_queues(sim, job); /* it may have stood in the way of others */
        sim_turn_out(sim, job, REASON_QUOTA_QUEUED, NULL);
    }
    newcomers->len = 0;
    queue_turn(sim); /* of gates that nobody came to before */
}

void sim_tenants_check(struct sim *sim)
{
    if (!sim->gates)
        return;
    gates_check(sim->gates);
    for (size_t i = 0; i < sim->n_stations; i++)
        sim_claims_check(sim, &sim->stations[i]);
}
