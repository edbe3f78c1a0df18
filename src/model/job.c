/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/job.h"

const char *const precision_names[] = {"fp64", "fp32", "fp16", "int8", NULL};

const char *const job_state_names[JOB_STATES] = {
    [JOB_COMPLETED] = "completed", [JOB_KILLED] = "killed",     [JOB_FAILED] = "failed",
    [JOB_ABANDONED] = "abandoned", [JOB_REJECTED] = "rejected", [JOB_PENDING] = "pending",
    [JOB_RUNNING] = "running",
};

#define NAME(cause, name, what) [cause] = name,
#define TEXT(cause, name, what) [cause] = what,

const char *const wait_cause_names[WAIT_CAUSES] = {WAIT_CAUSE_LIST(NAME)};
const char *const wait_cause_texts[WAIT_CAUSES] = {WAIT_CAUSE_LIST(TEXT)};

#define REASON_NAME(reason, name, what) [reason] = what,
const char *const job_reason_names[JOB_REASONS] = {[REASON_NONE] = "none",
                                                   REJECTION_LIST(REASON_NAME)};

simtime job_runtime_of_work(const struct job_spec *spec, int32_t procs, const double *speeds)
{
    /* Up, but for what is left of rounding: 1 h of work takes 1 h and no microsecond more. */
    const double seconds = spec->work / (procs * speeds[spec->precision]);
    return simtime_ceil_seconds(seconds * (1 - 0x1p-50));
}

/* A factor of 1 must leave the run time as it is. */
static simtime scaled(simtime runtime, double factor)
{
    const double us = ceil((double)runtime * factor);
    return us < (double)SIMTIME_NEVER ? (simtime)us : SIMTIME_NEVER;
}

simtime job_request_of_work(const struct job_spec *spec, int32_t procs, const double *speeds)
{
    if (spec->request_factor < 0)
        return spec->request;
    const simtime runtime = job_runtime_of_work(spec, procs, speeds);
    return spec->request_factor == 1 ? runtime : scaled(runtime, spec->request_factor);
}

void job_place(struct job_spec *spec, int32_t procs, const double *speeds)
{
    if (spec->work == 0)
        return;
    spec->request = job_request_of_work(spec, procs, speeds);
    spec->runtime = job_runtime_of_work(spec, procs, speeds);
}
