/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/job.h"

const char *const job_state_names[JOB_STATES] = {
    [JOB_COMPLETED] = "completed", [JOB_KILLED] = "killed",     [JOB_FAILED] = "failed",
    [JOB_ABANDONED] = "abandoned", [JOB_REJECTED] = "rejected", [JOB_PENDING] = "pending",
    [JOB_RUNNING] = "running",
};

#define NAME(cause, name, what) [cause] = name,
#define TEXT(cause, name, what) [cause] = what,

const char *const wait_cause_names[WAIT_CAUSES] = {WAIT_CAUSE_LIST(NAME)};
const char *const wait_cause_texts[WAIT_CAUSES] = {WAIT_CAUSE_LIST(TEXT)};

const char *const job_reason_names[JOB_REASONS] = {
    [REASON_NONE] = "none",
    [REASON_TOO_LARGE] = "asks more than the partition ever has",
    [REASON_MAX_QUEUED] = "limit on queued jobs",
    [REASON_MAX_PROCESSORS] = "limit on processors a job",
    [REASON_QUOTA] = "asks more than a quota allows",
    [REASON_QUOTA_QUEUED] = "quota of queued jobs",
};
