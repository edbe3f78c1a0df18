/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/compare_uncertain.h"

#include "experiment/compare_tasks.h"
#include "experiment/design.h"
#include "scenario/field_at.h"
#include "scenario/resolve.h"
#include "scenario/uncertain.h"
#include "stats/ranks.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNCERTAIN_REPLICATIONS = 5 };
static const double low_end = 0.05, high_end = 0.95;

/* Points: the low and high end of each assumption, then the sample. */
struct study {
    struct compare_tasks tasks; /* a point x replication in the place of a replication */
    struct compare_uncertain *uncertain;
    const struct uncertain *items; /* of the base; borrowed */
    char **values;                 /* sample: points x assumptions; owned */
    struct moments *means;         /* points x arms; owned */
};

static size_t n_items(const struct study *study)
{
    return study->uncertain->assumptions.len;
}

static bool is_whole(const struct compare *compare, const char *text)
{
    struct path path = {0};
    struct field_place place;
    const struct node *root = compare->arms.items[0].program.resolved;
    const bool whole = path_parse(text, &path, NULL) == 0 &&
                       field_at(scenario_fields, root, &path, 0, &place) &&
                       place.field->kind == FIELD_INT;
    path_deinit(&path);
    return whole;
}

/* A handful of digits of the number in the unit that it is written in: nobody means more. */
static char *value_text(const struct compare *compare, const struct uncertain *item, double value)
{
    char text[64];
    double number;
    if (is_whole(compare, item->path))
        return mem_format("%.0f", value);
    if (item->unit == UNIT_TIME)
        return fabs(value) >= 7200  ? mem_format("%.4g h", value / 3600)
               : fabs(value) >= 120 ? mem_format("%.4g min", value / 60)
                                    : mem_format("%.4g s", value);
    quantity_format(value, item->unit, text, sizeof(text));
    const size_t len = quantity_number(text, &number);
    return mem_format("%.4g%s", number, text + len);
}

/* --- in a worker --- */

static char *setting(const struct study *study, size_t item, const char *value)
{
    return mem_format("%s=%s", study->items[item].path, value);
}

/* What a point sets in an arm, after all else. Returns how many; ret holds one for each assumption
 * and another; to be freed each. `of` tells whose each is; NULL: nobody's. */
static size_t point_sets(const struct study *study, size_t point, size_t arm, char **ret,
                         const struct uncertain **of)
{
    size_t n = 0;
    const size_t items = n_items(study), ends = 2 * items;
    if (study->tasks.compare->warmup_set)
        ret[n++] = mem_text(study->tasks.compare->warmup_set);
    for (size_t i = 0; i < items; i++) {
        const struct assumption *one = &study->uncertain->assumptions.items[i];
        if ((point < ends && point / 2 != i) || uncertain_is_void(study->tasks.compare, i, arm))
            continue;
        of[n] = &study->items[i];
        ret[n++] = setting(study, i,
                           point >= ends ? study->values[(point - ends) * items + i]
                           : point % 2   ? one->high.text
                                         : one->low.text);
    }
    return n;
}

/* What is wrong with a setting that stands for an assumption is told at its place in the file. A
 * setting inside a value of the file may be told at that value: where one assumption is varied, it
 * is that one. */
static void tell_assumptions(struct error_list *errors, const struct uncertain *const *of,
                             size_t n_before, size_t n)
{
    for (size_t i = 0; i < errors->len && i < ERROR_LIST_MAX; i++) {
        struct error *err = &errors->items[i];
        const size_t k = setting_of(err->at);
        const struct uncertain *item =
            n > 0 && of[n - 1] && (n == 1 || !of[n - 2]) ? of[n - 1] : NULL;
        if (k > n_before && k <= n_before + n)
            item = of[k - n_before - 1];
        if (item)
            err->at = item->at;
        error_prefix(err, item ? "uncertain: " : "uncertain, all drawn at once: ");
    }
}

/* -1: the program cannot be built. */
static int is_unstable(const struct compare *compare, const struct program *program, bool *ret,
                       struct error_list *errors)
{
    struct build build;
    const struct build_options options = {.seed = compare_seed(compare), .replication = 1};
    *ret = false;
    if (!compare->steady)
        return 0;
    const int rc = build_init(&build, program, &options, errors);
    char *words = rc == 0 ? compare_instability(&build) : NULL;
    *ret = words != NULL;
    free(words);
    build_deinit(&build);
    return rc;
}

static void run_point(const struct study *study, size_t point, size_t replication, size_t arm,
                      struct pool_bytes *ret)
{
    const struct compare *compare = study->tasks.compare;
    const struct compare_setup *setup = compare->setup;
    const size_t room = setup->n_sets + n_items(study) + 1;
    char **own = mem_new(n_items(study) + 1, sizeof(*own));
    const char **sets = mem_new(room, sizeof(*sets));
    const struct uncertain **of = mem_new(n_items(study) + 1, sizeof(*of));
    const size_t n = point_sets(study, point, arm, own, of);
    for (size_t i = 0; i < setup->n_sets; i++)
        sets[i] = setup->sets[i];
    for (size_t i = 0; i < n; i++)
        sets[setup->n_sets + i] = own[i];
    struct error_list errors = {0};
    struct program program = {0};
    bool unstable;
    if (program_load(&program, setup->path, arm ? compare->arms.items[arm].name : NULL, sets,
                     setup->n_sets + n, setup->builtin_dir, &errors) < 0 ||
        is_unstable(compare, &program, &unstable, &errors) < 0) {
        tell_assumptions(&errors, of, setup->n_sets, n);
        compare_one_fault(ret, &errors);
    } else if (unstable)
        compare_one_none(compare, ret);
    else
        compare_one_make(compare, &program, compare->arms.items[arm].valid, replication + 1, false,
                         ret);
    program_free(&program);
    error_list_deinit(&errors);
    for (size_t i = 0; i < n; i++)
        free(own[i]);
    free(own);
    free(sets);
    free(of);
}

static void run(void *ctx, const struct pool_task *task, struct pool_bytes *ret)
{
    const struct study *study = ctx;
    const size_t arms = study->tasks.compare->arms.len, run = task->id / arms;
    const size_t replications = study->uncertain->replications;
    run_point(study, run / replications, run % replications, task->id % arms, ret);
}

/* --- in the parent --- */

static int done(void *ctx, const struct pool_result *result, struct error *err)
{
    struct study *study = ctx;
    const size_t arms = study->tasks.compare->arms.len, run = result->id / arms;
    struct compare_one one;
    study->tasks.done++;
    if (result->state != POOL_DONE)
        return 0;
    if (compare_one_read(study->tasks.compare, result, &one, err) < 0)
        return -1;
    if (!isnan(one.values[0]))
        moments_add(&study->means[run / study->uncertain->replications * arms + result->id % arms],
                    one.values[0]);
    compare_one_deinit(&one);
    return 0;
}

static int draw_sample(struct study *study, struct error_list *errors)
{
    const struct compare *compare = study->tasks.compare;
    const size_t n = n_items(study), points = study->uncertain->points;
    struct design_factor *factors = mem_new(n, sizeof(*factors));
    struct design design;
    struct error err = {0};
    for (size_t i = 0; i < n; i++)
        factors[i] = (struct design_factor){.name = study->items[i].path,
                                            .dist = study->items[i].dist,
                                            .whole = is_whole(compare, study->items[i].path)};
    struct design_points params = {(int64_t)points};
    const struct kinded chosen = {kind_find(&design_kinds, "latin-hypercube"), &params};
    const struct design_input input = {factors, n, compare_seed(compare)};
    const int rc = design_make(&chosen, &input, &design, &err);
    if (rc < 0)
        error_list_add(errors, &err);
    study->values = mem_new(points * n, sizeof(*study->values));
    for (size_t k = 0; rc == 0 && k < points * n; k++)
        study->values[k] =
            value_text(compare, &study->items[k % n], design_value(&design, k / n, k % n));
    if (rc == 0)
        design_deinit(&design);
    free(factors);
    return rc;
}

static double *point_means(const struct study *study, size_t point)
{
    const size_t arms = study->tasks.compare->arms.len;
    double *ret = mem_new(arms, sizeof(*ret));
    for (size_t a = 0; a < arms; a++) {
        const struct moments *moments = &study->means[point * arms + a];
        ret[a] = moments->n > 0 ? moments->mean : (double)NAN;
    }
    return ret;
}

bool uncertain_is_void(const struct compare *compare, size_t item, size_t arm)
{
    const struct uncertain *items =
        compare->arms.items[0].program.epochs[0].scenario->uncertain.items;
    return !uncertain_find(compare->arms.items[arm].program.epochs[0].scenario, items[item].path);
}

double uncertain_effect(const double *means, size_t arm)
{
    return arm ? means[arm] - means[0] : means[0];
}

/* Over the worlds in which there is an effect. */
static void correlate(const struct study *study, size_t item, const double *values)
{
    const struct compare_uncertain *uncertain = study->uncertain;
    const size_t arms = study->tasks.compare->arms.len, points = uncertain->points;
    struct assumption *assumption = &uncertain->assumptions.items[item];
    double *effects = mem_new(2 * points, sizeof(*effects)), *of = effects + points;
    assumption->correlation = mem_new(arms, sizeof(*assumption->correlation));
    for (size_t a = 0; a < arms; a++) {
        size_t n = 0;
        for (size_t p = 0; p < points; p++) {
            effects[n] = uncertain_effect(&uncertain->means[p * arms], a);
            of[n] = values[p];
            n += !isnan(effects[n]);
        }
        assumption->correlation[a] = ranks_correlation(of, effects, n);
    }
    free(effects);
}

static void collect(struct study *study)
{
    struct compare_uncertain *uncertain = study->uncertain;
    const size_t arms = study->tasks.compare->arms.len, n = n_items(study);
    for (size_t i = 0; i < n; i++) {
        uncertain->assumptions.items[i].low.means = point_means(study, 2 * i);
        uncertain->assumptions.items[i].high.means = point_means(study, 2 * i + 1);
    }
    uncertain->means = mem_new(uncertain->points * arms, sizeof(*uncertain->means));
    for (size_t p = 0; p < uncertain->points; p++) {
        double *means = point_means(study, 2 * n + p);
        memcpy(&uncertain->means[p * arms], means, arms * sizeof(*means));
        free(means);
    }
    double *values = mem_new(uncertain->points, sizeof(*values));
    for (size_t i = 0; i < n; i++) {
        for (size_t p = 0; p < uncertain->points; p++)
            if (quantity_parse(study->values[p * n + i], study->items[i].unit, &values[p], NULL) <
                0)
                values[p] = (double)NAN;
        correlate(study, i, values);
    }
    free(values);
}

int uncertain_run(struct compare *compare, struct error_list *errors)
{
    const struct scenario *scenario = compare->arms.items[0].program.epochs[0].scenario;
    const size_t n = scenario->uncertain.len, arms = compare->arms.len;
    if (n == 0) {
        error_list_addf(errors, (struct mark){compare->setup->path, 0, 0},
                        "--uncertain: the scenario declares nothing under `uncertain`");
        return COMPARE_FAILED;
    }
    struct compare_uncertain *uncertain = mem_new(1, sizeof(*uncertain));
    struct study study = {
        .tasks.compare = compare, .uncertain = uncertain, .items = scenario->uncertain.items};
    compare->uncertain = uncertain;
    uncertain->points = compare->setup->points;
    uncertain->replications = compare->replications < UNCERTAIN_REPLICATIONS
                                  ? compare->replications
                                  : UNCERTAIN_REPLICATIONS;
    uncertain->assumptions.items = mem_new(n, sizeof(*uncertain->assumptions.items));
    uncertain->assumptions.len = n;
    for (size_t i = 0; i < n; i++) {
        struct assumption *assumption = &uncertain->assumptions.items[i];
        const struct uncertain *item = &study.items[i];
        assumption->path = item->path;
        assumption->low.text = value_text(compare, item, dist_quantile(item->dist, low_end));
        assumption->high.text = value_text(compare, item, dist_quantile(item->dist, high_end));
    }
    const size_t points = 2 * n + uncertain->points;
    study.tasks.end = points * uncertain->replications * arms;
    study.means = mem_new(points * arms, sizeof(*study.means));
    int got = draw_sample(&study, errors) < 0 ? COMPARE_FAILED
                                              : compare_tasks_run(&study.tasks, run, done, errors);
    if (got != COMPARE_FAILED)
        collect(&study);
    for (size_t i = 0; i < uncertain->points * n; i++)
        free(study.values[i]);
    free(study.values);
    free(study.means);
    return got;
}

void uncertain_free(struct compare_uncertain *uncertain)
{
    if (!uncertain)
        return;
    for (size_t i = 0; i < uncertain->assumptions.len; i++) {
        struct assumption *assumption = &uncertain->assumptions.items[i];
        free(assumption->low.text);
        free(assumption->low.means);
        free(assumption->high.text);
        free(assumption->high.means);
        free(assumption->correlation);
    }
    free(uncertain->assumptions.items);
    free(uncertain->means);
    free(uncertain);
}

/* --- reading it --- */

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
        effects[n] = uncertain_effect(&uncertain->means[p * compare->arms.len], arm);
        n += !isnan(effects[n]);
    }
    const struct interval ret = middle(effects, n);
    free(effects);
    return ret;
}

size_t uncertain_without(const struct compare *compare, size_t arm)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    size_t n = 0;
    for (size_t p = 0; p < uncertain->points; p++)
        n += isnan(uncertain_effect(&uncertain->means[p * compare->arms.len], arm)) != 0;
    return n;
}

double uncertain_agree(const struct compare *compare, size_t arm, double mean)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    size_t n = 0, agree = 0;
    for (size_t p = 0; p < uncertain->points; p++) {
        const double effect = uncertain_effect(&uncertain->means[p * compare->arms.len], arm);
        n += !isnan(effect);
        agree += effect * mean > 0;
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
    const double swing = fabs(uncertain_effect(assumption->high.means, arm) -
                              uncertain_effect(assumption->low.means, arm));
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
