/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/pairs.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

struct moments pairs_moments(const double *a, const double *b, size_t n)
{
    struct moments moments = {0};
    for (size_t i = 0; i < n; i++)
        if (!isnan(a[i]) && !isnan(b[i]))
            moments_add(&moments, b[i] - a[i]);
    return moments;
}

double pairs_gain(const double *a, const double *b, size_t n, double confidence)
{
    struct moments x = {0}, y = {0};
    for (size_t i = 0; i < n; i++)
        if (!isnan(a[i]) && !isnan(b[i])) {
            moments_add(&x, a[i]);
            moments_add(&y, b[i]);
        }
    if (x.n < 2)
        return (double)NAN;
    const double count = (double)x.n;
    const double vx = moments_variance(&x) / count, vy = moments_variance(&y) / count;
    if (!(vx + vy > 0))
        return (double)NAN;
    const double degrees = (vx + vy) * (vx + vy) * (count - 1) / (vx * vx + vy * vy);
    const struct moments difference = pairs_moments(a, b, n);
    const struct interval paired = interval_mean(&difference, confidence);
    return student_quantile(confidence, degrees) * sqrt(vx + vy) / interval_half(&paired);
}

double pairs_p(const struct moments *difference)
{
    if (difference->n < 2)
        return 1;
    const double error = moments_error(difference);
    if (!(error > 0))
        return difference->mean == 0 ? 1 : 0;
    return student_p(difference->mean / error, (double)(difference->n - 1));
}

bool pairs_same(const struct moments *difference)
{
    return difference->n > 0 && difference->mean == 0 && !(difference->m2 > 0);
}

enum verdict pairs_verdict(const struct judged *judged, double confidence)
{
    const struct interval interval = interval_mean(&judged->difference, confidence);
    if (isnan(interval.lo))
        return VERDICT_NONE;
    if (interval.lo >= -judged->matters && interval.hi <= judged->matters)
        return VERDICT_EQUIVALENT;
    if (interval.lo == 0 && interval.hi == 0)
        return VERDICT_EQUIVALENT;
    if (interval.lo > 0)
        return judged->lower_is_better ? VERDICT_WORSE : VERDICT_BETTER;
    if (interval.hi < 0)
        return judged->lower_is_better ? VERDICT_BETTER : VERDICT_WORSE;
    return VERDICT_OPEN;
}

/* The interval lies within what matters as soon as its half-width is at most matters - |mean|. */
double pairs_verdict_p(const struct judged *judged)
{
    const struct moments *difference = &judged->difference;
    double p = pairs_p(difference);
    if (difference->n < 2)
        return 1;
    const double error = moments_error(difference), room = judged->matters - fabs(difference->mean);
    if (!(error > 0))
        return 0;
    if (room > 0)
        p = fmin(p, student_p(room / error, (double)(difference->n - 1)));
    return p;
}

/* Of so many pairs or more the half-width and what the mean is likely to be off by stay within
 * `room` > 0 together, but for a chance of 1 - power. SIZE_MAX: beyond 10^9. */
static size_t likely(double sd, double room, double confidence, double power)
{
    const double ratio = sd / room;
    size_t n = interval_needed(sd, room, confidence);
    if (n == SIZE_MAX || ratio * ratio > 1e8)
        return SIZE_MAX;
    for (;; n += 1 + n / 1000) {
        const double degrees = (double)(n - 1);
        /* student_quantile is two-sided */
        const double t =
            student_quantile(confidence, degrees) + student_quantile(2 * power - 1, degrees);
        if (t * ratio <= sqrt((double)n))
            return n;
    }
}

size_t pairs_needed(const struct judged *judged, double confidence)
{
    const struct moments *difference = &judged->difference;
    const double sd = moments_sd(difference), away = fabs(difference->mean);
    if (!(sd > 0))
        return 0;
    size_t needed = away > 0 ? likely(sd, away, confidence, NEEDED_POWER) : SIZE_MAX;
    const double room = judged->matters - away;
    if (room > 0) {
        /* the interval may pass either end */
        const size_t within = likely(sd, room, confidence, (1 + NEEDED_POWER) / 2);
        needed = within < needed ? within : needed;
    }
    return needed;
}

struct ranked {
    double p;
    size_t at;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

static struct ranked *rank_all(const double *p, size_t n)
{
    struct ranked *items = mem_new(n, sizeof(*items));
    for (size_t i = 0; i < n; i++)
        items[i] = (struct ranked){p[i], i};
    qsort(items, n, sizeof(*items), compare);
    return items;
}

void holm(const double *p, size_t n, double confidence, double *ret)
{
    struct ranked *items = rank_all(p, n);
    bool passed = true;
    for (size_t k = 0; k < n; k++) {
        const double alpha = (1 - confidence) / (double)(n - k);
        ret[items[k].at] = passed ? 1 - alpha : 1;
        passed = passed && items[k].p <= alpha;
    }
    free(items);
}

void holm_adjusted(const double *p, size_t n, double *ret)
{
    struct ranked *items = rank_all(p, n);
    double least = 0;
    for (size_t k = 0; k < n; k++) {
        least = fmax(least, fmin(1, items[k].p * (double)(n - k)));
        ret[items[k].at] = least;
    }
    free(items);
}
