/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/trial.h"

#include "experiment/stability.h"
#include "stats/interval.h"
#include "util/mem.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of readings.items that a finding is taken from. */
struct reading {
    size_t value;
    bool jobs; /* those below are read */
    size_t submitted, pending, rejected;
};

/* --- what is read --- */

static size_t add_selector(struct readings *readings, char *text)
{
    for (size_t i = 0; i < readings->len; i++)
        if (strcmp(readings->items[i], text) == 0) {
            free(text);
            return i;
        }
    MEM_GROW(readings);
    readings->items[readings->len] = text;
    return readings->len++;
}

/* Another metric under the same conditions, in a period unless they name one. */
static char *selector_in(const struct comparison *comparison, const char *metric,
                         const char *period)
{
    const char *bracket = strchr(comparison->selector, '[');
    struct selector selector;
    struct error err;
    REQUIRE(selector_parse(comparison->selector, &selector, &err) == 0);
    if (selector_condition(&selector, CONDITION_PERIOD))
        period = NULL;
    const bool conditions = selector.len > 0;
    selector_deinit(&selector);
    const int inside = bracket ? (int)strlen(bracket) - 2 : 0;
    if (!period)
        return mem_format("%s%s", metric, bracket ? bracket : "");
    return mem_format("%s[%.*s%speriod=%s]", metric, inside, bracket ? bracket + 1 : "",
                      conditions ? ", " : "", period);
}

void readings_init(struct readings *readings, const struct rule *rule)
{
    const size_t periods = rule->n_periods > 0 ? rule->n_periods : 1, n = rule->target->len;
    *readings = (struct readings){.n_places = periods * n};
    readings->places = mem_new(readings->n_places, sizeof(*readings->places));
    for (size_t i = 0; i < readings->n_places; i++) {
        const struct comparison *comparison = &rule->target->items[i % n];
        const char *period = rule->n_periods > 0 ? rule->periods[i / n] : NULL;
        struct reading *place = &readings->places[i];
        place->value =
            add_selector(readings, selector_in(comparison, comparison->metric->name, period));
        place->jobs = comparison->metric->about == METRIC_JOBS;
        if (!place->jobs)
            continue;
        place->submitted =
            add_selector(readings, selector_in(comparison, "jobs.submitted", period));
        place->pending = add_selector(readings, selector_in(comparison, "jobs.pending", period));
        place->rejected = add_selector(readings, selector_in(comparison, "jobs.rejected", period));
    }
}

void readings_deinit(struct readings *readings)
{
    for (size_t i = 0; i < readings->len; i++)
        free(readings->items[i]);
    free(readings->items);
    free(readings->places);
    *readings = (struct readings){0};
}

static double value_of(const struct trial *trial, const struct readings *readings, size_t finding,
                       size_t replication)
{
    return trial->values[replication * readings->len + readings->places[finding].value];
}

static enum fate fate_of(const struct trial *trial, size_t replication)
{
    return trial->fates ? (enum fate)trial->fates[replication] : FATE_FINE;
}

/* Share of jobs rejected or pending; 0 where none was submitted. */
static double unfinished_of(const struct trial *trial, const struct readings *readings,
                            size_t finding, size_t replication)
{
    const struct reading *place = &readings->places[finding];
    const double *row = &trial->values[replication * readings->len];
    if (!place->jobs)
        return 0;
    const double submitted = row[place->submitted];
    return submitted > 0 ? (row[place->pending] + row[place->rejected]) / submitted : 0;
}

/* --- judging --- */

static enum answer judge_mean(const struct comparison *comparison, const struct finding *finding)
{
    const double half = isnan(finding->half) ? 0 : finding->half;
    const bool low = comparison_holds(comparison, finding->mean - half);
    const bool high = comparison_holds(comparison, finding->mean + half);
    return low && high ? ANSWER_YES : low || high ? ANSWER_OPEN : ANSWER_NO;
}

static bool holds_in(const struct trial *trial, const struct rule *rule,
                     const struct readings *readings, size_t finding, size_t replication)
{
    return unfinished_of(trial, readings, finding, replication) <= rule->unfinished &&
           comparison_holds(&rule->target->items[finding % rule->target->len],
                            value_of(trial, readings, finding, replication));
}

static enum answer judge(const struct trial *trial, const struct rule *rule,
                         const struct comparison *comparison, const struct finding *finding)
{
    const bool jobs = !isnan(finding->unfinished);
    if (isnan(finding->mean) || (jobs && trial->unstable))
        return ANSWER_NO;
    if (rule->share > 0)
        return finding->met >= rule->share ? ANSWER_YES : ANSWER_NO;
    if (jobs && finding->unfinished > rule->unfinished)
        return ANSWER_NO;
    return judge_mean(comparison, finding);
}

static void find(struct trial *trial, const struct rule *rule, const struct readings *readings,
                 size_t i)
{
    struct finding *finding = &trial->findings[i];
    const size_t n = trial->replications - trial->lost;
    double *values = mem_new(n + 1, sizeof(*values)), unfinished = 0, met = 0;
    size_t len = 0;
    for (size_t r = 0; r < trial->replications; r++) {
        if (fate_of(trial, r) == FATE_LOST)
            continue;
        values[len++] = value_of(trial, readings, i, r);
        unfinished += unfinished_of(trial, readings, i, r) / (double)n;
        met += holds_in(trial, rule, readings, i, r);
    }
    const struct moments moments = moments_of(values, n);
    const struct interval interval = interval_mean(&moments, rule->confidence);
    finding->mean = n > 0 ? interval.value : (double)NAN;
    finding->half = n > 0 ? interval_half(&interval) : (double)NAN;
    finding->met = n > 0 ? met / (double)n : 0;
    finding->unfinished = readings->places[i].jobs ? unfinished : (double)NAN;
    finding->verdict = judge(trial, rule, &rule->target->items[i % rule->target->len], finding);
    free(values);
}

/* In each period the target, all periods together: the least. */
static enum answer judge_periods(const struct rule *rule, const enum answer *verdicts,
                                 size_t n_findings)
{
    enum answer least = ANSWER_YES;
    for (size_t i = 0; i < n_findings; i += rule->target->len) {
        const enum answer one = target_judge(rule->target, &verdicts[i]);
        least = one < least ? one : least;
    }
    return least;
}

/* How many replications, or periods of them, meet the whole. */
static void count_met(struct trial *trial, const struct rule *rule, const struct readings *readings)
{
    const size_t n = readings->n_places, len = rule->target->len;
    enum answer *verdicts = mem_new(n, sizeof(*verdicts));
    trial->met = 0;
    for (size_t r = 0; r < trial->replications; r++) {
        if (fate_of(trial, r) == FATE_LOST)
            continue;
        for (size_t i = 0; i < n; i++)
            verdicts[i] = holds_in(trial, rule, readings, i, r) ? ANSWER_YES : ANSWER_NO;
        if (!rule->of_periods)
            trial->met += judge_periods(rule, verdicts, n) == ANSWER_YES;
        for (size_t i = 0; rule->of_periods && i < n; i += len)
            trial->met += target_judge(rule->target, &verdicts[i]) == ANSWER_YES;
    }
    trial->of = (trial->replications - trial->lost) * (rule->of_periods ? n / len : 1);
    const double k = (double)trial->met, all = (double)trial->of, tail = (1 - rule->confidence) / 2;
    trial->share_lo = trial->met == 0 ? 0 : gsl_cdf_beta_Pinv(tail, k, all - k + 1);
    trial->share_hi = trial->met == trial->of ? 1 : gsl_cdf_beta_Qinv(tail, k + 1, all - k);
    free(verdicts);
}

static void count_fates(struct trial *trial)
{
    trial->lost = trial->grew = 0;
    for (size_t r = 0; r < trial->replications; r++) {
        trial->lost += fate_of(trial, r) == FATE_LOST;
        trial->grew += fate_of(trial, r) == FATE_UNSTABLE;
    }
    trial->unstable = stability_most(trial->grew, trial->replications - trial->lost);
}

void trial_judge(struct trial *trial, const struct rule *rule, const struct readings *readings)
{
    const size_t n = readings->n_places;
    REQUIRE(trial->replications > 0);
    if (!trial->findings)
        trial->findings = mem_new(n, sizeof(*trial->findings));
    enum answer *verdicts = mem_new(n, sizeof(*verdicts));
    count_fates(trial);
    for (size_t i = 0; i < n; i++) {
        find(trial, rule, readings, i);
        verdicts[i] = trial->findings[i].verdict;
    }
    count_met(trial, rule, readings);
    if (trial->unstable || trial->lost == trial->replications)
        trial->verdict = ANSWER_NO;
    else if (rule->share > 0)
        trial->verdict =
            (double)trial->met >= rule->share * (double)trial->of ? ANSWER_YES : ANSWER_NO;
    else
        trial->verdict = judge_periods(rule, verdicts, n);
    free(verdicts);
}

void trial_deinit(struct trial *trial)
{
    free(trial->values);
    free(trial->fates);
    free(trial->findings);
    *trial = (struct trial){0};
}

/* --- two trials --- */

bool trial_may_between(const struct trial *a, const struct trial *b, const struct rule *rule)
{
    const size_t n = (rule->n_periods > 0 ? rule->n_periods : 1) * rule->target->len;
    enum answer *verdicts = mem_new(n, sizeof(*verdicts));
    bool differ = false;
    for (size_t i = 0; i < n; i++) {
        const enum answer x = a->findings[i].verdict, y = b->findings[i].verdict;
        verdicts[i] = x > y ? x : y;
        differ |= x != y;
    }
    const bool may = differ && judge_periods(rule, verdicts, n) == ANSWER_YES;
    free(verdicts);
    return may;
}

bool trial_change(const struct trial *a, const struct trial *b, size_t finding,
                  const struct rule *rule, const struct readings *readings, double *ret_change)
{
    const size_t n = a->replications < b->replications ? a->replications : b->replications;
    double *changes = mem_new(n, sizeof(*changes));
    size_t len = 0;
    for (size_t r = 0; r < n; r++)
        if (fate_of(a, r) != FATE_LOST && fate_of(b, r) != FATE_LOST)
            changes[len++] = value_of(b, readings, finding, r) - value_of(a, readings, finding, r);
    const struct moments moments = moments_of(changes, len);
    const struct interval interval = interval_mean(&moments, rule->confidence);
    *ret_change = interval.value;
    free(changes);
    if (len == 0 || a->unstable || b->unstable)
        return false;
    const double half = interval_half(&interval);
    return fabs(*ret_change) > (isnan(half) ? 0 : half);
}
