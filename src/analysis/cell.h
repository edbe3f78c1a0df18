/* What is known of a group of jobs: how many ended how, what they used, and the tallies of how they
 * fared. Cells merge, so that one cell per (tenant, place, period) is touched per job and every
 * scope is put together at the end. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_CELL_H
#define ANALYSIS_CELL_H

#include "analysis/tally.h"
#include "model/job.h"

#define CELL_BATCH 256 /* jobs that are worked off at once */

enum cell_quantity { CELL_WAIT, CELL_RESPONSE, CELL_SLOWDOWN, CELL_SLOWDOWN_PP, CELL_QUANTITIES };

/* How one job fared. */
struct fare {
    simtime wait, response; /* response = end - submit; run = response - wait - again */
    int32_t procs;
    simtime again; /* of its running: done by attempts that were stopped, and done again */
};

/* Zeroed is empty. Jobs collect in `fares` and are worked off in batches, column by column; a small
 * cell never has tallies. */
struct cell {
    struct fare *fares; /* owned */
    uint32_t len, cap;
    int64_t jobs[JOB_STATES];
    int64_t reasons[JOB_REASONS]; /* of those rejected */
    bool any;                     /* a job was added: the next three are valid */
    simtime first_submit, last_start, last_end;
    int64_t bound, late; /* jobs with a deadline that ended; that did not complete by it */
    int64_t preemptions; /* times that jobs were stopped here for others, whatever became of them */
    wide lost;           /* processor-microseconds done here in vain by these attempts */
    wide *causes;        /* wait by enum wait_cause; NULL: none told of; owned */
    wide open_wait;      /* of jobs that were pending or running when the run ended */
    wide *open;          /* the same by enum wait_cause; NULL: none told of; owned */
    wide asked;          /* processor-microseconds that unfinished jobs need in all */
    wide carried;        /* processor-microseconds in the window of jobs submitted before it */
    wide ran; /* processor-microseconds that anybody received in the period of the cell */
    int64_t running_procs; /* of jobs running at the end ... */
    wide running_since;    /* ... and the sum of procs * start of this attempt over them */
    /* What cell_work_off writes: */
    struct tally *tallies; /* CELL_QUANTITIES or NULL; owned */
    int64_t waited;        /* jobs with wait > 0 */
    wide wait;             /* microseconds */
    wide used;             /* processor-microseconds of the runs that jobs ended with */
    struct exact_sum area_response, area_wait; /* processor-seconds times seconds */
};

void cell_deinit(struct cell *cell); /* leaves it empty */

/* A job that ran and ended. The state is counted apart, in jobs. `tau` (> 0): of the bounded
 * slowdown; one cell, one tau. True: its batch is full, and the next job works it off if nobody
 * took it away. Amortised O(1). */
bool cell_add(struct cell *cell, const struct fare *fare, simtime submit, simtime end, simtime tau);

/* What made a job wait that cell_add, or (`open`) cell_add_unfinished, is told of: job->wait_by.
 * `causes`: those that can occur, by bit. O(of these). */
void cell_add_causes(struct cell *cell, const simtime *wait_by, uint32_t causes, bool open);

/* tau as in cell_add. O(size of from). */
void cell_merge(struct cell *into, const struct cell *from, simtime tau);

/* Work off what waits in the batch; after that and until the next cell_add the tallies and sums
 * are whole. */
void cell_settle(struct cell *cell, simtime tau);

/* `len` jobs, at most CELL_BATCH, that no longer are in the cell's own batch. Touches none of what
 * cell_add, cell_add_causes and who counts in `jobs` write. */
void cell_work_off(struct cell *cell, const struct fare *fares, uint32_t len, simtime tau);

/* NULL if no job was added. Settled cells only. */
struct tally *cell_tally(const struct cell *cell, enum cell_quantity quantity);

/* A running job stopped for others, at `at`. */
void cell_add_stop(struct cell *cell, const struct job *job, simtime at);

/* A job that was pending or running when the run ended. */
void cell_add_unfinished(struct cell *cell, const struct job *job, int32_t procs);

/* Processor-microseconds received until `end`, the end of the run, without those carried. Settled
 * cells only. */
wide cell_received(const struct cell *cell, simtime end);

/* The same and what jobs submitted before the window received in it. */
wide cell_delivered(const struct cell *cell, simtime end);

/* Jobs that ran and ended: the ones that times are taken of. */
int64_t cell_ended(const struct cell *cell);
int64_t cell_submitted(const struct cell *cell);

#endif
