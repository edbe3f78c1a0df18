/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/ranks.h"

#include "stats/moments.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct placed {
    double value;
    size_t at;
};

static int compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

void ranks_of(const double *values, size_t n, double *ret)
{
    struct placed *items = mem_new(n, sizeof(*items));
    for (size_t i = 0; i < n; i++)
        items[i] = (struct placed){values[i], i};
    qsort(items, n, sizeof(*items), compare);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && items[end].value == items[i].value;)
            end++;
        for (size_t k = i; k < end; k++)
            ret[items[k].at] = (double)(i + 1 + end) / 2;
    }
    free(items);
}

double ranks_correlation(const double *a, const double *b, size_t n)
{
    double *x = mem_new(n, sizeof(*x)), *y = mem_new(n, sizeof(*y)), sum = 0;
    ranks_of(a, n, x);
    ranks_of(b, n, y);
    const struct moments mx = moments_of(x, n), my = moments_of(y, n);
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mx.mean) * (y[i] - my.mean);
    const double ret = n >= 3 && mx.m2 > 0 && my.m2 > 0 ? sum / sqrt(mx.m2 * my.m2) : (double)NAN;
    free(x);
    free(y);
    return ret;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double values_quantile(const double *values, size_t n, double p)
{
    if (n == 0)
        return (double)NAN;
    double *sorted = mem_new(n, sizeof(*sorted));
    memcpy(sorted, values, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), ascending);
    const double rank = ceil(p * (double)n);
    const double ret = sorted[rank < 1 ? 0 : (size_t)rank - 1];
    free(sorted);
    return ret;
}
