/* The few things a sweep asks of Slurm, by its own commands: sbatch, squeue, scancel. Slurm speaks
 * of a job array of tasks 0 .. n - 1. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SLURM_H
#define EXPERIMENT_SLURM_H

#include "util/error.h"

struct slurm_array {
    const char *script;         /* path of the batch script */
    const char *name;           /* of the job */
    const char *output;         /* of its tasks: a pattern with %A and %a, no spaces around it */
    size_t tasks;               /* from 1 */
    size_t at_once;             /* tasks that may run at a time; 0: no limit */
    const char *const *options; /* further options of sbatch, as given; they come last and win */
    size_t n_options;
};

enum { SLURM_ID_SIZE = 64 };

/* Submit. The job's id, "123" or "123;cluster" without its cluster, into id. -1 with what sbatch
 * said. */
int slurm_submit(const struct slurm_array *array, char id[SLURM_ID_SIZE], struct error *err);

/* Tasks of an array that have not ended. */
struct slurm_tasks {
    size_t pending, running; /* running includes those that are just ending */
    char reason[64];         /* why one of the pending waits; "" */
};

/* An array that squeue knows no more has no tasks left. -1 with an error: squeue cannot be asked
 * now, the controller does not answer, say; worth asking again. */
int slurm_ask(const char *id, struct slurm_tasks *ret, struct error *err);

int slurm_cancel(const char *id, struct error *err);

/* Most tasks in one array that the site allows (MaxArraySize); -1 with an error: not known. */
int slurm_most_tasks(size_t *ret, struct error *err);

#endif
