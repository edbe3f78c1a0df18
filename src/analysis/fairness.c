/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/fairness.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct claim {
    double demand, weight;
};

/* By the level at which it has enough. */
static int by_level(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    const double left = x->demand * y->weight, right = y->demand * x->weight;
    return (left > right) - (left < right);
}

void fair_shares(double capacity, const double *demands, const double *weights, size_t len,
                 double *ret_shares)
{
    struct claim *sorted = mem_new(len, sizeof(*sorted));
    double weight = 0;
    for (size_t i = 0; i < len; i++) {
        sorted[i] = (struct claim){demands[i], weights ? weights[i] : 1};
        weight += sorted[i].weight;
    }
    qsort(sorted, len, sizeof(*sorted), by_level);
    /* Fill everybody to the same level; whoever has enough drops out. */
    double level = (double)INFINITY, left = capacity;
    for (size_t i = 0; i < len; i++) {
        const double even = left / weight;
        if (sorted[i].demand > even * sorted[i].weight) {
            level = even;
            break;
        }
        left -= sorted[i].demand;
        weight -= sorted[i].weight;
    }
    free(sorted);
    for (size_t i = 0; i < len; i++) {
        const double most = level * (weights ? weights[i] : 1);
        ret_shares[i] = demands[i] < most ? demands[i] : most;
    }
}

double jain_index(const double *values, size_t len)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < len; i++) {
        sum += values[i];
        squares += values[i] * values[i];
    }
    return squares > 0 ? sum * sum / ((double)len * squares) : (double)NAN;
}

double gini_coefficient(double *values, size_t len)
{
    if (len == 0)
        return (double)NAN;
    qsort(values, len, sizeof(*values), by_value);
    double sum = 0, ranked = 0;
    for (size_t i = 0; i < len; i++) {
        sum += values[i];
        /* Weights that add up to zero: equal values give exactly zero. */
        ranked += (2 * (double)i + 1 - (double)len) * values[i];
    }
    return sum > 0 ? ranked / ((double)len * sum) : (double)NAN;
}
