/* One run of a comparison, in a worker: made, measured and put into bytes; and out of them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_COMPARE_ONE_H
#define EXPERIMENT_COMPARE_ONE_H

#include "experiment/compare.h"
#include "experiment/pool.h"

/* Waits of a run's jobs in order of submission, as means of batches of `per` jobs; s. */
struct waits {
    bool grew;    /* the queue, all the time */
    double left;  /* share of the jobs that still waited at the end */
    uint64_t per; /* 5 times a power of two */
    uint64_t len;
    double *waits;  /* owned */
    double *firsts; /* of the first job of each alone; owned */
    double *begins; /* when the first job of each was submitted, s since the start; owned */
};
void waits_deinit(struct waits *waits);

/* More batches than these are joined by twos. */
enum { WAITS_MOST = 4000 };

/* Means of neighbours until `per` is reached, a power of two times its own. */
void waits_coarsen(struct waits *waits, uint64_t per);

/* Run a program; its measures, or an error, into bytes. With `pilot` its waits instead. */
void compare_one_make(const struct compare *compare, const struct program *program,
                      const bool *valid, uint64_t replication, bool pilot, struct pool_bytes *ret);

/* The first of the errors instead of a result. */
void compare_one_fault(struct pool_bytes *bytes, const struct error_list *errors);

/* -1 with the error that the run met. Tenants new to `compare` are added. */
int compare_one_read(struct compare *compare, const struct pool_result *result,
                     struct compare_one *ret, struct error *err);
int waits_read(struct compare *compare, const struct pool_result *result, struct waits *ret,
               struct error *err);
void compare_one_deinit(struct compare_one *one);

uint64_t compare_seed(const struct compare *compare);

#endif
