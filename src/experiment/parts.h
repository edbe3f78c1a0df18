/* The runs of a sweep handed out in parts to processes elsewhere. Each time they are handed out is
 * a round, with a folder of its own:
 *
 *   DIR/slurm/0001/runs     size of a part and number of runs, then the runs, a line of one width
 *                           each, so that a process reads no more than its part
 *   DIR/slurm/0001/job.sh, id, K.out    the batch script, the job's number, what part K printed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_PARTS_H
#define EXPERIMENT_PARTS_H

#include "util/error.h"

/* Zeroed is empty. */
struct round {
    char *dir;  /* DIR/slurm/0001; owned */
    char *name; /* "slurm-0001": how the names of its journals begin; owned */
    size_t parts;
};

/* A new round under DIR. -1 with an error. To be deinitialised in either case. */
int round_make(struct round *round, const char *dir, const uint64_t *runs, size_t n_runs,
               size_t part_size, struct error *err);

/* The last round under DIR; dir is NULL if there was none. -1 with an error. */
int round_last(struct round *round, const char *dir, struct error *err);
void round_deinit(struct round *round);

/* A text of the round, "id" say; to be freed; NULL: there is none. */
char *round_text(const struct round *round, const char *name);

/* A part, named as "DIR/slurm/0001/12". */
struct part {
    char *sweep_dir; /* DIR; owned */
    char *name;      /* "slurm-0001-12": of its journals; owned */
    uint64_t *runs;  /* owned */
    size_t n_runs;
};

/* -1 with an error. To be deinitialised in either case. O(runs of the part). */
int part_read(struct part *part, const char *path, struct error *err);
void part_deinit(struct part *part);

#endif
