/* What was odd in the logs of a scenario, in lines for people. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_LOG_NOTES_H
#define CLI_LOG_NOTES_H

#include "scenario/build.h"
#include "workload/log_report.h"

/* A line a kind, however many workloads read one log: "users/log: 1 job: left out, run time zero".
 * `reports`: by workload, NULL where it reads none. To be freed with each item. */
struct texts log_notes(const struct build *build, const struct log_report *const *reports);

#endif
