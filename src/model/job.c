/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/job.h"

const char *const job_state_names[JOB_STATES] = {
    [JOB_COMPLETED] = "completed", [JOB_KILLED] = "killed",     [JOB_FAILED] = "failed",
    [JOB_ABANDONED] = "abandoned", [JOB_REJECTED] = "rejected", [JOB_PENDING] = "pending",
    [JOB_RUNNING] = "running",
};

const char *const wait_cause_names[WAIT_CAUSES] = {
    [CAUSE_DEPENDENCY] = "dependency", [CAUSE_DATA] = "data",
    [CAUSE_BROKER] = "broker",         [CAUSE_QUOTA] = "quota",
    [CAUSE_BUDGET] = "budget",         [CAUSE_GUARANTEE] = "guarantee",
    [CAUSE_CAPACITY] = "capacity",     [CAUSE_FRAGMENTATION] = "fragmentation",
    [CAUSE_RESERVED] = "reserved",     [CAUSE_ORDER] = "order",
};

const char *const job_reason_names[JOB_REASONS] = {
    [REASON_NONE] = "none",
    [REASON_TOO_LARGE] = "asks more than the partition ever has",
    [REASON_MAX_QUEUED] = "limit on queued jobs",
    [REASON_MAX_PROCESSORS] = "limit on processors a job",
};
