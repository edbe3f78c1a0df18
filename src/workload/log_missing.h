/* What `missing: {request: ...}` means; for the files of the log source alone. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_LOG_MISSING_H
#define WORKLOAD_LOG_MISSING_H

#include "workload/log.h"

enum log_missing { LOG_MISSING_RUNTIME, LOG_MISSING_DROP, LOG_MISSING_VALUE };

int log_missing_request(const struct log_params *params, enum log_missing *ret_rule,
                        simtime *ret_request, struct error *err);

#endif
