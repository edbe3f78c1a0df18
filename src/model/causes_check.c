/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/causes_inner.h"

#include "util/mem.h"

#include <stdlib.h>

/* Each waiting job is counted once, in the shape of what it asks. */
static void check_jobs(const struct causes *causes)
{
    int64_t *jobs = mem_new(causes->shapes.len, sizeof(*jobs));
    for (uint32_t slot = 0; slot < causes->jobs->used; slot++) {
        const struct job *job = jobs_at(causes->jobs, slot);
        if (!job->live || job->state != JOB_PENDING || !job->waits_in)
            continue;
        const struct row *row = causes_row(causes, slot);
        REQUIRE(job->wait_by == row->by && row->waits);
        const struct shape *shape = &causes->shapes.items[row->shape];
        const struct cause_want want = causes_want(causes, job);
        REQUIRE(shape->crowd == row->crowd && causes_compare(&want, shape) == 0);
        jobs[row->shape]++;
        if (shape->follows)
            jobs[causes->families.items[shape->family].base]++;
    }
    for (size_t i = 0; i < causes->shapes.len; i++)
        REQUIRE(causes->shapes.items[i].jobs == jobs[i]);
    free(jobs);
}

static bool is_base(const struct shape *shape)
{
    return shape->want.request == REQUEST_NONE;
}

/* Returns how many shapes it has. */
static size_t check_family(const struct causes *causes, const struct shape *base)
{
    const struct family *family = &causes->families.items[base->family];
    int64_t jobs = 0;
    REQUIRE(base == &causes->shapes.items[family->base] && family->within <= family->len);
    for (size_t i = 0; i < family->len; i++) {
        const struct shape *shape = &causes->shapes.items[family->order[i]];
        struct cause_want want = shape->want;
        REQUIRE(shape->crowd == base->crowd && shape->family == base->family && shape->jobs > 0);
        REQUIRE(shape->follows == (i < family->within));
        REQUIRE(i == 0 || causes_compare(&want, &causes->shapes.items[family->order[i - 1]]) > 0);
        want.request = REQUEST_NONE;
        REQUIRE(causes_compare(&want, base) == 0);
        jobs += shape->follows ? shape->jobs : 0;
    }
    REQUIRE(jobs == base->jobs);
    return family->len;
}

static void check_shapes(const struct causes *causes)
{
    const size_t n = causes->world->n_partitions;
    int64_t(*queued)[WAIT_CAUSES] = mem_new(n, sizeof(*queued));
    size_t *empty = mem_new(causes->crowds.len, sizeof(*empty));
    for (size_t i = 0; i < causes->shapes.len; i++) {
        const struct shape *shape = &causes->shapes.items[i];
        if (shape->crowd == SHAPE_FREE)
            continue;
        const struct crowd *crowd = &causes->crowds.items[shape->crowd];
        const enum wait_cause cause = causes_told(causes, shape);
        REQUIRE(shape->jobs >= 0);
        REQUIRE(causes_find(causes, crowd, &shape->want) == cause);
        REQUIRE(causes->world->causes >> cause & 1);
        if (is_base(shape)) {
            empty[shape->crowd] += check_family(causes, shape) == 0;
            continue;
        }
        empty[shape->crowd] += shape->jobs == 0;
        for (uint64_t left = crowd->mask; left; left &= left - 1) {
            const size_t p = crowd->from + (size_t)__builtin_ctzll(left);
            queued[p][cause] +=
                shape->jobs * partition_procs(causes->places[p].partition, &shape->want.ask);
        }
    }
    for (size_t p = 0; p < n; p++) {
        int64_t sum = 0;
        for (int c = 0; c < WAIT_CAUSES; c++) {
            REQUIRE(queued[p][c] == causes->queued[p][c]);
            sum += queued[p][c];
        }
        REQUIRE(sum == causes->places[p].partition->counts.queued_procs);
    }
    for (size_t c = 0; c < causes->crowds.len; c++) {
        const struct crowd *crowd = &causes->crowds.items[c];
        REQUIRE(empty[c] == crowd->n_empty && empty[c] <= (crowd->quick ? EMPTY_MOST : 0));
    }
    free(empty);
    free(queued);
}

void causes_check(const struct causes *causes, bool jobs)
{
    check_shapes(causes);
    if (jobs)
        check_jobs(causes);
}
