/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/moments.h"

#include <math.h>

void moments_add(struct moments *moments, double value)
{
    const double away = value - moments->mean;
    moments->n++;
    moments->mean += away / (double)moments->n;
    moments->m2 += away * (value - moments->mean);
}

struct moments moments_of(const double *values, size_t n)
{
    struct moments moments = {0};
    for (size_t i = 0; i < n; i++)
        moments_add(&moments, values[i]);
    return moments;
}

double moments_variance(const struct moments *moments)
{
    return moments->n < 2 ? (double)NAN : moments->m2 / (double)(moments->n - 1);
}

double moments_sd(const struct moments *moments)
{
    return sqrt(moments_variance(moments));
}

double moments_error(const struct moments *moments)
{
    return moments_sd(moments) / sqrt((double)moments->n);
}
