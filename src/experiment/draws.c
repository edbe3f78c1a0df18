/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/draws.h"

#include "util/dist.h"

static bool workload_draws(const struct workload *workload)
{
    double value;
    const struct dist *data = workload->freight.data, *deadline = workload->deadline;
    return !workload->kind->draws || workload->kind->draws(workload->params) ||
           (data && !dist_is_constant(data, &value)) ||
           (deadline && !dist_is_constant(deadline, &value));
}

/* As it is at the start: what has no chance in it may not change at a date but for its priority. */
bool program_draws(const struct program *program)
{
    const struct scenario *scenario = program->epochs[0].scenario;
    for (size_t i = 0; i < scenario->rows.len; i++) {
        const struct tenant *tenant = scenario->rows.items[i].tenant;
        const struct workload *workloads = tenant->workloads.items;
        if (tenant->n_variations > 0)
            return true;
        for (size_t k = 0; k < tenant->workloads.len; k++)
            if (workload_draws(&workloads[k]))
                return true;
    }
    return false;
}
