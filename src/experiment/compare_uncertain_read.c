/* What the runs of an uncertain scenario show. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/compare_uncertain.h"
#include "stats/ranks.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *uncertain_override(const struct compare *compare, size_t arm)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    for (size_t i = 0; i < uncertain->assumptions.len && arm; i++)
        if (!uncertain_is_void(compare, i, arm) &&
            compare_sets(compare, arm, uncertain->assumptions.items[i].path))
            return uncertain->assumptions.items[i].path;
    return NULL;
}

static struct interval middle(const double *values, size_t n)
{
    const struct moments all = moments_of(values, n);
    return (struct interval){n ? all.mean : (double)NAN, values_quantile(values, n, 0.025),
                             values_quantile(values, n, 0.975)};
}

struct interval uncertain_spread(const struct compare *compare, size_t arm)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    double *effects = mem_new(uncertain->points, sizeof(*effects));
    size_t n = 0;
    for (size_t p = 0; p < uncertain->points; p++) {
        effects[n] = uncertain->worlds[p].effects[arm];
        n += !isnan(effects[n]);
    }
    const struct interval ret = middle(effects, n);
    free(effects);
    return ret;
}

static bool is_none(double effect)
{
    return isnan(effect) != 0;
}

static bool is_unbounded(double effect)
{
    return isinf(effect) != 0;
}

/* Of those that were run. */
static size_t count(const struct compare *compare, size_t arm, bool (*is)(double effect))
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    size_t n = 0;
    for (size_t p = 0; p < uncertain->points; p++)
        n += !uncertain->worlds[p].missing[arm] && is(uncertain->worlds[p].effects[arm]);
    return n;
}

size_t uncertain_missing(const struct compare *compare, size_t arm)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    size_t n = 0;
    for (size_t p = 0; p < uncertain->points; p++)
        n += uncertain->worlds[p].missing[arm];
    return n;
}

size_t uncertain_without(const struct compare *compare, size_t arm)
{
    return count(compare, arm, is_none);
}

size_t uncertain_unbounded(const struct compare *compare, size_t arm)
{
    return count(compare, arm, is_unbounded);
}

double uncertain_matters(const struct compare *compare, const struct finding *finding)
{
    const double matters = compare->measures.items[0].matters;
    const bool shown = finding->verdict == VERDICT_BETTER || finding->verdict == VERDICT_WORSE;
    return isnan(matters) || (shown && !(fabs(finding->difference.value) > matters)) ? 0 : matters;
}

int uncertain_says(double effect, double matters)
{
    return effect > matters ? 1 : effect < -matters ? -1 : 0;
}

double uncertain_agree(const struct compare *compare, size_t arm, double mean, double matters)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    size_t n = 0, agree = 0;
    for (size_t p = 0; p < uncertain->points; p++) {
        const double effect = uncertain->worlds[p].effects[arm];
        n += !isnan(effect);
        agree += !isnan(effect) && uncertain_says(effect, matters) == uncertain_says(mean, matters);
    }
    return n ? (double)agree / (double)n : (double)NAN;
}

struct interval uncertain_years(const struct compare *compare, size_t arm)
{
    const size_t n = compare->replications;
    double *values = mem_new(n * compare->measures.len, sizeof(*values));
    size_t len = 0, years = 0;
    for (size_t m = 0; m < compare->measures.len; m++) {
        const struct measure *measure = &compare->measures.items[m];
        if (measure->kind != MEASURE_PERIOD || strlen(measure->period) != 4)
            continue;
        years++;
        for (size_t r = 0; r < n; r++) {
            values[len] =
                compare_value(compare, r, arm, m) - (arm ? compare_value(compare, r, 0, m) : 0);
            len += !isnan(values[len]);
        }
    }
    const struct interval none = {(double)NAN, (double)NAN, (double)NAN};
    const struct interval ret = years >= 3 ? middle(values, len) : none;
    free(values);
    return ret;
}

double uncertain_swing(const struct assumption *assumption, size_t arm)
{
    const double swing =
        fabs(assumption->high.point.effects[arm] - assumption->low.point.effects[arm]);
    return isnan(swing) ? (double)INFINITY : swing;
}

void uncertain_rank(const struct compare *compare, size_t arm, size_t *ret)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    for (size_t i = 0; i < uncertain->assumptions.len; i++) {
        const double swing = uncertain_swing(&uncertain->assumptions.items[i], arm);
        size_t at = i;
        for (; at > 0; at--) {
            const double before = uncertain_swing(&uncertain->assumptions.items[ret[at - 1]], arm);
            if (!(swing > before))
                break;
            ret[at] = ret[at - 1];
        }
        ret[at] = i;
    }
}
