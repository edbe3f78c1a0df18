/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/interval.h"

#include "util/mem.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

double student_quantile(double confidence, double degrees)
{
    return gsl_cdf_tdist_Qinv((1 - confidence) / 2, degrees);
}

double student_p(double t, double degrees)
{
    return 2 * gsl_cdf_tdist_Q(fabs(t), degrees);
}

struct interval interval_mean(const struct moments *moments, double confidence)
{
    struct interval ret = {moments->n > 0 ? moments->mean : (double)NAN, (double)NAN, (double)NAN};
    if (moments->n < 2)
        return ret;
    const double half =
        student_quantile(confidence, (double)(moments->n - 1)) * moments_error(moments);
    ret.lo = ret.value - half;
    ret.hi = ret.value + half;
    return ret;
}

double interval_half(const struct interval *interval)
{
    return (interval->hi - interval->lo) / 2;
}

int interval_digits(double half)
{
    if (!(half > 0) || !isfinite(half))
        return -1;
    const int digits = 1 - (int)floor(log10(half));
    return digits < 0 ? 0 : digits > 6 ? 6 : digits;
}

/* P(B <= k) of B binomial(n, p); k = -1 too. */
static double below(size_t n, double p, int64_t k)
{
    return k < 0 ? 0 : gsl_cdf_binomial_P((unsigned)k, p, (unsigned)n);
}

double quantile_cover(size_t n, double p, size_t r, size_t s)
{
    return below(n, p, (int64_t)s - 1) - below(n, p, (int64_t)r - 1);
}

/* Of all r the least s, and of these pairs the narrowest; ties: the one that covers most. */
struct interval interval_quantile(const double *sorted, size_t n, double p, double confidence)
{
    struct interval ret = {(double)NAN, (double)NAN, (double)NAN};
    if (n == 0)
        return ret;
    const double rank = ceil((double)n * p);
    ret.value = sorted[rank < 1 ? 0 : (size_t)rank - 1];
    size_t width = SIZE_MAX, s = 1;
    double best = 0;
    for (size_t r = 1; r <= n && s <= n; r++) {
        s = s > r ? s : r + 1;
        while (s <= n && quantile_cover(n, p, r, s) < confidence)
            s++;
        if (s > n)
            break;
        const double cover = quantile_cover(n, p, r, s);
        if (s - r < width || (s - r == width && cover > best)) {
            width = s - r;
            best = cover;
            ret.lo = sorted[r - 1];
            ret.hi = sorted[s - 1];
        }
    }
    return ret;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

struct interval interval_of_quantile(const double *values, size_t n, double p, double confidence)
{
    double *sorted = mem_new(n, sizeof(*sorted));
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            sorted[len++] = values[i];
    if (len > 0)
        qsort(sorted, len, sizeof(*sorted), ascending);
    const struct interval ret = interval_quantile(sorted, len, p, confidence);
    free(sorted);
    return ret;
}

#define NEEDED_MAX 1e9

size_t interval_needed(double sd, double half, double confidence)
{
    REQUIRE(half > 0);
    const double ratio = sd / half;
    if (!(ratio * ratio * 4 < NEEDED_MAX))
        return SIZE_MAX;
    /* Begin with the normal quantile, which is smaller, and step up. */
    const double z = gsl_cdf_ugaussian_Qinv((1 - confidence) / 2);
    size_t n = (size_t)fmax(2, floor(z * z * ratio * ratio));
    while (student_quantile(confidence, (double)(n - 1)) * ratio > sqrt((double)n))
        n++;
    return n;
}

bool interval_reached(const struct interval *interval, double relative)
{
    return interval_half(interval) <= relative / (1 + relative) * fabs(interval->value);
}
