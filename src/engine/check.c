/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/check.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* What was promised to a job, by slot and generation. */
struct promise {
    uint32_t generation;
    simtime start; /* not later than this; SIMTIME_NEVER: nothing promised */
    int32_t state; /* as last heard of */
    size_t place;  /* of one that runs: in `running` */
};

struct record {
    uint64_t last_started; /* + 1; 0: none yet */
    simtime last_start;    /* when that was */
    bool capacity_changed; /* since the last instant: promises are off */
};

struct check {
    struct sched **scheds;
    size_t n_scheds;
    const struct jobs *jobs;
    const struct world *world;
    struct promise *promises;
    size_t n_promises;
    struct record *records;
    struct slots running; /* as told by starts and ends */
    size_t since;         /* instants since all jobs were looked at */
};

/* Jobs that are looked at in an instant, on average, besides those that run: of twice as many none
 * is ever left out. */
enum { SLOTS_AN_INSTANT = 256 };

struct check *check_new(struct sched **scheds, const struct world *world, const struct jobs *jobs)
{
    const size_t len = world->n_partitions;
    struct check *check = mem_new(1, sizeof(*check));
    check->scheds = scheds;
    check->n_scheds = len;
    check->jobs = jobs;
    check->world = world;
    check->records = mem_new(len, sizeof(*check->records));
    return check;
}

void check_free(struct check *check)
{
    if (!check)
        return;
    free(check->scheds);
    free(check->promises);
    free(check->records);
    free(check->running.items);
    free(check);
}

static struct promise *promise_of(struct check *check, const struct job *job)
{
    if (job->slot >= check->n_promises) {
        const size_t old = check->n_promises;
        check->n_promises = 2 * (size_t)job->slot + 64;
        check->promises = mem_resize(check->promises, check->n_promises, sizeof(*check->promises));
        memset(&check->promises[old], 0, (check->n_promises - old) * sizeof(*check->promises));
    }
    return &check->promises[job->slot];
}

static void add_running(struct check *check, struct promise *promise, uint32_t slot)
{
    promise->place = check->running.len;
    MEM_GROW(&check->running);
    check->running.items[check->running.len++] = slot;
}

static void drop_running(struct check *check, const struct promise *promise)
{
    const uint32_t last = check->running.items[--check->running.len];
    check->running.items[promise->place] = last;
    check->promises[last].place = promise->place;
}

static bool is_plain_fcfs(const struct sched *sched)
{
    return strcmp(sched->config.order->kind.name, "fcfs") == 0 && sched->config.depth == 0 &&
           !sched->config.slurm && !sched->config.commit_head && !sched->tenancy.gates;
}

static void see_start(struct check *check, const struct fact *fact)
{
    const struct job *job = fact->job;
    struct promise *promise = promise_of(check, job);
    struct record *record = &check->records[fact->partition];
    REQUIRE(promise->generation == job->generation && promise->state == JOB_PENDING);
    REQUIRE(fact->at >= job->spec.submit && fact->at >= job->joined);
    REQUIRE(job->joined >= job->spec.submit + job->broker_time + job->data_time);
    REQUIRE(access_may(check->world->access, job->spec.tenant, fact->partition));
    REQUIRE(job->wait <= fact->at - job->spec.submit);
    REQUIRE(job->attempt > 1 || job->wait == fact->at - job->spec.submit);
    REQUIRE(record->capacity_changed || fact->at <= promise->start);
    if (is_plain_fcfs(check->scheds[fact->partition])) {
        REQUIRE(job->seq >= record->last_started || job->joined >= record->last_start);
        if (job->seq >= record->last_started) {
            record->last_started = job->seq + 1;
            record->last_start = fact->at;
        }
    }
    promise->state = JOB_RUNNING;
    add_running(check, promise, job->slot);
}

void check_see(struct check *check, const struct fact *fact)
{
    if (fact->kind == FACT_CAPACITY) {
        /* Other nodes or other rules: what was promised is off. */
        check->records[fact->partition].capacity_changed = true;
        for (size_t i = 0; i < check->n_promises; i++)
            check->promises[i].start = SIMTIME_NEVER;
        return;
    }
    if (!fact->job)
        return;
    struct promise *promise = promise_of(check, fact->job);
    switch (fact->kind) {
    case FACT_SUBMIT:
        REQUIRE(promise->generation != fact->job->generation);
        *promise = (struct promise){fact->job->generation, SIMTIME_NEVER, JOB_PENDING, 0};
        break;
    case FACT_REJECT:
        REQUIRE(promise->generation == fact->job->generation && promise->state == JOB_PENDING);
        promise->state = JOB_REJECTED;
        break;
    case FACT_START:
        see_start(check, fact);
        break;
    case FACT_END:
        REQUIRE(promise->generation == fact->job->generation && promise->state == JOB_RUNNING);
        REQUIRE(job_ended(fact->job) && fact->at >= fact->job->start);
        drop_running(check, promise);
        promise->state = fact->job->state;
        break;
    case FACT_STOP:
        REQUIRE(promise->generation == fact->job->generation && promise->state == JOB_RUNNING);
        drop_running(check, promise);
        *promise = (struct promise){fact->job->generation, SIMTIME_NEVER, JOB_PENDING, 0};
        break;
    case FACT_CAPACITY:
    case FACT_QUEUE:
    case FACT_PASS:
    case FACT_SETTLED:
        break;
    }
}

/* What EASY promised the head holds while it is the head. */
void check_late(struct check *check, const struct job *job)
{
    for (size_t i = 0; i < check->n_promises; i++) {
        struct promise *promise = &check->promises[i];
        const struct job *other = i < check->jobs->used ? jobs_at(check->jobs, (uint32_t)i) : NULL;
        if (other && other->live && promise->generation == other->generation &&
            other->seq > job->seq && other->partition >= 0 &&
            !check->scheds[other->partition]->config.conservative)
            promise->start = SIMTIME_NEVER;
    }
}

/* A start promised to a job may come nearer, never recede. */
static void renew(struct check *check, size_t i, uint32_t slot, simtime start)
{
    const struct job *job = jobs_at(check->jobs, slot);
    struct promise *promise = promise_of(check, job);
    const bool in_several = (job->waits_in & (job->waits_in - 1)) != 0;
    if (job->spec.partition == PARTITION_ANY || in_several)
        return;
    REQUIRE(promise->generation == job->generation && promise->state == JOB_PENDING);
    REQUIRE(check->records[i].capacity_changed || start <= promise->start);
    promise->start = start;
}

static void check_promises(struct check *check, size_t i)
{
    const struct sched *sched = check->scheds[i];
    const struct sched_config *config = &sched->config;
    struct jobitem item;
    if (sched->outlives || sched->partition->constrained || config->decide != DECIDE_INSTANT ||
        sched->tenancy.gates)
        return;
    if (config->conservative) {
        for (size_t k = 0; k < sched->n_held; k++)
            renew(check, i, sched->held[k].item.slot, sched->held[k].start);
    } else if (config->depth == 1 && sched->blocked && sched->queue.tree &&
               sched->partition->windows_end == 0) {
        if (jobtree_first(sched->queue.tree, &item) && item.key.seq == sched->head.key.seq &&
            strcmp(config->order->kind.name, "fcfs") == 0)
            renew(check, i, item.slot, sched->shadow);
    }
}

/* Slurm: what is first waits because it cannot start, unless the look at the queue was cut. */
static void check_head(const struct sched *sched, simtime now)
{
    struct jobitem head;
    if (sched->config.slurm && sched->queue.tree && !sched->cut && sched->partition->overdue == 0 &&
        queue_first(&sched->queue, &head))
        REQUIRE(!sched_can_start(sched, &head, now));
}

bool check_instant(struct check *check, simtime now)
{
    const bool all = ++check->since >= check->jobs->used / SLOTS_AN_INSTANT;
    const struct some_jobs running = {check->running.items, check->running.len};
    const struct some_jobs jobs = all || !running.items ? all_jobs(check->jobs) : running;
    for (size_t i = 0; i < check->n_scheds; i++) {
        struct sched *sched = check->scheds[i];
        profile_advance(sched->partition->profile, now);
        sched_check(sched, jobs, now);
        REQUIRE(cluster_free_procs(sched->partition->cluster) >= 0);
        check_promises(check, i);
        check_head(sched, now);
        check->records[i].capacity_changed = false;
    }
    check->since = all ? 0 : check->since;
    return all;
}

void check_last(struct check *check, simtime now)
{
    for (size_t i = 0; i < check->n_scheds; i++) {
        profile_advance(check->scheds[i]->partition->profile, now);
        sched_check(check->scheds[i], all_jobs(check->jobs), now);
    }
}
