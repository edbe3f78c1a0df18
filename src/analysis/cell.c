/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/cell.h"

#include "util/mem.h"

#include <stdlib.h>

enum { FIRST = 4 };

void cell_deinit(struct cell *cell)
{
    free(cell->fares);
    for (int q = 0; cell->tallies && q < CELL_QUANTITIES; q++)
        tally_deinit(&cell->tallies[q]);
    free(cell->tallies);
    free(cell->causes);
    free(cell->open);
    *cell = (struct cell){0};
}

static void add_sums(struct cell *cell, const struct fare *fares, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        const struct fare *fare = &fares[i];
        const wide area = (wide)(fare->response - fare->wait - fare->again) * fare->procs;
        const int64_t small = (int64_t)area;
        const double seconds = (LIKELY(small == area) ? (double)small : (double)area) / 1e6;
        cell->used += area;
        cell->wait += fare->wait;
        cell->waited += fare->wait > 0;
        exact_sum_add(&cell->area_wait, seconds * simtime_seconds(fare->wait));
        exact_sum_add(&cell->area_response, seconds * simtime_seconds(fare->response));
    }
}

static double at_least_one(double x)
{
    return x > 1 ? x : 1;
}

void cell_work_off(struct cell *cell, const struct fare *fares, uint32_t len, simtime tau)
{
    if (len == 0)
        return;
    if (!cell->tallies)
        cell->tallies = mem_new(CELL_QUANTITIES, sizeof(*cell->tallies));
    add_sums(cell, fares, len);
    /* A column at a time, so that one histogram at a time is in the cache. */
    double columns[CELL_QUANTITIES][CELL_BATCH];
    for (uint32_t i = 0; i < len; i++) {
        const struct fare *fare = &fares[i];
        const simtime run = fare->response - fare->wait - fare->again;
        const double slowdown = (double)fare->response / (double)(run > tau ? run : tau);
        columns[CELL_WAIT][i] = simtime_seconds(fare->wait);
        columns[CELL_RESPONSE][i] = simtime_seconds(fare->response);
        columns[CELL_SLOWDOWN][i] = at_least_one(slowdown);
        columns[CELL_SLOWDOWN_PP][i] = at_least_one(slowdown / fare->procs);
    }
    for (int q = 0; q < CELL_QUANTITIES; q++)
        tally_add_many(&cell->tallies[q], columns[q], len);
}

void cell_settle(struct cell *cell, simtime tau)
{
    cell_work_off(cell, cell->fares, cell->len, tau);
    cell->len = 0;
}

static void push(struct cell *cell, const struct fare *fare, simtime tau)
{
    if (UNLIKELY(cell->len == cell->cap)) {
        if (cell->cap < CELL_BATCH) {
            cell->cap = cell->cap ? cell->cap * 2 : FIRST;
            cell->fares = mem_resize(cell->fares, cell->cap, sizeof(*cell->fares));
        } else {
            cell_settle(cell, tau);
        }
    }
    cell->fares[cell->len++] = *fare;
}

static void widen(struct cell *cell, simtime submit, simtime start, simtime end)
{
    if (!cell->any || submit < cell->first_submit)
        cell->first_submit = submit;
    if (!cell->any || start > cell->last_start)
        cell->last_start = start;
    if (!cell->any || end > cell->last_end)
        cell->last_end = end;
    cell->any = true;
}

bool cell_add(struct cell *cell, const struct fare *fare, simtime submit, simtime end, simtime tau)
{
    widen(cell, submit, submit + fare->wait + fare->again, end);
    push(cell, fare, tau);
    return cell->len == CELL_BATCH;
}

void cell_add_causes(struct cell *cell, const simtime *wait_by, uint32_t causes, bool open)
{
    wide **sums = open ? &cell->open : &cell->causes;
    if (!*sums)
        *sums = mem_new(WAIT_CAUSES, sizeof(**sums));
    for (uint32_t left = causes & ((1u << WAIT_CAUSES) - 1); left; left &= left - 1)
        (*sums)[__builtin_ctz(left)] += wait_by[__builtin_ctz(left)];
}

static void merge_causes(wide **into, const wide *from)
{
    if (!from)
        return;
    if (!*into)
        *into = mem_new(WAIT_CAUSES, sizeof(**into));
    for (int c = 0; c < WAIT_CAUSES; c++)
        (*into)[c] += from[c];
}

void cell_merge(struct cell *into, const struct cell *from, simtime tau)
{
    for (int s = 0; s < JOB_STATES; s++)
        into->jobs[s] += from->jobs[s];
    for (int r = 0; r < JOB_REASONS; r++)
        into->reasons[r] += from->reasons[r];
    if (from->any)
        widen(into, from->first_submit, from->last_start, from->last_end);
    for (uint32_t i = 0; i < from->len; i++)
        push(into, &from->fares[i], tau);
    into->waited += from->waited;
    into->bound += from->bound;
    into->late += from->late;
    into->preemptions += from->preemptions;
    into->lost += from->lost;
    into->wait += from->wait;
    into->open_wait += from->open_wait;
    merge_causes(&into->causes, from->causes);
    merge_causes(&into->open, from->open);
    into->used += from->used;
    into->asked += from->asked;
    into->carried += from->carried;
    into->ran += from->ran;
    into->running_procs += from->running_procs;
    into->running_since += from->running_since;
    exact_sum_merge(&into->area_response, &from->area_response);
    exact_sum_merge(&into->area_wait, &from->area_wait);
    if (!from->tallies)
        return;
    if (!into->tallies)
        into->tallies = mem_new(CELL_QUANTITIES, sizeof(*into->tallies));
    for (int q = 0; q < CELL_QUANTITIES; q++)
        tally_merge(&into->tallies[q], &from->tallies[q]);
}

void cell_add_stop(struct cell *cell, const struct job *job, simtime at)
{
    cell->preemptions++;
    cell->lost += (wide)(at - job->began) * job->procs;
}

void cell_add_unfinished(struct cell *cell, const struct job *job, int32_t procs)
{
    const struct job_spec *spec = &job->spec;
    cell->jobs[job->state]++;
    cell->open_wait += job->wait;
    cell->asked += (wide)(spec->runtime < spec->request ? spec->runtime : spec->request) * procs;
    if (job->state == JOB_RUNNING) {
        cell->running_procs += procs;
        cell->running_since += (wide)job->began * procs;
    }
}

wide cell_received(const struct cell *cell, simtime end)
{
    REQUIRE(cell->len == 0);
    return cell->used + cell->lost + (wide)cell->running_procs * end - cell->running_since;
}

wide cell_delivered(const struct cell *cell, simtime end)
{
    return cell_received(cell, end) + cell->carried;
}

struct tally *cell_tally(const struct cell *cell, enum cell_quantity quantity)
{
    REQUIRE(cell->len == 0);
    return cell->tallies ? &cell->tallies[quantity] : NULL;
}

int64_t cell_ended(const struct cell *cell)
{
    return cell->jobs[JOB_COMPLETED] + cell->jobs[JOB_KILLED] + cell->jobs[JOB_FAILED];
}

int64_t cell_submitted(const struct cell *cell)
{
    int64_t all = 0;
    for (int s = 0; s < JOB_STATES; s++)
        all += cell->jobs[s];
    return all;
}
