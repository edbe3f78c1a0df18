/* From values to findings: intervals, verdicts, and where none is given. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/compare.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

/* Values of one arm by replication: the metric and the counts beside it; those NULL: not of jobs.
 */
struct sample {
    double *values, *counts[COMPARE_COUNTS];
};

static void sample_deinit(struct sample *sample)
{
    free(sample->values);
    for (size_t k = 0; k < COMPARE_COUNTS; k++)
        free(sample->counts[k]);
}

static double *space(const struct compare *compare)
{
    return mem_new(compare->replications, sizeof(double));
}

static struct sample sample_measure(const struct compare *compare, size_t arm, size_t measure)
{
    struct sample sample = {.values = space(compare)};
    const struct measure *of = &compare->measures.items[measure];
    compare_values(compare, arm, measure, sample.values);
    for (size_t k = 0; k < COMPARE_COUNTS && of->of_jobs; k++) {
        sample.counts[k] = space(compare);
        compare_values(compare, arm, of->counts[k], sample.counts[k]);
    }
    return sample;
}

static struct sample sample_tenant(const struct compare *compare, size_t arm, size_t tenant)
{
    struct sample sample = {.values = space(compare)};
    compare_tenant_values(compare, arm, tenant, 0, sample.values);
    for (size_t k = 0; k < COMPARE_COUNTS; k++) {
        sample.counts[k] = space(compare);
        compare_tenant_values(compare, arm, tenant, 1 + k, sample.counts[k]);
    }
    return sample;
}

static struct moments present(const double *values, size_t n)
{
    struct moments moments = {0};
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            moments_add(&moments, values[i]);
    return moments;
}

/* The share of jobs submitted that the metric does not see, and what becomes of them. */
static double shares(const struct sample *sample, size_t n, double parts[COMPARE_COUNTS])
{
    double sums[COMPARE_COUNTS] = {0}, ret = 0;
    for (size_t k = 0; k < COMPARE_COUNTS && sample->counts[0]; k++)
        for (size_t i = 0; i < n; i++)
            sums[k] += isnan(sample->counts[k][i]) ? 0 : sample->counts[k][i];
    for (size_t k = 0; k < COMPARE_COUNTS; k++) {
        parts[k] = sums[0] > 0 ? sums[k] / sums[0] : 0;
        ret += k > 0 ? sums[k] : 0;
    }
    return sums[0] > 0 ? ret / sums[0] : 0;
}

static double uncounted(const struct sample *sample, size_t n)
{
    double parts[COMPARE_COUNTS];
    return shares(sample, n, parts);
}

static struct finding find(const struct compare *compare, const struct measure *measure,
                           const struct sample *a, const struct sample *b)
{
    const size_t n = compare->replications;
    const struct moments base = present(a->values, n), mean = present(b->values, n);
    struct finding ret = {
        .base = interval_mean(&base, COMPARE_CONFIDENCE),
        .mean = interval_mean(&mean, COMPARE_CONFIDENCE),
        .median = interval_of_quantile(b->values, n, 0.5, COMPARE_CONFIDENCE),
        .judged = {pairs_moments(a->values, b->values, n), measure->matters,
                   measure->better != BETTER_IS_HIGHER},
        .uncounted_base = uncounted(a, n),
        .uncounted = uncounted(b, n),
        .gain = pairs_gain(a->values, b->values, n, COMPARE_CONFIDENCE),
    };
    ret.difference = interval_mean(&ret.judged.difference, COMPARE_CONFIDENCE);
    ret.p = pairs_verdict_p(&ret.judged);
    ret.counts_differ =
        !measure->total && fabs(ret.uncounted - ret.uncounted_base) > COMPARE_COUNTS_DIFFER;
    return ret;
}

/* One that cannot be judged is not of the family. */
static bool is_judged(const struct finding *finding)
{
    return finding->judged.difference.n >= 2 && !finding->counts_differ;
}

/* Not every replication has a value: where half of them have, twice as many are needed. */
static size_t needed(const struct compare *compare, const struct finding *finding,
                     double confidence)
{
    const size_t pairs = pairs_needed(&finding->judged, confidence);
    const double each = (double)compare->replications / (double)finding->judged.difference.n;
    return pairs == 0 || pairs == SIZE_MAX ? pairs : (size_t)ceil((double)pairs * each);
}

static void judge(const struct compare *compare, struct finding *findings, size_t n)
{
    double *p = mem_new(3 * n, sizeof(*p)), *confidence = p + n, *adjusted = p + 2 * n;
    size_t family = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        if (is_judged(&findings[i]))
            p[family++] = findings[i].p;
    holm(p, family, COMPARE_CONFIDENCE, confidence);
    holm_adjusted(p, family, adjusted);
    for (size_t i = 0; i < n; i++) {
        struct finding *finding = &findings[i];
        finding->adjusted = (double)NAN;
        if (!is_judged(finding))
            continue;
        /* where nothing ever differs there is no chance of it either */
        finding->adjusted = pairs_same(&finding->judged.difference) ? (double)NAN : adjusted[k];
        finding->verdict =
            confidence[k] < 1 ? pairs_verdict(&finding->judged, confidence[k]) : VERDICT_OPEN;
        if (finding->verdict == VERDICT_OPEN)
            finding->needed =
                needed(compare, finding, 1 - (1 - COMPARE_CONFIDENCE) / (double)family);
        k++;
    }
    free(p);
}

double compare_uncounted(const struct compare *compare, size_t arm, size_t measure,
                         double parts[COMPARE_COUNTS])
{
    struct sample sample = sample_measure(compare, arm, measure);
    const double ret = shares(&sample, compare->replications, parts);
    sample_deinit(&sample);
    return ret;
}

void compare_judge(const struct compare *compare, size_t measure, struct finding *ret)
{
    struct sample base = sample_measure(compare, 0, measure);
    for (size_t a = 1; a < compare->arms.len; a++) {
        struct sample variant = sample_measure(compare, a, measure);
        ret[a - 1] = find(compare, &compare->measures.items[measure], &base, &variant);
        sample_deinit(&variant);
    }
    sample_deinit(&base);
    judge(compare, ret, compare->arms.len - 1);
}

void compare_judge_tenants(const struct compare *compare, struct finding *ret)
{
    struct measure measure = {.total = metric_is_total(compare->tenants.metric),
                              .matters = (double)NAN};
    const struct measure *asked = &compare->measures.items[0];
    const size_t tenants = compare->tenants.len;
    if (asked->kind == MEASURE_ASKED && asked->of_jobs) {
        measure.matters = asked->matters;
        measure.better = asked->better;
    }
    for (size_t t = 0; t < tenants; t++) {
        struct sample base = sample_tenant(compare, 0, t);
        for (size_t a = 1; a < compare->arms.len; a++) {
            struct sample variant = sample_tenant(compare, a, t);
            ret[(a - 1) * tenants + t] = find(compare, &measure, &base, &variant);
            sample_deinit(&variant);
        }
        sample_deinit(&base);
    }
    judge(compare, ret, (compare->arms.len - 1) * tenants);
}
