/* Whether steady runs are long enough to have filled the machine. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/compare.h"

#include <math.h>
#include <string.h>

/* Partitions that are a part of another have no nodes of their own. */
static double installed(const struct build *build)
{
    double sum = 0;
    for (size_t row = 0; row < build->world.n_partitions; row++) {
        const struct partition_setup *setup = &build->partitions[row].setup;
        for (size_t g = 0; g < setup->n_groups && !build->world.partitions[row].part; g++)
            sum += (double)setup->groups[g].nodes * (double)setup->groups[g].procs_per_node;
    }
    return sum;
}

double compare_offered(const struct build *build)
{
    double asked = 0;
    for (size_t w = 0; w < build->world.n_workloads; w++) {
        const struct build_workload *workload = &build->workloads[w];
        struct workload_outlook outlook = {0};
        struct workload_context context = workload->context;
        if (workload->workload->kind->outlook(workload->workload->params, &context, &outlook,
                                              NULL) < 0 ||
            !outlook.endless || outlook.even)
            return (double)NAN;
        asked += outlook.load;
    }
    return asked / installed(build);
}

static size_t utilisation(const struct compare *compare)
{
    size_t m = 0;
    while (strcmp(compare->measures.items[m].selector, COMPARE_USED) != 0)
        m++;
    return m;
}

bool compare_unfilled(const struct compare *compare, size_t arm, double *ret_used)
{
    const size_t measure = utilisation(compare);
    const double offered = compare->arms.items[arm].offered;
    struct moments used = {0};
    for (size_t r = 0; r < compare->replications; r++) {
        const double value = compare_value(compare, r, arm, measure);
        if (!isnan(value))
            moments_add(&used, value);
    }
    const struct interval interval = interval_mean(&used, COMPARE_CONFIDENCE);
    *ret_used = interval.value;
    return compare->steady && used.n > 0 && (isnan(interval.hi) || interval.hi < offered) &&
           interval.value < COMPARE_FILLED * offered;
}
