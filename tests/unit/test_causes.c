/* The causes of waiting against cases worked by hand: times in seconds, a few jobs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/causes.h"
#include "model/placement.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PARTITIONS = 2 };

/* Two partitions of one centre and what waits there. */
struct yard {
    struct world world;
    struct partition_info infos[PARTITIONS];
    struct partition partitions[PARTITIONS];
    struct cause_place places[PARTITIONS];
    struct jobs jobs;
    struct touched touched;
    struct causes *causes;
};

static const struct placement_type *placement(const char *name)
{
    return (const struct placement_type *)(const void *)kind_find(&placement_kinds, name);
}

static void yard_init(struct yard *yard, const char *const *placements, const int32_t *sizes,
                      const struct cause_gates *gates)
{
    *yard = (struct yard){.world = {.n_partitions = PARTITIONS, .causes = UINT32_MAX}};
    yard->world.partitions = yard->infos;
    jobs_init(&yard->jobs);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        const struct node_group group = {4, sizes[p]};
        const struct partition_setup setup = {
            .row = p, .placement = placement(placements[p]), .groups = &group, .n_groups = 1};
        partition_init(&yard->partitions[p], &setup, &yard->jobs);
        yard->places[p] = (struct cause_place){&yard->partitions[p], CAUSE_RESERVED};
    }
    touched_init(&yard->touched, PARTITIONS);
    yard->causes = causes_new(&yard->world, yard->places, &yard->jobs, gates, &yard->touched);
}

static void yard_deinit(struct yard *yard)
{
    causes_free(yard->causes);
    touched_deinit(&yard->touched);
    for (int32_t p = 0; p < PARTITIONS; p++)
        partition_deinit(&yard->partitions[p]);
    jobs_deinit(&yard->jobs);
}

/* All that happened at this instant has; everything is looked at again. */
static void settle(struct yard *yard, int at)
{
    for (int32_t p = 0; p < PARTITIONS; p++)
        touched_add(&yard->touched, (size_t)p);
    causes_settle(yard->causes, at * SIMTIME_SECOND);
    touched_clear(&yard->touched);
}

static struct job *new_job(struct yard *yard, int32_t partition, int32_t procs, int32_t tenant)
{
    struct job *job = jobs_new(&yard->jobs);
    job->spec.partition = job->partition = partition;
    job->spec.ask.procs = procs;
    job->seq = job->slot;
    job->spec.tenant = tenant;
    job->spec.request = 1000 * SIMTIME_SECOND;
    job->state = JOB_PENDING;
    return job;
}

static void join(struct yard *yard, struct job *job, uint64_t waits_in)
{
    job->state = JOB_PENDING;
    job->waits_in = waits_in;
    for (int32_t p = 0; p < PARTITIONS; p++)
        if (job->spec.partition == p || (job->spec.partition < 0 && (waits_in >> p & 1)))
            yard->partitions[p].counts.queued_procs += job->spec.ask.procs;
    causes_join(yard->causes, job);
}

static void leave(struct yard *yard, struct job *job, int at)
{
    for (int32_t p = 0; p < PARTITIONS; p++)
        if (job->spec.partition == p || (job->spec.partition < 0 && (job->waits_in >> p & 1)))
            yard->partitions[p].counts.queued_procs -= job->spec.ask.procs;
    job->waits_in = 0;
    job->state = JOB_RUNNING;
    causes_leave(yard->causes, job, at * SIMTIME_SECOND);
}

/* `seconds` of `cause`, and nothing else if it is all there is to the wait. */
static void assert_wait(const struct job *job, enum wait_cause cause, int seconds)
{
    assert_non_null(job->wait_by);
    assert_int_equal(job->wait_by[cause], seconds * SIMTIME_SECOND);
}

static struct job *occupy(struct yard *yard, int32_t partition, int32_t procs)
{
    struct job *job = new_job(yard, partition, procs, 0);
    job->state = JOB_RUNNING;
    partition_start(&yard->partitions[partition], job, 0);
    return job;
}

static void release(struct yard *yard, struct job *job, int at)
{
    partition_end(&yard->partitions[job->partition], job, at * SIMTIME_SECOND);
    jobs_free(&yard->jobs, job);
}

static void test_by_count(void **state)
{
    (void)state;
    struct yard yard;
    yard_init(&yard, (const char *const[]){"any", "any"}, (const int32_t[]){1, 1}, NULL);
    struct job *three = occupy(&yard, 0, 3);
    struct job *one = new_job(&yard, 0, 1, 0), *two = new_job(&yard, 0, 2, 0),
               *also = new_job(&yard, 0, 2, 0), *at_once = new_job(&yard, 0, 1, 0);
    join(&yard, one, 1);
    join(&yard, two, 1);
    join(&yard, at_once, 1);
    leave(&yard, at_once, 0); /* joins and starts at the same instant */
    settle(&yard, 0);
    causes_check(yard.causes, true);
    assert_null(at_once->wait_by);
    assert_int_equal(causes_queued(yard.causes, 0)[CAUSE_CAPACITY], 2);
    assert_int_equal(causes_queued(yard.causes, 0)[CAUSE_RESERVED], 1);
    yard.places[0].fits = CAUSE_ORDER;
    settle(&yard, 3); /* other rules */
    join(&yard, also, 1);
    settle(&yard, 4);
    release(&yard, three, 5);
    settle(&yard, 5); /* now all fit */
    causes_check(yard.causes, true);
    leave(&yard, one, 6);
    leave(&yard, two, 7);
    settle(&yard, 7);
    assert_wait(one, CAUSE_RESERVED, 3);
    assert_wait(one, CAUSE_ORDER, 3);
    assert_wait(two, CAUSE_CAPACITY, 5);
    assert_wait(two, CAUSE_ORDER, 2);
    join(&yard, two, 1); /* once more: the times add up */
    settle(&yard, 9);
    leave(&yard, two, 12);
    leave(&yard, also, 12);
    assert_wait(two, CAUSE_ORDER, 5);
    assert_wait(also, CAUSE_CAPACITY, 1);
    assert_wait(also, CAUSE_ORDER, 7);
    causes_add(yard.causes, also, CAUSE_BROKER, 4 * SIMTIME_SECOND);
    assert_wait(also, CAUSE_BROKER, 4);
    yard_deinit(&yard);
}

static void test_fragments_and_holds(void **state)
{
    (void)state;
    struct yard yard;
    yard_init(&yard, (const char *const[]){"contiguous", "any"}, (const int32_t[]){2, 1}, NULL);
    /* nodes 0 and 2 of four go; two nodes side by side are nowhere to be had */
    struct job *busy[4];
    for (int i = 0; i < 4; i++)
        busy[i] = occupy(&yard, 0, 2);
    release(&yard, busy[0], 0);
    release(&yard, busy[2], 0);
    struct job *broad = new_job(&yard, 0, 4, 0), *held = new_job(&yard, 1, 3, 0);
    join(&yard, broad, 1);
    join(&yard, held, 1);
    const struct allocation two = {.procs = 2};
    cluster_hold(yard.partitions[1].cluster, &two);
    settle(&yard, 0);
    causes_check(yard.causes, true);
    release(&yard, busy[1], 5);
    settle(&yard, 5); /* three nodes in a row */
    cluster_unhold(yard.partitions[1].cluster, &two);
    yard.places[1].fits = CAUSE_ORDER;
    settle(&yard, 6);
    causes_check(yard.causes, true);
    leave(&yard, broad, 7);
    leave(&yard, held, 8);
    assert_wait(broad, CAUSE_FRAGMENTATION, 5);
    assert_wait(broad, CAUSE_RESERVED, 2);
    /* two of four are kept for somebody: three are free by count, and not to be had */
    assert_wait(held, CAUSE_RESERVED, 6);
    assert_wait(held, CAUSE_ORDER, 2);
    yard_deinit(&yard);
}

static void test_in_several(void **state)
{
    (void)state;
    struct yard yard;
    yard_init(&yard, (const char *const[]){"any", "any"}, (const int32_t[]){1, 1}, NULL);
    struct job *full = occupy(&yard, 0, 4), *half = occupy(&yard, 1, 2);
    struct job *job = new_job(&yard, PARTITION_ANY, 3, 0);
    join(&yard, job, 3);
    settle(&yard, 0); /* missing processors in both */
    causes_check(yard.causes, true);
    assert_int_equal(causes_queued(yard.causes, 0)[CAUSE_CAPACITY], 3);
    assert_int_equal(causes_queued(yard.causes, 1)[CAUSE_CAPACITY], 3);
    release(&yard, half, 2);
    settle(&yard, 2); /* it fits into the second: that is nearer to a start */
    causes_check(yard.causes, true);
    yard.places[1].fits = CAUSE_ORDER;
    settle(&yard, 5);
    leave(&yard, job, 9);
    assert_wait(job, CAUSE_CAPACITY, 2);
    assert_wait(job, CAUSE_RESERVED, 3);
    assert_wait(job, CAUSE_ORDER, 4);
    release(&yard, full, 9);
    yard_deinit(&yard);
}

static void fill(void *ctx, const struct job *job, struct cause_want *want)
{
    (void)ctx;
    want->class = job->spec.tenant;
}

/* Tenant 1 may not have more than the number in ctx; it lies below what is free. */
static enum wait_cause quota(void *ctx, const struct partition *partition,
                             const struct cause_want *want)
{
    (void)partition;
    return want->class == 1 && want->ask.procs > *(const int32_t *)ctx ? CAUSE_QUOTA : WAIT_CAUSES;
}

static struct gates_opening opening(void *ctx, const struct partition *partition, int32_t class)
{
    (void)partition;
    return (struct gates_opening){.quota = class == 1 ? *(const int32_t *)ctx : INT64_MAX,
                                  .most = INT64_MAX,
                                  .left = WIDE_MAX,
                                  .pot = -1};
}

static void test_gates(void **state)
{
    (void)state;
    struct yard yard;
    int32_t room = 1;
    yard_init(&yard, (const char *const[]){"any", "any"}, (const int32_t[]){1, 1},
              &(struct cause_gates){&room, NULL, fill, quota, opening});
    struct job *full = occupy(&yard, 0, 4);
    struct job *poor = new_job(&yard, 0, 2, 1), *rich = new_job(&yard, 0, 2, 2);
    join(&yard, poor, 1);
    join(&yard, rich, 1);
    settle(&yard, 0); /* the quota is told first, though processors are missing too */
    causes_check(yard.causes, true);
    release(&yard, full, 3);
    settle(&yard, 3);
    room = 2;
    causes_settle(yard.causes, 5 * SIMTIME_SECOND); /* gates open with nothing happening here */
    causes_check(yard.causes, true);
    leave(&yard, poor, 6);
    leave(&yard, rich, 6);
    assert_wait(poor, CAUSE_QUOTA, 5);
    assert_wait(poor, CAUSE_RESERVED, 1);
    assert_wait(rich, CAUSE_CAPACITY, 3);
    assert_wait(rich, CAUSE_RESERVED, 3);
    yard_deinit(&yard);
}

static void fill_request(void *ctx, const struct job *job, struct cause_want *want)
{
    (void)ctx;
    want->class = 0;
    want->request = job->spec.request;
}

/* No job may ask for more processors times request than the number in ctx. */
static enum wait_cause quota_of_time(void *ctx, const struct partition *partition,
                                     const struct cause_want *want)
{
    (void)partition;
    return want->ask.procs * want->request > *(const int64_t *)ctx ? CAUSE_QUOTA : WAIT_CAUSES;
}

static struct gates_opening opening_of_time(void *ctx, const struct partition *partition,
                                            int32_t class)
{
    (void)partition;
    (void)class;
    return (struct gates_opening){
        .quota = INT64_MAX, .most = INT64_MAX, .left = *(const int64_t *)ctx, .pot = -1};
}

/* Against each job looked at by itself, second by second. */
static void test_time(void **state)
{
    (void)state;
    enum { JOBS = 80, SECONDS = 3000 };
    struct yard yard;
    int64_t left = 0;
    yard_init(&yard, (const char *const[]){"any", "any"}, (const int32_t[]){1, 1},
              &(struct cause_gates){&left, NULL, fill_request, quota_of_time, opening_of_time});
    struct job *jobs[JOBS];
    int waited[JOBS][WAIT_CAUSES] = {{0}};
    uint32_t lcg = 1;
    for (int i = 0; i < JOBS; i++)
        jobs[i] = new_job(&yard, i % 3 ? 0 : PARTITION_ANY, 1 + i % 2, 0);
    for (int at = 0; at < SECONDS; at++) {
        lcg = lcg * 1664525 + 1013904223;
        struct job *job = jobs[(lcg >> 16) % JOBS];
        if (job->state == JOB_RUNNING || !job->waits_in) {
            job->spec.request = 1 + (lcg >> 8) % 40;
            join(&yard, job, job->spec.partition == 0 ? 1 : 3);
        } else {
            leave(&yard, job, at);
        }
        if ((lcg >> 24) % 3 == 0)
            left = (int64_t)(lcg >> 12) % 90 - 4;
        yard.places[0].fits = (lcg >> 20) % 5 ? CAUSE_ORDER : CAUSE_RESERVED;
        settle(&yard, at);
        causes_check(yard.causes, true);
        for (int i = 0; i < JOBS; i++)
            if (jobs[i]->waits_in)
                waited[i][jobs[i]->spec.ask.procs * jobs[i]->spec.request > left
                              ? CAUSE_QUOTA
                              : yard.places[0].fits]++;
    }
    for (int i = 0; i < JOBS; i++) {
        if (jobs[i]->waits_in)
            leave(&yard, jobs[i], SECONDS);
        for (int c = 0; c < WAIT_CAUSES && jobs[i]->wait_by; c++)
            assert_wait(jobs[i], (enum wait_cause)c, waited[i][c]);
    }
    yard_deinit(&yard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_count),   cmocka_unit_test(test_fragments_and_holds),
        cmocka_unit_test(test_in_several), cmocka_unit_test(test_gates),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
