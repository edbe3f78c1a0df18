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
        for (uint32_t i = row->shape; i != NO_SHAPE; i = causes->shapes.items[i].lead)
            jobs[i]++;
    }
    for (size_t i = 0; i < causes->shapes.len; i++)
        REQUIRE(causes->shapes.items[i].crowd == SHAPE_FREE ||
                causes->shapes.items[i].jobs == jobs[i]);
    free(jobs);
}

static void check_family(const struct causes *causes, const struct shape *base)
{
    const struct family *family = &causes->families.items[base->family];
    REQUIRE(base == &causes->shapes.items[family->base] && family->within <= family->order.len);
    for (size_t i = 0; i < family->order.len; i++) {
        const uint32_t at = family->order.items[i];
        const struct shape *shape = &causes->shapes.items[at];
        struct cause_want want = shape->want;
        REQUIRE(shape->crowd == base->crowd && shape->family == base->family && shape->jobs > 0);
        REQUIRE(shape->lead == (i < family->within ? family->base : NO_SHAPE));
        REQUIRE(i == 0 ||
                causes_compare(&want, &causes->shapes.items[family->order.items[i - 1]]) > 0);
        want.request = REQUEST_NONE;
        REQUIRE(causes_compare(&want, base) == 0);
    }
}

/* Each is counted where it leads, and in its family. */
static void check_uses(const struct causes *causes)
{
    uint32_t *uses = mem_new(causes->shapes.len, sizeof(*uses));
    for (size_t i = 0; i < causes->shapes.len; i++) {
        const struct shape *shape = &causes->shapes.items[i];
        if (shape->crowd == SHAPE_FREE)
            continue;
        if (shape->lead != NO_SHAPE)
            uses[shape->lead]++;
        if (shape->family != NONE_SUCH && shape->door == NONE_SUCH)
            uses[causes->families.items[shape->family].base]++;
    }
    for (size_t i = 0; i < causes->shapes.len; i++) {
        const struct shape *shape = &causes->shapes.items[i];
        REQUIRE(shape->crowd == SHAPE_FREE ||
                (shape->uses == uses[i] && (shape_is_used(shape) || shape_is_plain(shape))));
    }
    free(uses);
}

/* Jobs of the shape that are not among those of one that leads to it. */
static int64_t jobs_of_own(const struct causes *causes, const int64_t *led, size_t i)
{
    return causes->shapes.items[i].jobs - led[i];
}

static void check_shapes(const struct causes *causes)
{
    const size_t n = causes->world->n_partitions;
    int64_t(*queued)[WAIT_CAUSES] = mem_new(n, sizeof(*queued));
    size_t *empty = mem_new(causes->crowds.len, sizeof(*empty));
    size_t *loose = mem_new(causes->crowds.len, sizeof(*loose));
    int64_t *led = mem_new(causes->shapes.len, sizeof(*led));
    for (size_t i = 0; i < causes->shapes.len; i++)
        if (causes->shapes.items[i].crowd != SHAPE_FREE && causes->shapes.items[i].lead != NO_SHAPE)
            led[causes->shapes.items[i].lead] += causes->shapes.items[i].jobs;
    for (size_t i = 0; i < causes->shapes.len; i++) {
        const struct shape *shape = &causes->shapes.items[i];
        if (shape->crowd == SHAPE_FREE)
            continue;
        const struct crowd *crowd = &causes->crowds.items[shape->crowd];
        const enum wait_cause cause = causes_told(causes, shape);
        const bool of_jobs = shape->want.class != CLASS_TIDE && shape->want.request != REQUEST_NONE;
        REQUIRE(shape->jobs >= 0);
        REQUIRE(!of_jobs || causes_find(causes, crowd, &shape->want) == cause);
        REQUIRE(causes->world->causes >> cause & 1);
        if (shape->want.request == REQUEST_NONE)
            check_family(causes, shape);
        empty[shape->crowd] += !shape_is_used(shape);
        loose[shape->crowd] += causes_is_loose(crowd, &shape->want);
        for (uint64_t left = crowd->mask; left; left &= left - 1) {
            const size_t p = crowd->from + (size_t)__builtin_ctzll(left);
            queued[p][cause] += jobs_of_own(causes, led, i) *
                                partition_procs(causes->places[p].partition, &shape->want.ask);
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
        REQUIRE(loose[c] == crowd->n_loose);
        REQUIRE(empty[c] == crowd->n_empty && empty[c] <= (crowd->quick ? EMPTY_MOST : 0));
    }
    free(empty);
    free(loose);
    free(led);
    free(queued);
}

void causes_check(const struct causes *causes, bool jobs)
{
    check_shapes(causes);
    check_uses(causes);
    tides_check(causes);
    doors_check(causes);
    if (jobs)
        check_jobs(causes);
}
