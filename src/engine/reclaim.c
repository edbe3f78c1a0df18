/* How a tenant gets back what it lent: jobs of borrowers are chosen, and only those stopped that it
 * takes. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/state.h"

#include "util/mem.h"

#include <stdlib.h>

/* A claim that does not fit, and the jobs chosen to be stopped for it, in the order of choice. What
 * is chosen counts as ended in the gates until it is put back or stopped. It may be `held`, too, by
 * what those above its tenant may run on. */
struct claim {
    struct sim *sim;
    struct station *station;
    const struct jobitem *item;
    int32_t gate, centre;
    bool held;
    struct slots chosen;
};

static int32_t centre_of(const struct sim *sim, const struct station *station)
{
    return sim->setup.world->partitions[station->partition.row].centre;
}

bool sim_may_stop_jobs(const struct sim_setup *setup)
{
    bool reclaims = false, guarantees = false;
    for (size_t i = 0; i < setup->world->n_partitions; i++)
        reclaims |= setup->partitions[i].config.reclaim;
    for (size_t i = 0; i < setup->world->tenants.len; i++)
        guarantees |= setup->world->tenants.items[i].guarantee != NULL;
    for (size_t i = 0; i < setup->n_changes; i++) {
        const struct sim_change *change = &setup->changes[i];
        reclaims |= change->what == CHANGE_RULES && change->config->reclaim;
        guarantees |= change->what == CHANGE_TENANT && change->guarantee;
    }
    return reclaims && guarantees;
}

/* --- would it fit? --- */

/* Processors that come free at `at` if the chosen are stopped: those that would not have ended by
 * then. O(chosen). */
static int64_t given_back(const struct claim *claim, simtime at)
{
    const struct cluster *cluster = claim->station->partition.cluster;
    int64_t back = 0;
    for (size_t i = 0; i < claim->chosen.len; i++) {
        const struct job *job = jobs_at(&claim->sim->jobs, claim->chosen.items[i]);
        if (job->due > at)
            back += cluster_returning(cluster, &job->allocation);
    }
    return back;
}

static bool fits_nodes(const struct claim *claim)
{
    struct cluster *trial = cluster_copy(claim->station->partition.cluster);
    for (size_t i = 0; i < claim->chosen.len; i++)
        cluster_give_copy(trial, &jobs_at(&claim->sim->jobs, claim->chosen.items[i])->allocation);
    const bool fits = cluster_fits(trial, &jobs_at(&claim->sim->jobs, claim->item->slot)->spec.ask);
    cluster_free(trial);
    return fits;
}

/* Could the job start now if the chosen were stopped, for all that gates say, in spite of
 * maintenance ahead and nodes that do not suit? As sched_can_start, without stopping them. A job
 * that outlived its request is free in plans and not yet on the machine: `due` does not say what it
 * gives back. */
static bool fits_machine(const struct claim *claim)
{
    const struct partition *partition = &claim->station->partition;
    const struct jobitem *item = claim->item;
    const simtime now = claim->sim->now;
    const struct sched *sched = &claim->station->sched;
    int64_t there = partition_free(partition, now) + given_back(claim, now);
    if (partition->overdue > 0 || sched->outlives) {
        const int64_t really = cluster_free_procs(partition->cluster) + given_back(claim, -1);
        there = really < there ? really : there;
    }
    if (item->procs > there)
        return false;
    if (partition->windows_end > now)
        for (simtime at = now; at < now + item->request;
             at = profile_next_step(partition->profile, at))
            if (profile_at(partition->profile, at) + given_back(claim, at) < item->procs)
                return false;
    return !partition->constrained || fits_nodes(claim);
}

/* What began at this instant may not be stopped, and makes nobody a borrower whose older jobs would
 * be stopped in its place. */
static void set_fresh_apart(const struct claim *claim, bool apart)
{
    const struct jobs *jobs = &claim->sim->jobs;
    for (uint32_t slot = claim->station->newest; slot != JOB_NONE;
         slot = jobs_at(jobs, slot)->older) {
        const struct job *job = jobs_at(jobs, slot);
        if (job->began < claim->sim->now)
            break;
        gates_set_apart(claim->sim->gates, job, apart, claim->sim->now);
    }
}

/* Would it start now if the chosen were stopped? What began at this instant runs on. */
static bool would_fit(const struct claim *claim)
{
    if (!fits_machine(claim))
        return false;
    if (!claim->held)
        return true;
    set_fresh_apart(claim, false);
    const bool let_in = gates_claims(claim->sim->gates, claim->gate, claim->centre,
                                     claim->item->procs, claim->item->request);
    set_fresh_apart(claim, true);
    return let_in;
}

/* --- the choice --- */

static bool may_be_stopped(const struct claim *claim, const struct job *job)
{
    return job->began < claim->sim->now &&
           gates_borrows(claim->sim->gates, job, claim->gate, claim->centre, claim->item->procs);
}

/* Guarantees that cover the claim: what is chosen makes them more, never fewer. */
static int covering(const struct claim *claim)
{
    return gates_covering(claim->sim->gates, claim->gate, claim->centre, claim->item->procs);
}

/* O(chosen). */
static bool is_chosen(const struct claim *claim, uint32_t slot)
{
    for (size_t i = 0; i < claim->chosen.len; i++)
        if (claim->chosen.items[i] == slot)
            return true;
    return false;
}

/* All that might be stopped, however many guarantees come to cover the claim: a first look, that no
 * choice goes beyond. O(running). */
static void choose_all(struct claim *claim)
{
    const struct jobs *jobs = &claim->sim->jobs;
    for (uint32_t slot = claim->station->newest; slot != JOB_NONE;
         slot = jobs_at(jobs, slot)->older) {
        const struct job *job = jobs_at(jobs, slot);
        if (job->began == claim->sim->now ||
            !gates_borrows(claim->sim->gates, job, claim->gate, claim->centre, 0))
            continue;
        MEM_GROW(&claim->chosen);
        claim->chosen.items[claim->chosen.len++] = slot;
    }
}

/* The last to have started first, until it fits; who borrows is judged anew each time. Only where
 * one more guarantee has come to cover the claim may those passed over be stopped after all: then
 * it begins again with the last of all, at most once a level of the tree. */
static bool choose(struct claim *claim)
{
    const struct jobs *jobs = &claim->sim->jobs;
    int covered = covering(claim);
    bool fits = false;
    claim->chosen.len = 0;
    for (uint32_t slot = claim->station->newest; slot != JOB_NONE && !fits;) {
        struct job *job = jobs_at(jobs, slot);
        const uint32_t here = slot;
        slot = job->older;
        if (!may_be_stopped(claim, job) || is_chosen(claim, here))
            continue;
        gates_end(claim->sim->gates, job, claim->sim->now);
        MEM_GROW(&claim->chosen);
        claim->chosen.items[claim->chosen.len++] = here;
        fits = would_fit(claim);
        const int now = covering(claim);
        if (now > covered)
            slot = claim->station->newest;
        covered = now;
    }
    return fits;
}

/* The last chosen is needed; those before it are put back where it fits without them, the first to
 * have started first. */
static void put_back(struct claim *claim)
{
    for (size_t i = claim->chosen.len - 1; i-- > 0;) {
        const uint32_t slot = claim->chosen.items[i], last = claim->chosen.len - 1;
        for (size_t k = i; k < last; k++)
            claim->chosen.items[k] = claim->chosen.items[k + 1];
        claim->chosen.len--;
        gates_start(claim->sim->gates, jobs_at(&claim->sim->jobs, slot), claim->sim->now);
        if (would_fit(claim))
            continue;
        gates_end(claim->sim->gates, jobs_at(&claim->sim->jobs, slot), claim->sim->now);
        for (size_t k = last; k > i; k--)
            claim->chosen.items[k] = claim->chosen.items[k - 1];
        claim->chosen.items[i] = slot;
        claim->chosen.len++;
    }
}

/* What was chosen runs on in the gates: stopping it takes it out, or it was in vain. */
static void restore(struct claim *claim)
{
    for (size_t i = 0; i < claim->chosen.len; i++)
        gates_start(claim->sim->gates, jobs_at(&claim->sim->jobs, claim->chosen.items[i]),
                    claim->sim->now);
}

/* Stop a running job: it waits again, with its place by its submission, and begins anew. */
static void stop(struct sim *sim, struct station *station, struct job *job)
{
    events_cancel(sim->events, job->end_event);
    if (job->overdue_event != EVENT_NONE)
        events_cancel(sim->events, job->overdue_event);
    job->end_event = job->overdue_event = EVENT_NONE;
    sim_tenant_ends(sim, job);
    sim_unlink(sim, station, job);
    const int64_t back = partition_end(&station->partition, job, sim->now);
    sched_released(&station->sched, sim->now, job->due, back);
    job->lost += (wide)job->procs * (sim->now - job->began);
    job->attained += job->procs * simtime_seconds(sim->now - job->began);
    job->preemptions++;
    sim->totals.stops++;
    sim->totals.lost += (wide)job->procs * (sim->now - job->began);
    job->state = JOB_PENDING;
    job->pending_since = sim->now;
    enum job_reason reason;
    job->waits_in = sim_could_run_in(sim, job, &reason); /* the machine may have shrunk meanwhile */
    sim_tell(sim, FACT_STOP, job, job->partition);
    if (job->waits_in) {
        sim_enter_queues(sim, job);
    } else {
        job->partition = job->spec.partition;
        sim_reject(sim, job, reason);
    }
}

/* --- claims --- */

/* Which jobs to stop so that it fits, with none that the others make needless; false: it cannot be.
 */
static bool find_choice(struct claim *claim)
{
    set_fresh_apart(claim, true);
    choose_all(claim);
    bool fits = false;
    if (fits_machine(claim)) {
        fits = choose(claim);
        if (fits)
            put_back(claim);
        restore(claim);
    }
    set_fresh_apart(claim, false);
    return fits;
}

static struct claim claim_of(struct sim *sim, struct station *station, const struct jobitem *item)
{
    const struct job_spec *spec = &jobs_at(&sim->jobs, item->slot)->spec;
    const int32_t centre = centre_of(sim, station);
    const int32_t gate = gates_of(sim->gates, spec->tenant, spec->qos);
    const bool held = !gates_claims(sim->gates, gate, centre, item->procs, item->request);
    return (struct claim){sim, station, item, gate, centre, held, {0}};
}

bool sim_reclaim(void *ctx, struct sched *sched, struct job *job)
{
    struct sim *sim = ctx;
    struct station *station = &sim->stations[sched->partition->row];
    const int32_t procs = partition_procs(sched->partition, &job->spec.ask);
    const struct jobitem item = queue_item(&sched->queue, job, procs, sim->now);
    if (!sim->gates || gates_of(sim->gates, job->spec.tenant, job->spec.qos) < 0)
        return false;
    struct claim claim = claim_of(sim, station, &item);
    if (!gates_owes(sim->gates, claim.gate, claim.centre, procs, item.request))
        return false;
    const bool fits = find_choice(&claim);
    for (size_t i = 0; i < claim.chosen.len && fits; i++)
        stop(sim, station, jobs_at(&sim->jobs, claim.chosen.items[i]));
    free(claim.chosen.items);
    REQUIRE(!fits || (sched_can_start(sched, &item, sim->now) &&
                      gates_claims(sim->gates, claim.gate, claim.centre, procs, item.request)));
    return fits;
}

/* Nothing could be stopped for the first claim, nor for what is owed before it. */
void sim_claims_check(struct sim *sim, struct station *station)
{
    struct sched *sched = &station->sched;
    struct jobitem item;
    struct jobkey key;
    const struct jobkey *after = NULL;
    bool claims = false;
    if (!sched->config.reclaim || sched->config.decide != DECIDE_INSTANT ||
        sched->config.conservative || sched->config.slurm || sched->config.depth > 1 ||
        station->partition.constrained || station->partition.windows_end > sim->now ||
        sched->passed < sim->now)
        return;
    /* What the pass started may have brought another claim to the front, for the next pass. */
    if (station->newest != JOB_NONE && jobs_at(&sim->jobs, station->newest)->began == sim->now)
        return;
    while (!claims && sched_next_owed(sched, after, &item, &claims)) {
        struct claim claim = claim_of(sim, station, &item);
        REQUIRE(claim.held == !claims && !find_choice(&claim));
        free(claim.chosen.items);
        key = item.key;
        after = &key;
    }
}
