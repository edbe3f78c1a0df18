/* What wall time users ask for, given how long their jobs run. Serves generated workloads and logs:
 *   exact                      the run time itself (the default)
 *   {factor: DIST}             run time x factor; below 1 the job will be killed at its request
 *   {modal: {values: [...]}}   the smallest round value that is long enough
 *   {tsafrir: {max: 18h}}      the model of tsafrir.h
 *   2h, {lognormal: ...}       a distribution of its own, whatever the run time */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_REQUEST_H
#define WORKLOAD_REQUEST_H

#include "model/job.h"
#include "util/dist.h"
#include "util/rng.h"

/* Its `otherwise` is the kind `time`: a value that names no kind of the list is its shorthand. */
extern const struct kind_list request_kinds;

/* kinded is borrowed for as long as the model lives; kind NULL means exact. runtime, for the call
 * only: how run times are distributed, where that is known; NULL: not known. */
struct request *request_new(const struct kinded *kinded, const struct dist *runtime,
                            struct rng_seed seed, const char *path, struct error *err);
void request_free(struct request *request);

/* Does it leave anything to chance? */
bool request_draws(const struct kinded *kinded);
AUTO_DEFINE(struct request *, request_free)

/* Beforehand, where a log's run times (seconds, ascending) are known. */
void request_couple_sample(struct request *request, const double *runtimes, size_t len);

/* rng: placed at the job's ordinal of purpose "request". */
simtime request_draw(const struct request *request, simtime runtime, gsl_rng *rng);

/* Jobs given by work: their run time is known only where they run, so the request is exact, a
 * factor of it or a time of its own. Sets request_factor and request of the job; the rest as for
 * request_draw. */
int request_check_work(const struct kinded *kinded, struct error *err);
void request_draw_work(const struct request *request, gsl_rng *rng, struct job_spec *spec);

/* E[min(1, request / run time)] where that does not depend on the run time, else 1. */
double request_mean_share(const struct kinded *kinded);

/* The request itself, where it does not depend on the run time; else NULL. */
const struct dist *request_time(const struct kinded *kinded);

/* P(request <= most), most in seconds; E[served; request <= most], where served is the run time or,
 * if jobs are killed at their request, the lesser of both. NaN where that is not known: of models,
 * where chance makes both the run time (NULL: not known) and the factor, and where the run time is
 * not known. */
struct request_part {
    double jobs, time;
};

struct request_part request_within(const struct kinded *kinded, const struct dist *runtime,
                                   double most, bool kills);

/* The most that may be asked for, where request_within is known; INFINITY: no bound. */
double request_greatest(const struct kinded *kinded, const struct dist *runtime);

/* E[min(run time, request)]: what jobs run on average where they are killed at their request.
 * INFINITY where infinite. kinded: as passed its check. */
double request_mean_cut(const struct kinded *kinded, const struct dist *runtime);

/* The same for jobs of one run time, in seconds. */
double request_cut_at(const struct kinded *kinded, double runtime);

#endif
