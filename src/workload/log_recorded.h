/* What a log says that its jobs did, held against its machine: a recorded schedule may give out
 * more processors at once than there are. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_LOG_RECORDED_H
#define WORKLOAD_LOG_RECORDED_H

#include "workload/log_report.h"
#include "workload/swf.h"

struct log_recorded;

struct log_recorded *log_recorded_new(int64_t machine);
void log_recorded_free(struct log_recorded *recorded); /* takes NULL */

/* The next row of the log; one without a wait, a run or a size is passed over. Memory is for jobs
 * that wait or run at one time in the log, and for no more than a million starts and ends: beyond
 * that rows are not looked at. One that began before the submission of a row above it counts from
 * there on. O(log of these). */
void log_recorded_add(struct log_recorded *recorded, const struct swf_row *row);

/* After the last row: the most processors given at once, if they are more than the machine has, and
 * the line of the job with which they first were; else 0. At one instant ends come first. */
struct log_count log_recorded_over(struct log_recorded *recorded);

#endif
