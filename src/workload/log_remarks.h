/* What is odd about the jobs of a log; for the files of logs alone. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_LOG_REMARKS_H
#define WORKLOAD_LOG_REMARKS_H

#include "workload/log.h"

struct log_remarks {
    const struct log_context *context; /* borrowed */
    int64_t stated;                    /* MaxProcs of the header; below 1: not said */
    int64_t last_number;               /* the largest of the jobs above */
    simtime last_job;                  /* submission of the job above */
    bool any_job;
};

/* The user, group, ... of a row; 0 by nothing. */
int64_t log_key_of(enum log_key by, const struct swf_row *row);

/* The next job that can be used, of `size` processors, which are of the `other` field than the one
 * wanted: its marks. */
uint32_t log_remark(struct log_remarks *remarks, const struct swf_row *row, int64_t size,
                    bool other);

#endif
