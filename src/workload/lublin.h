/* The workload of a parallel machine after Lublin and Feitelson, "The workload on parallel
 * supercomputers: modeling the characteristics of rigid jobs" (JPDC 2003): sizes with serial jobs
 * and powers of two, run times that grow with size, arrivals with a daily cycle; batch and
 * interactive jobs apart, or one typeless stream. With the parameters of the authors' program.
 *
 * Differs from that program in keeping its clock in floating point: a clock in whole seconds loses
 * half a second a job, the cycle of the day does not, and so the two drift apart. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_LUBLIN_H
#define WORKLOAD_LUBLIN_H

#include "workload/place.h"
#include "workload/request.h"
#include "workload/source.h"

/* One kind of jobs. Times are of the natural logarithm of seconds. */
struct lublin_class {
    double serial, power_of_2;     /* probabilities */
    double u_low, u_med, u_high;   /* log2 of the size: two uniforms that meet at u_med, */
    double u_prob;                 /* the lower with this probability */
    double a1, b1, a2, b2, pa, pb; /* run time: gamma 1 with probability pa size + pb, else 2 */
    double aarr, barr, arar;       /* gap in the rush hours: gamma(aarr arar, barr) */
    double anum, bnum;             /* daily cycle: gamma over half hours from 5:30 */
};

struct lublin_params {
    int64_t machine;       /* processors; 128: as published. Others shift u_med and u_high */
    bool typed;            /* batch and interactive jobs; false: typeless */
    double arrival_factor; /* so many times as many jobs, with the same daily cycle */
    struct date_value from, until;
    struct lublin_class batch, interactive, typeless;
};

extern const struct field lublin_fields[];
int lublin_check(const struct lublin_params *params, struct error *err);
bool lublin_is_endless(const struct lublin_params *params);

/* Expected processor-seconds asked for per second while jobs arrive, were there room and time for
 * all. About a millisecond. */
double lublin_load(const struct lublin_params *params);

/* The same of jobs of at most `most` processors, which end at their request (NULL: none). Sets the
 * rate of those, and of all. */
double lublin_load_within(const struct lublin_params *params, int64_t most,
                          const struct kinded *request, double *ret_rate, double *ret_all);

/* Expected jobs per second while they arrive. */
double lublin_rate(const struct lublin_params *params);

/* params and request (kind NULL: exact) are borrowed and outlive the source. */
struct source *lublin_new(const struct place *place, const struct lublin_params *params,
                          const struct kinded *request, struct error *err);

#endif
