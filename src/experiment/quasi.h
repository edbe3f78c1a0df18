/* Quasi-random numbers: Sobol's sequence (Bratley and Fox, TOMS 14, 1988) moved by a random shift
 * modulo 1 (Cranley and Patterson, SIAM J. Numer. Anal. 13, 1976). The first point is the origin,
 * which GSL leaves out and the sequence needs (Owen, On dropping the first Sobol' point, 2020): any
 * 2^m points then have one in each of 2^m strata of each column. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_QUASI_H
#define EXPERIMENT_QUASI_H

#include "util/base.h"

/* Columns that GSL has numbers for. */
size_t quasi_factors_max(void);

/* points x n numbers of [0, 1), row by row. The shift of column i is drawn at the address names[i],
 * purposes[i]. */
void quasi_fill(const char *const *names, const char *const *purposes, size_t n, uint64_t seed,
                size_t points, double *ret);

#endif
