/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/kinds.h"

const struct workload_kind *const workload_kinds[] = {
    &workload_jobs, &workload_log, &workload_generated, &workload_lublin, NULL,
};
