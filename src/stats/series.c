/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/series.h"

#include "stats/ranks.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

double series_lag1(const double *values, size_t n)
{
    const struct moments all = moments_of(values, n);
    double sum = 0;
    if (n < 3 || !(all.m2 > 0))
        return (double)NAN;
    for (size_t i = 0; i + 1 < n; i++)
        sum += (values[i] - all.mean) * (values[i + 1] - all.mean);
    return sum / all.m2;
}

double series_neumann(const double *values, size_t n)
{
    const struct moments all = moments_of(values, n);
    double sum = 0;
    if (n < 3 || !(all.m2 > 0))
        return (double)NAN;
    for (size_t i = 0; i + 1 < n; i++)
        sum += (values[i + 1] - values[i]) * (values[i + 1] - values[i]);
    const double count = (double)n;
    return (1 - sum / all.m2 / 2) / sqrt((count - 2) / (count * count - 1));
}

size_t series_batches(const double *values, size_t n, size_t per, double *ret)
{
    const size_t batches = n / per;
    for (size_t b = 0; b < batches; b++)
        ret[b] = moments_of(values + b * per, per).mean;
    return batches;
}

enum { BATCHES_MOST = 64, BATCHES_LEAST = 8 };
#define NEUMANN_LIMIT 1.6448536269514722

struct batch_means series_batch_means(const double *values, size_t n, double confidence)
{
    struct batch_means ret = {.interval = {(double)NAN, (double)NAN, (double)NAN},
                              .lag1 = (double)NAN,
                              .correlated = true};
    double means[BATCHES_MOST];
    if (n > 0)
        ret.interval.value = moments_of(values, n).mean;
    if (n < 2 * BATCHES_LEAST)
        return ret;
    for (size_t batches = BATCHES_MOST; batches >= BATCHES_LEAST; batches /= 2) {
        if (n < 2 * batches)
            continue;
        ret.per = n / batches;
        ret.batches = batches;
        /* of more than `batches` that fit, the last ones: the beginning is the least sure */
        const double *from = values + (n - ret.per * batches);
        series_batches(from, ret.per * batches, ret.per, means);
        ret.lag1 = series_lag1(means, batches);
        ret.correlated = series_neumann(means, batches) > NEUMANN_LIMIT;
        if (!ret.correlated)
            break;
    }
    const struct moments all = moments_of(means, ret.batches);
    ret.interval = interval_mean(&all, confidence);
    return ret;
}

/* Into ret[n]: 1 where a value is above the limit. */
static void above(const double *values, size_t n, double limit, double *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = values[i] > limit;
}

struct spaced_quantile series_quantile(const double *values, size_t n, double p, double confidence)
{
    struct spaced_quantile ret = {.interval = {(double)NAN, (double)NAN, (double)NAN}};
    double *kept = mem_new(2 * n, sizeof(*kept)), *beside = kept + n;
    for (size_t spacing = 1; spacing <= n; spacing *= 2) {
        const size_t len = n / spacing;
        /* the last ones: the beginning is the least sure */
        for (size_t i = 0; i < len; i++)
            kept[i] = values[n - 1 - (len - 1 - i) * spacing];
        above(kept, len, values_quantile(kept, len, p), beside);
        const double neumann = series_neumann(beside, len);
        if (isnan(neumann))
            break;
        if (neumann <= NEUMANN_LIMIT) {
            ret.n = len;
            ret.spacing = spacing;
            ret.interval = interval_of_quantile(kept, len, p, confidence);
            break;
        }
    }
    free(kept);
    return ret;
}

size_t series_mser(const double *values, size_t n, size_t batch, bool *ret_late)
{
    const size_t batches = n / batch, looked = batches / 2;
    *ret_late = true;
    if (batches < 10)
        return 0;
    double *means = mem_new(batches, sizeof(*means));
    series_batches(values, n, batch, means);
    struct moments rest = {0};
    double least = (double)INFINITY;
    size_t at = 0;
    /* from the end on, so that each step adds one */
    for (size_t d = batches; d-- > 0;) {
        moments_add(&rest, means[d]);
        const double value = rest.m2 / ((double)rest.n * (double)rest.n);
        if (d <= looked && value <= least) {
            least = value;
            at = d;
        }
    }
    free(means);
    *ret_late = at == looked;
    return at * batch;
}
