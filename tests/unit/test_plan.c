/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- a plain model: what is free at each instant, and a full search for each job --- */

enum { HORIZON = 3000, JOBS = 60, PROCS = 40 };

struct model_job {
    bool waits, runs;
    simtime start, duration;
    int64_t procs;
    struct booking booking;
};

struct model {
    struct plan *plan;
    struct profile *profile; /* of the running jobs alone */
    simtime now;
    int64_t free[HORIZON]; /* the last instant stands for all after it */
    struct model_job jobs[JOBS];
};

static int draw(int below)
{
    return rand() % below;
}

static void lift(struct model *model, simtime from, simtime to, int64_t change)
{
    for (simtime t = from; t < to && t < HORIZON; t++)
        model->free[t] += change;
}

static simtime earliest(const struct model *model, simtime after, const struct model_job *job)
{
    for (simtime t = after; t < HORIZON; t++) {
        simtime k = t;
        while (k < t + job->duration && k < HORIZON && model->free[k] >= job->procs)
            k++;
        if (k == t + job->duration || k == HORIZON)
            return t;
    }
    return SIMTIME_NEVER;
}

static void submit(struct model *model, struct model_job *job)
{
    job->procs = 1 + draw(draw(3) ? 5 : PROCS);
    job->duration = 1 + draw(draw(3) ? 8 : 40);
    const simtime want = earliest(model, model->now, job);
    job->start = plan_take(model->plan, model->now, job->duration, job->procs, &job->booking);
    assert_int_equal(job->start, want);
    lift(model, job->start, job->start + job->duration, -job->procs);
    job->waits = true;
}

static void withdraw(struct model *model, struct model_job *job)
{
    plan_leave(model->plan, job->booking, job->procs);
    lift(model, job->start, job->start + job->duration, job->procs);
    job->waits = false;
}

static void end_early(struct model *model, struct model_job *job)
{
    const simtime due = job->start + job->duration;
    plan_change(model->plan, model->now, due, job->procs);
    profile_release(model->profile, model->now, due, job->procs);
    lift(model, model->now, due, job->procs);
    job->runs = false;
}

/* All jobs look for an earlier start, each once, in an order that is any. */
static void walk(struct model *model)
{
    const int first = draw(JOBS), stride = draw(2) ? 1 : 7;
    if (plan_walk(model->plan)) {
        size_t n = 0;
        for (int i = 0; i < JOBS; i++)
            n += model->jobs[i].waits;
        plan_survey(model->plan, HORIZON, n);
        for (int i = 0; i < JOBS; i++)
            if (model->jobs[i].waits)
                plan_see(model->plan, model->jobs[i].start, model->jobs[i].duration,
                         model->jobs[i].procs);
        plan_surveyed(model->plan);
    }
    for (int i = 0; i < JOBS; i++) {
        struct model_job *job = &model->jobs[(first + i * stride) % JOBS];
        if (!job->waits || job->start <= model->now)
            continue;
        lift(model, job->start, job->start + job->duration, job->procs);
        const simtime want = earliest(model, model->now, job);
        job->start = plan_earlier(model->plan, &job->booking, job->duration, job->procs);
        assert_int_equal(job->start, want);
        lift(model, job->start, job->start + job->duration, -job->procs);
    }
}

static void start_due(struct model *model)
{
    for (int i = 0; i < JOBS; i++) {
        struct model_job *job = &model->jobs[i];
        if (job->runs && job->start + job->duration <= model->now)
            job->runs = false;
        if (!job->waits || job->start > model->now)
            continue;
        assert_true(plan_holds(model->plan, job->booking));
        plan_keep(model->plan, job->booking);
        profile_reserve(model->profile, job->start, job->start + job->duration, job->procs);
        job->waits = false;
        job->runs = true;
    }
}

static void check(struct model *model)
{
    simtime first = SIMTIME_NEVER;
    for (int i = 0; i < JOBS; i++) {
        const struct model_job *job = &model->jobs[i];
        if (!job->waits)
            continue;
        first = job->start < first ? job->start : first;
        profile_reserve(model->profile, job->start, job->start + job->duration, job->procs);
    }
    assert_int_equal(plan_first_start(model->plan), first);
    plan_check(model->plan, model->profile, model->now);
    for (int i = 0; i < JOBS; i++) {
        const struct model_job *job = &model->jobs[i];
        if (job->waits)
            profile_release(model->profile, job->start, job->start + job->duration, job->procs);
    }
}

/* As after a change of capacity: made anew from what runs, and the reservations entered again. */
static void remake(struct model *model)
{
    plan_remake(model->plan, model->profile, model->now);
    for (int i = 0; i < JOBS; i++) {
        struct model_job *job = &model->jobs[i];
        if (job->waits)
            plan_enter(model->plan, job->start, job->duration, job->procs, &job->booking);
    }
}

static void instant(struct model *model)
{
    bool freed = false;
    profile_advance(model->profile, model->now);
    plan_advance(model->plan, model->now);
    for (int i = 0; i < JOBS; i++) {
        struct model_job *job = &model->jobs[i];
        if (job->runs && job->start + job->duration > model->now && draw(12) == 0) {
            end_early(model, job);
            freed = true;
        } else if (job->waits && draw(200) == 0) {
            withdraw(model, job);
        }
    }
    if (draw(100) == 0)
        remake(model);
    if (freed)
        walk(model);
    for (int i = 0; i < JOBS; i++)
        if (!model->jobs[i].waits && !model->jobs[i].runs && draw(6) == 0)
            submit(model, &model->jobs[i]);
    start_due(model);
    check(model);
}

static void random_days(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 30; seed++) {
        static struct model model;
        srand(seed);
        memset(&model, 0, sizeof(model));
        model.plan = plan_new();
        model.profile = profile_new(PROCS);
        lift(&model, 0, HORIZON, PROCS);
        plan_remake(model.plan, model.profile, 0);
        for (; model.now < 600; model.now++)
            instant(&model);
        plan_free(model.plan);
        profile_free(model.profile);
    }
}

/* --- by hand --- */

static void later_jobs_use_what_earlier_ones_leave(void **state)
{
    (void)state;
    AUTO(plan_free) struct plan *plan = plan_new();
    struct booking a, b, c;
    AUTO(profile_free) struct profile *profile = profile_new(4);
    plan_remake(plan, profile, 0);
    plan_change(plan, 0, 100, -4);
    assert_int_equal(plan_take(plan, 0, 50, 4, &a), 100);
    assert_int_equal(plan_take(plan, 0, 20, 4, &b), 150);
    assert_int_equal(plan_take(plan, 0, 10, 1, &c), 170);
    plan_change(plan, 30, 100, 4);
    if (plan_walk(plan)) {
        plan_survey(plan, 170, 3);
        plan_see(plan, 100, 50, 4);
        plan_see(plan, 150, 20, 4);
        plan_see(plan, 170, 10, 1);
        plan_surveyed(plan);
    }
    assert_int_equal(plan_earlier(plan, &a, 50, 4), 30);
    assert_int_equal(plan_earlier(plan, &b, 20, 4), 80);
    assert_int_equal(plan_earlier(plan, &c, 10, 1), 100);
    assert_int_equal(plan_next_start(plan, 30), 80);
}

static void nothing_fits_what_is_too_large(void **state)
{
    (void)state;
    AUTO(plan_free) struct plan *plan = plan_new();
    struct booking a;
    AUTO(profile_free) struct profile *profile = profile_new(4);
    plan_remake(plan, profile, 5);
    assert_int_equal(plan_take(plan, 5, 10, 5, &a), SIMTIME_NEVER);
    assert_int_equal(plan_take(plan, 5, SIMTIME_NEVER, 4, &a), 5);
    assert_int_equal(plan_take(plan, 5, 10, 1, &a), SIMTIME_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_days),
        cmocka_unit_test(later_jobs_use_what_earlier_ones_leave),
        cmocka_unit_test(nothing_fits_what_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
