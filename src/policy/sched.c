/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/sched.h"

#include "util/mem.h"
#include "util/quantity.h"

#include <stdlib.h>
#include <string.h>

extern const struct order_type order_fcfs;

/* All that follows from the configuration. */
static void configured(struct sched *sched)
{
    const struct sched_config *config = &sched->config;
    struct queue_setup setup = {.jobs = sched->jobs,
                                .order = config->order,
                                .params = config->order_params,
                                .tenancy = sched->tenancy,
                                .processors = sched->partition->counts.capacity,
                                .memory = partition_memory(sched->partition),
                                .weight = config->weight,
                                .speeds = sched->partition->speeds};
    queue_init(&sched->queue, &setup);
    const struct order_type *second = config->candidate_order;
    const void *params = config->candidate_params;
    if (config->commit_head) {
        second = &order_fcfs;
        params = NULL;
    }
    sched->two_queues = second && (second != config->order || params);
    setup.order = second;
    setup.params = params;
    if (sched->two_queues)
        queue_init(&sched->candidates, &setup);
    if (config->conservative && !sched->plan)
        sched->plan = plan_new();
}

static void note_failure(struct sched *sched)
{
    const struct error *err = queue_error(&sched->queue);
    if (!err && sched->two_queues)
        err = queue_error(&sched->candidates);
    if (LIKELY(!err) || sched->failed)
        return;
    sched->failed = true;
    sched->failure = *err;
}

static void queues_deinit(struct sched *sched)
{
    note_failure(sched);
    queue_deinit(&sched->queue);
    if (sched->two_queues)
        queue_deinit(&sched->candidates);
}

void sched_init(struct sched *sched, const struct sched_config *config, struct partition *partition,
                struct jobs *jobs, const struct tenancy *tenancy,
                const struct sched_actions *actions)
{
    *sched = (struct sched){.config = *config,
                            .partition = partition,
                            .jobs = jobs,
                            .tenancy = *tenancy,
                            .actions = *actions};
    configured(sched);
    sched->replan = true;
    sched->outlives = config->extend;
}

void sched_deinit(struct sched *sched)
{
    queues_deinit(sched);
    plan_free(sched->plan);
    allocation_clear(&sched->kept);
    allocation_clear(&sched->kept_free);
    cluster_free(sched->future);
    free(sched->fresh.items);
    free(sched->held);
    sched_plan_deinit(sched);
    free(sched->tested);
}

void sched_configure(struct sched *sched, const struct sched_config *config, simtime now)
{
    struct slots waiting = {0};
    queue_settle(&sched->queue, now);
    waiting.items = mem_new(queue_len(&sched->queue), sizeof(*waiting.items));
    waiting.len = queue_list(&sched->queue, waiting.items);
    const bool keeps = sched->config.conservative && config->conservative;
    struct held *held = sched->held;
    const size_t n_held = sched->n_held;
    const struct slots fresh = sched->fresh;
    if (keeps) {
        sched->held = NULL;
        sched->n_held = sched->held_cap = 0;
        sched->fresh = (struct slots){0};
    }
    for (size_t i = 0; i < waiting.len; i++)
        sched_withdraw(sched, jobs_at(sched->jobs, waiting.items[i]));
    queues_deinit(sched);
    sched->config = *config;
    sched->outlives |= config->extend;
    sched->committed = sched->cut = false;
    sched->changed = sched->replan = true;
    sched->slurm_plan.kept = false;
    sched->fresh.len = 0;
    configured(sched);
    for (size_t i = 0; i < waiting.len; i++)
        sched_add(sched, jobs_at(sched->jobs, waiting.items[i]), now);
    if (keeps) {
        sched_hold_again(sched, held, n_held, now);
        free(sched->fresh.items);
        sched->fresh = fresh;
    } else {
        queue_settle(&sched->queue, now);
        queue_list(&sched->queue, sched->fresh.items);
    }
    free(waiting.items);
}

void sched_add(struct sched *sched, struct job *job, simtime now)
{
    const int32_t procs = partition_procs(sched->partition, &job->spec.ask);
    queue_add(&sched->queue, job, procs, now);
    if (sched->two_queues)
        queue_add(&sched->candidates, job, procs, now);
    if (sched->slurm_plan.kept)
        sched_slurm_added(sched, job, procs, now);
    MEM_GROW(&sched->fresh);
    sched->fresh.items[sched->fresh.len++] = job->slot;
    sched->partition->counts.queued_jobs++;
    sched->partition->counts.queued_procs += procs;
    if (UNLIKELY(sched->partition->n_recurrences > 0))
        partition_expect(sched->partition,
                         job_request(&job->spec, procs, sched->partition->speeds));
}

void sched_rank(struct sched *sched, simtime now, simtime tick)
{
    queue_rank(&sched->queue, sched->jobs, now, tick);
    if (sched->two_queues)
        queue_rank(&sched->candidates, sched->jobs, now, tick);
    /* What did not fit behind a blocked head does not fit in another order either. */
    sched->changed |= sched->config.slurm != NULL;
}

simtime sched_next_ranks(const struct sched *sched)
{
    const struct shares *shares = sched->tenancy.shares;
    const struct order_type *order = sched->queue.order;
    return order->by != ORDER_BY_JOB && shares ? shares_next_period(shares) : SIMTIME_NEVER;
}

void sched_usage_changed(struct sched *sched, int32_t tenant)
{
    queue_usage_changed(&sched->queue, tenant);
    if (sched->two_queues)
        queue_usage_changed(&sched->candidates, tenant);
}

void sched_gates_changed(struct sched *sched)
{
    sched->changed = true;
}

static void forget_fresh(struct sched *sched, uint32_t slot)
{
    for (size_t i = 0; i < sched->fresh.len; i++)
        if (sched->fresh.items[i] == slot) {
            sched->fresh.len--;
            memmove(&sched->fresh.items[i], &sched->fresh.items[i + 1],
                    (sched->fresh.len - i) * sizeof(*sched->fresh.items));
            return;
        }
}

void sched_withdraw(struct sched *sched, struct job *job)
{
    const int32_t procs = partition_procs(sched->partition, &job->spec.ask);
    queue_remove(&sched->queue, job, procs);
    if (sched->two_queues)
        queue_remove(&sched->candidates, job, procs);
    if (!sched->passing)
        forget_fresh(sched, job->slot);
    if (sched->config.conservative)
        sched_forget_plan(sched, job);
    else if (sched->config.slurm || sched->config.depth > 1 || sched->head.key.seq == job->seq ||
             sched->queue.order->ages)
        sched->vacated |= !sched->passing;
    sched->slurm_plan.kept = false;
    if (sched->head.key.seq == job->seq)
        sched->blocked = sched->committed = false;
    sched->partition->counts.queued_jobs--;
    sched->partition->counts.queued_procs -= procs;
}

bool sched_gave_way(struct sched *sched)
{
    if (sched->vacated)
        sched->early = sched->changed = true;
    return sched->vacated;
}

void sched_released(struct sched *sched, simtime now, simtime due, int64_t procs)
{
    sched->changed = true;
    sched->early |= due > now;
    sched->slurm_plan.kept &= due <= now;
    sched->slurm_plan.over = false;
    if (sched->config.conservative && !sched->replan && due > now) {
        plan_advance(sched->plan, now);
        plan_change(sched->plan, now, due, procs);
    }
}

void sched_capacity_changed(struct sched *sched, enum capacity_change change)
{
    /* Which nodes a known window takes is not known ahead. */
    const bool lost =
        change == CAPACITY_LOSS || (change == CAPACITY_KNOWN && !sched->partition->counts_only);
    sched->changed = true;
    sched->early |= change == CAPACITY_GAIN;
    sched->replan = true;
    sched->slurm_plan.kept = false;
    sched->lost |= lost;
    sched->committed = false;
}

bool sched_would_fit(const struct sched *sched, const struct job *job, simtime now)
{
    const int32_t procs = partition_procs(sched->partition, &job->spec.ask);
    if (sched->config.commit_head)
        return cluster_fits(sched->partition->cluster, &job->spec.ask);
    return procs <= sched_free(sched, now);
}

int64_t sched_free(const struct sched *sched, simtime now)
{
    const int64_t planned = partition_free(sched->partition, now);
    /* One that reaches its request at this very instant may run on, and is not yet overdue. */
    if (LIKELY(sched->partition->overdue == 0 && !sched->outlives))
        return planned;
    const int64_t real = cluster_free_procs(sched->partition->cluster);
    return real < planned ? real : planned;
}

bool sched_can_start(const struct sched *sched, const struct jobitem *item, simtime now)
{
    const struct partition *partition = sched->partition;
    if (item->procs > sched_free(sched, now))
        return false;
    if (partition->windows_end > now &&
        profile_least(partition->profile, now, now + item->request) < item->procs)
        return false;
    return !partition->constrained ||
           cluster_fits(partition->cluster, &jobs_at(sched->jobs, item->slot)->spec.ask);
}

/* Further ahead nobody looks. Where windows leave room for a job again and again, and what runs and
 * is reserved comes to an end, it is found long before. */
#define LOOK_MOST (SIMTIME_NEVER / 64)

bool sched_look(struct sched *sched, const struct jobitem *item, simtime after, simtime last)
{
    struct partition *partition = sched->partition;
    const simtime old = partition->horizon, ahead = old - after;
    if (LIKELY(old >= SIMTIME_NEVER) || old - item->request > last || ahead < 0 ||
        ahead > LOOK_MOST ||
        !partition_leaves(partition, item->procs, item->request, old - item->request))
        return false;
    partition_look(partition, old + (ahead > item->request ? ahead / 2 : item->request) + 1);
    if (partition->horizon == old)
        return false;
    if (sched->config.conservative && !sched->replan)
        plan_extend(sched->plan, partition->profile, old);
    return true;
}

void sched_start(struct sched *sched, const struct jobitem *item)
{
    sched->actions.start(sched->actions.ctx, sched, jobs_at(sched->jobs, item->slot));
}

static bool first_claim(struct sched *sched, struct jobitem *ret)
{
    struct queue *queue = &sched->queue;
    if (!queue->tenancy.gates || !gates_guarantee(queue->tenancy.gates))
        return false;
    queue->scope = SEARCH_CLAIMS;
    const bool found = queue_first(queue, ret);
    queue->scope = SEARCH_ALL;
    return found;
}

bool sched_next_owed(struct sched *sched, const struct jobkey *after, struct jobitem *ret,
                     bool *ret_claims)
{
    struct queue *queue = &sched->queue;
    const struct tenancy *tenancy = &queue->tenancy;
    if (!tenancy->gates || !gates_guarantee(tenancy->gates))
        return false;
    queue->scope = SEARCH_OWED;
    const bool found = queue_next_fit(queue, after, INT64_MAX, SIMTIME_NEVER, INT64_MAX, ret);
    queue->scope = SEARCH_ALL;
    if (!found)
        return false;
    const struct job_spec *spec = &jobs_at(sched->jobs, ret->slot)->spec;
    *ret_claims = gates_claims(tenancy->gates, gates_of(tenancy->gates, spec->tenant, spec->qos),
                               tenancy->centre, ret->procs, ret->request);
    return true;
}

/* The first claim, or a job before it for which room was made within what holds those above its
 * tenant; else the first of the queue. */
static NOINLINE bool first_with_room(struct sched *sched, struct jobitem *ret)
{
    struct jobkey key;
    const struct jobkey *after = NULL;
    bool claims;
    while (sched_next_owed(sched, after, ret, &claims)) {
        if (claims ||
            sched->actions.reclaim(sched->actions.ctx, sched, jobs_at(sched->jobs, ret->slot)))
            return true;
        key = ret->key;
        after = &key;
    }
    return queue_next_fit(&sched->queue, NULL, INT64_MAX, SIMTIME_NEVER, INT64_MAX, ret);
}

bool sched_next_head(struct sched *sched, struct jobitem *ret)
{
    return UNLIKELY(sched->config.reclaim) ? first_with_room(sched, ret) : sched_first(sched, ret);
}

bool sched_first(struct sched *sched, struct jobitem *ret)
{
    return first_claim(sched, ret) || queue_first(&sched->queue, ret);
}

bool sched_make_room(struct sched *sched, const struct jobitem *head, simtime now)
{
    struct job *job = jobs_at(sched->jobs, head->slot);
    return sched->config.reclaim && sched->actions.reclaim(sched->actions.ctx, sched, job) &&
           sched_can_start(sched, head, now);
}

void sched_settle_live(struct sched *sched, simtime now)
{
    if (sched->queue.order->live)
        queue_settle(&sched->queue, now);
    if (sched->two_queues && sched->candidates.order->live)
        queue_settle(&sched->candidates, now);
}

bool sched_start_heads(struct sched *sched, simtime now, struct jobitem *ret_head)
{
    while (sched_next_head(sched, ret_head)) {
        if (!sched_can_start(sched, ret_head, now) && !sched_make_room(sched, ret_head, now))
            return true;
        sched_start(sched, ret_head);
        sched_settle_live(sched, now);
    }
    return false;
}

static COLD void fail_to_look(struct sched *sched, simtime ahead)
{
    char text[48];
    sched->failed = true;
    error_set(&sched->failure,
              "more than %d windows of maintenance or reservations within the %s that a job asks "
              "for; let them come less often",
              PARTITION_WINDOWS_MOST,
              quantity_human_time(simtime_seconds(ahead), text, sizeof(text)));
}

/* No job that waits may be thought to run into what nobody has looked at. */
static COLD void look_ahead(struct sched *sched, simtime now)
{
    struct partition *partition = sched->partition;
    const simtime old = partition->horizon, longest = partition->longest;
    if (old >= now + longest || sched->failed)
        return;
    partition_look(partition, now + 2 * longest);
    if (partition->horizon < now + longest)
        fail_to_look(sched, longest);
    if (sched->config.conservative && !sched->replan)
        plan_extend(sched->plan, partition->profile, old);
}

void sched_pass(struct sched *sched, simtime now)
{
    if (queue_len(&sched->queue) > 0 || sched->config.conservative) {
        profile_advance(sched->partition->profile, now);
        queue_settle(&sched->queue, now);
        if (sched->two_queues)
            queue_settle(&sched->candidates, now);
        if (UNLIKELY(sched->partition->windows.endless))
            look_ahead(sched, now);
        sched->passing = true;
        if (sched->config.commit_head)
            sched_commit_pass(sched, now);
        else if (sched->config.conservative)
            sched_conservative_pass(sched, now);
        else if (sched->config.slurm)
            sched_slurm_pass(sched, now);
        else if (sched->partition->constrained)
            sched_constrained_pass(sched, now);
        else
            sched_backfill_pass(sched, now);
        sched->passing = false;
    }
    note_failure(sched);
    sched->fresh.len = 0;
    sched->changed = sched->vacated = false;
    sched->passed = now;
}

void sched_check(struct sched *sched, struct some_jobs jobs, simtime now)
{
    if (sched->queue.tree)
        jobtree_check(sched->queue.tree);
    if (sched->queue.classes)
        classes_check(sched->queue.classes);
    REQUIRE((int64_t)queue_len(&sched->queue) == sched->partition->counts.queued_jobs);
    if (sched->slurm_plan.kept && now < sched->slurm_plan.good)
        draft_check(sched->draft, now);
    if (sched->config.conservative)
        sched_check_plan(sched, jobs, now);
    else
        partition_check(sched->partition, jobs, now);
}
