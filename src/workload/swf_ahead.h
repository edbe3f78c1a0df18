/* The rows of a log, read by a thread of its own while earlier ones are used: unpacking and parsing
 * cost a third of what simulating the jobs does. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_SWF_AHEAD_H
#define WORKLOAD_SWF_AHEAD_H

#include "workload/swf.h"

struct swf_ahead;

/* `swf` is borrowed; nobody else calls swf_next until this is freed. The first rows are read when
 * they are asked for, and a thread is started only for a log that goes on. Memory is constant. */
struct swf_ahead *swf_ahead_new(struct swf *swf);
void swf_ahead_free(struct swf_ahead *ahead); /* takes NULL; waits for what is being read */

/* As swf_next. */
int swf_ahead_next(struct swf_ahead *ahead, struct swf_row *ret_row, struct error *err);

#endif
