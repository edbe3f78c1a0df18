/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/compare_uncertain.h"

#include "experiment/assumed.h"
#include "experiment/compare_tasks.h"
#include "experiment/design.h"
#include "experiment/stability.h"
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
    double *values;       /* of the question: points x replications x arms; owned */
    bool *grew, *made;    /* the queues of those runs; which there are; owned */
    double *jobs, *out;   /* of them submitted, and not counted; owned */
    size_t lost;          /* runs */
    char first_lost[200]; /* what became of the first of them */
};

static size_t n_items(const struct study *study)
{
    return study->uncertain->assumptions.len;
}

static const struct program *base_of(const struct compare *compare)
{
    return &compare->arms.items[0].program;
}

/* --- points --- */

/* What an assumption is at a point; NULL: as the scenario says. */
static const char *value_at(const struct compare_uncertain *uncertain, size_t point, size_t item)
{
    const size_t n = uncertain->assumptions.len;
    const struct assumption *one = &uncertain->assumptions.items[item];
    if (point >= 2 * n)
        return uncertain->texts[(point - 2 * n) * n + item];
    return point / 2 != item ? NULL : point % 2 ? one->high.text : one->low.text;
}

bool uncertain_is_void(const struct compare *compare, size_t item, size_t arm)
{
    return compare->uncertain->voids[item * compare->arms.len + arm];
}

/* What a point sets in an arm, after all else. Returns how many; ret holds one for each assumption
 * and another; to be freed each. */
static size_t point_sets(const struct compare *compare, size_t point, size_t arm, char **ret)
{
    size_t n = 0;
    const struct compare_uncertain *uncertain = compare->uncertain;
    if (compare->warmup_set)
        ret[n++] = mem_text(compare->warmup_set);
    for (size_t i = 0; i < uncertain->assumptions.len; i++) {
        const char *value = value_at(uncertain, point, i);
        if (value && !uncertain_is_void(compare, i, arm))
            ret[n++] = mem_format("%s=%s", uncertain->assumptions.items[i].path, value);
    }
    return n;
}

/* After all else that is set. As program_again; what cannot be run fails, too. */
static int load(const struct compare *compare, size_t arm, char *const *own, size_t n,
                struct program *ret, struct error_list *errors)
{
    const struct compare_setup *setup = compare->setup;
    const char **sets = mem_new(setup->n_sets + n, sizeof(*sets));
    for (size_t i = 0; i < setup->n_sets; i++)
        sets[i] = setup->sets[i];
    for (size_t i = 0; i < n; i++)
        sets[setup->n_sets + i] = own[i];
    int rc = program_again(base_of(compare), arm ? compare->arms.items[arm].name : NULL, sets,
                           setup->n_sets + n, ret, errors);
    const struct build_options options = {.seed = compare_seed(compare), .replication = 1};
    if (rc == 0)
        rc = program_stands(ret, &options, errors);
    free(sets);
    return rc;
}

/* A point cannot be: the error is that of the assumption, at its place in the file. Where each
 * alone would do, the first of the file is told. */
static void blame(const struct compare *compare, size_t point, size_t arm,
                  const struct error_list *found, struct error_list *errors)
{
    const struct scenario *scenario = compare->arms.items[0].program.epochs[0].scenario;
    const struct uncertain *items = scenario->uncertain.items;
    const size_t n = compare->uncertain->assumptions.len;
    const char *name = compare->arms.items[arm].name;
    char *whose = arm ? mem_format("variant %s: ", name) : mem_text("");
    struct error_list single = {0};
    for (size_t i = 0; i < n && single.len == 0; i++) {
        const char *value = value_at(compare->uncertain, point, i);
        if (!value || uncertain_is_void(compare, i, arm))
            continue;
        char *own = mem_format("%s=%s", items[i].path, value);
        struct program program = {0};
        if (load(compare, arm, &own, 1, &program, &single) < 0)
            error_list_addf(errors, items[i].at,
                            "%suncertain: %s: %s is drawn, which cannot be: %s", whose,
                            items[i].path, value, single.items[0].text);
        program_free(&program);
        free(own);
    }
    if (single.len == 0)
        error_list_addf(errors, items[0].at, "%suncertain: values drawn together cannot be: %s",
                        whose, found->items[0].text);
    error_list_deinit(&single);
    free(whose);
}

/* Load an arm as a point says. As load. */
static int load_point(const struct compare *compare, size_t point, size_t arm, struct program *ret,
                      struct error_list *errors)
{
    char **own = mem_new(compare->uncertain->assumptions.len + 1, sizeof(*own));
    const size_t n = point_sets(compare, point, arm, own);
    struct error_list found = {0};
    const int rc = load(compare, arm, own, n, ret, &found);
    if (rc < 0)
        blame(compare, point, arm, &found, errors);
    error_list_deinit(&found);
    for (size_t i = 0; i < n; i++)
        free(own[i]);
    free(own);
    return rc;
}

/* --- in a worker --- */

static void run_point(const struct compare *compare, size_t point, size_t replication, size_t arm,
                      struct pool_bytes *ret)
{
    struct error_list errors = {0};
    struct program program = {0};
    if (load_point(compare, point, arm, &program, &errors) < 0)
        compare_one_fault(ret, &errors);
    else
        compare_one_make(compare, &program, compare->arms.items[arm].valid, replication + 1, false,
                         ret);
    program_free(&program);
    error_list_deinit(&errors);
}

static void run(void *ctx, const struct pool_task *task, struct pool_bytes *ret)
{
    const struct study *study = ctx;
    const size_t arms = study->tasks.compare->arms.len, run = task->id / arms;
    const size_t replications = study->uncertain->replications;
    run_point(study->tasks.compare, run / replications, run % replications, task->id % arms, ret);
}

/* --- in the parent --- */

static int done(void *ctx, const struct pool_result *result, struct error *err)
{
    struct study *study = ctx;
    struct compare *compare = study->tasks.compare;
    struct compare_one one;
    study->tasks.done++;
    if (result->state != POOL_DONE) {
        if (study->lost++ == 0)
            pool_describe(result, compare->setup->limit, study->first_lost,
                          sizeof(study->first_lost));
        return 0;
    }
    if (compare_one_read(compare, result, &one, err) < 0)
        return -1;
    study->values[result->id] = one.values[0];
    study->grew[result->id] = one.grew;
    study->made[result->id] = true;
    const struct measure *asked = &compare->measures.items[0];
    study->jobs[result->id] = asked->of_jobs ? one.values[asked->counts[0]] : 0;
    for (size_t k = 1; k < COMPARE_COUNTS && asked->of_jobs; k++)
        study->out[result->id] += one.values[asked->counts[k]];
    compare_one_deinit(&one);
    return 0;
}

static int draw_sample(const struct compare *compare, struct error_list *errors)
{
    struct compare_uncertain *uncertain = compare->uncertain;
    const struct scenario *scenario = compare->arms.items[0].program.epochs[0].scenario;
    const struct uncertain *items = scenario->uncertain.items;
    const size_t n = uncertain->assumptions.len, points = uncertain->points;
    struct design_factor *factors = mem_new(n, sizeof(*factors));
    struct design design;
    struct error err = {0};
    for (size_t i = 0; i < n; i++)
        factors[i] =
            (struct design_factor){.name = items[i].path,
                                   .dist = items[i].dist,
                                   .whole = assumed_is_whole(base_of(compare), items[i].path)};
    struct design_points params = {(int64_t)points};
    const struct kinded chosen = {kind_find(&design_kinds, "latin-hypercube"), &params};
    const struct design_input input = {factors, n, compare_seed(compare)};
    const int rc = design_make(&chosen, &input, &design, &err);
    if (rc < 0)
        error_list_add(errors, &err);
    uncertain->texts = mem_new(points * n, sizeof(*uncertain->texts));
    for (size_t k = 0; rc == 0 && k < points * n; k++)
        uncertain->texts[k] =
            assumed_text(base_of(compare), k % n, design_value(&design, k / n, k % n));
    if (rc == 0)
        design_deinit(&design);
    free(factors);
    return rc;
}

/* Of what there is; one without bound makes it so. NaN of nothing. */
static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    size_t present = 0;
    for (size_t i = 0; i < n; i++) {
        sum += isnan(values[i]) ? 0 : values[i];
        present += !isnan(values[i]);
    }
    return present > 0 ? sum / (double)present : (double)NAN;
}

/* Of a point in which most queues of an arm grow: without bound, or none. */
static bool is_unstable(const struct study *study, size_t point, size_t arm)
{
    const size_t arms = study->tasks.compare->arms.len, n = study->uncertain->replications;
    size_t grew = 0, made = 0;
    for (size_t r = 0; r < n; r++) {
        grew += study->grew[(point * n + r) * arms + arm];
        made += study->made[(point * n + r) * arms + arm];
    }
    return stability_most(grew, made);
}

/* Was a replication of a point run in both an arm and the base? */
static bool is_made(const struct study *study, size_t point, size_t replication, size_t arm)
{
    const size_t arms = study->tasks.compare->arms.len;
    const size_t first = (point * study->uncertain->replications + replication) * arms;
    return study->made[first] && study->made[first + arm];
}

/* The share of the jobs of a point that are not counted in an arm, where its partner was run. */
static double uncounted(const struct study *study, size_t point, size_t arm, size_t partner)
{
    const size_t arms = study->tasks.compare->arms.len, n = study->uncertain->replications;
    double jobs = 0, out = 0;
    for (size_t r = 0; r < n; r++) {
        const size_t run = (point * n + r) * arms + arm;
        if (!is_made(study, point, r, arm) || !is_made(study, point, r, partner))
            continue;
        jobs += isnan(study->jobs[run]) ? 0 : study->jobs[run];
        out += isnan(study->out[run]) ? 0 : study->out[run];
    }
    return jobs > 0 ? out / jobs : 0;
}

/* Who is counted differs, so there is no answer: as compare_judge has it. */
static bool counts_differ(const struct study *study, size_t point, size_t arm)
{
    return !study->tasks.compare->measures.items[0].total && !is_unstable(study, point, 0) &&
           !is_unstable(study, point, arm) &&
           fabs(uncounted(study, point, arm, 0) - uncounted(study, point, 0, arm)) >
               COMPARE_COUNTS_DIFFER;
}

/* A difference is that of pairs: a run that has none takes its partner along. */
static struct uncertain_point point_of(const struct study *study, size_t point)
{
    const struct compare *compare = study->tasks.compare;
    const size_t arms = compare->arms.len, n = study->uncertain->replications;
    const double unbounded =
        measure_grows(&compare->measures.items[0]) ? (double)INFINITY : (double)NAN;
    double *values = &study->values[point * n * arms];
    for (size_t a = 0; a < arms; a++)
        for (size_t r = 0; r < n && is_unstable(study, point, a); r++)
            values[r * arms + a] = unbounded;
    struct uncertain_point ret = {mem_new(arms, sizeof(double)), mem_new(arms, sizeof(double)),
                                  mem_new(arms, sizeof(bool))};
    double *own = mem_new(2 * n, sizeof(*own)), *pairs = own + n;
    for (size_t a = 0; a < arms; a++) {
        ret.missing[a] = true;
        for (size_t r = 0; r < n; r++) {
            ret.missing[a] = ret.missing[a] && !is_made(study, point, r, a);
            own[r] = values[r * arms + a];
            pairs[r] = a ? own[r] - values[r * arms] : own[r];
        }
        ret.means[a] = mean_of(own, n);
        const bool none =
            ret.missing[a] || uncertain_override(compare, a) || counts_differ(study, point, a);
        ret.effects[a] = none ? (double)NAN : mean_of(pairs, n);
    }
    free(own);
    return ret;
}

/* Over the worlds in which there is an effect. */
static void correlate(const struct compare *compare, size_t item)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    const struct scenario *scenario = compare->arms.items[0].program.epochs[0].scenario;
    const enum unit unit = ((const struct uncertain *)scenario->uncertain.items)[item].unit;
    const size_t arms = compare->arms.len, points = uncertain->points;
    struct assumption *assumption = &uncertain->assumptions.items[item];
    double *effects = mem_new(2 * points, sizeof(*effects)), *of = effects + points;
    assumption->correlation = mem_new(arms, sizeof(*assumption->correlation));
    for (size_t a = 0; a < arms; a++) {
        size_t n = 0;
        for (size_t p = 0; p < points; p++) {
            const char *text = uncertain->texts[p * uncertain->assumptions.len + item];
            effects[n] = uncertain->worlds[p].effects[a];
            if (!isnan(effects[n]) && quantity_parse(text, unit, &of[n], NULL) == 0)
                n++;
        }
        assumption->correlation[a] = ranks_correlation(of, effects, n);
    }
    free(effects);
}

static void collect(struct study *study)
{
    struct compare *compare = study->tasks.compare;
    struct compare_uncertain *uncertain = study->uncertain;
    const size_t n = n_items(study);
    for (size_t i = 0; i < n; i++) {
        uncertain->assumptions.items[i].low.point = point_of(study, 2 * i);
        uncertain->assumptions.items[i].high.point = point_of(study, 2 * i + 1);
    }
    uncertain->worlds = mem_new(uncertain->points, sizeof(*uncertain->worlds));
    for (size_t p = 0; p < uncertain->points; p++)
        uncertain->worlds[p] = point_of(study, 2 * n + p);
    for (size_t i = 0; i < n; i++)
        correlate(compare, i);
    compare->lost += study->lost;
    if (study->lost > 0)
        compare_warn(compare, mem_format("%zu of %zu runs of --uncertain are left out, with those "
                                         "paired with them; the first %s",
                                         study->lost, study->tasks.done, study->first_lost));
}

static bool has_value(const struct program *program, const char *text)
{
    struct path path = {0};
    const bool has =
        path_parse(text, &path, NULL) == 0 &&
        (path_get(program->epochs[0].tree, &path) || path_get(program->resolved, &path));
    path_deinit(&path);
    return has;
}

/* Where a variant has no such value, or what it says in another form than the base leaves none its
 * place. What is drawn is known to do in the base. */
static void find_voids(struct compare *compare)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    for (size_t i = 0; i < uncertain->assumptions.len; i++)
        for (size_t a = 1; a < compare->arms.len; a++) {
            const struct assumption *one = &uncertain->assumptions.items[i];
            const struct program *arm = &compare->arms.items[a].program;
            bool *is_void = &uncertain->voids[i * compare->arms.len + a];
            *is_void = !uncertain_find(arm->epochs[0].scenario, one->path);
            if (!*is_void && !has_value(arm, one->path)) {
                struct error_list errors = {0};
                struct program program = {0};
                char *own = mem_format("%s=%s", one->path, one->low.text);
                *is_void = load(compare, a, &own, 1, &program, &errors) < 0;
                program_free(&program);
                error_list_deinit(&errors);
                free(own);
            }
            if (*is_void)
                compare_warn(compare, mem_format("%s: %s is no value of this variant: it is varied "
                                                 "in the base alone",
                                                 compare->arms.items[a].name, one->path));
        }
}

int uncertain_prepare(struct compare *compare, struct error_list *errors)
{
    const struct scenario *scenario = compare->arms.items[0].program.epochs[0].scenario;
    const struct uncertain *items = scenario->uncertain.items;
    const size_t n = scenario->uncertain.len;
    if (n == 0) {
        error_list_addf(errors, (struct mark){compare->setup->path, 0, 0},
                        "--uncertain: the scenario declares nothing under `uncertain`");
        return -1;
    }
    struct compare_uncertain *uncertain = mem_new(1, sizeof(*uncertain));
    compare->uncertain = uncertain;
    uncertain->points = compare->setup->points;
    uncertain->assumptions.items = mem_new(n, sizeof(*uncertain->assumptions.items));
    uncertain->assumptions.len = n;
    uncertain->voids = mem_new(n * compare->arms.len, sizeof(*uncertain->voids));
    for (size_t i = 0; i < n; i++) {
        struct assumption *assumption = &uncertain->assumptions.items[i];
        assumption->path = mem_text(items[i].path); /* arms are loaded again */
        assumption->low.text =
            assumed_text(base_of(compare), i, dist_quantile(items[i].dist, low_end));
        assumption->high.text =
            assumed_text(base_of(compare), i, dist_quantile(items[i].dist, high_end));
    }
    if (draw_sample(compare, errors) < 0)
        return -1;
    int rc = 0;
    for (size_t p = 0; p < 2 * n + uncertain->points && rc == 0; p++) {
        struct program program = {0};
        rc = load_point(compare, p, 0, &program, errors);
        program_free(&program);
    }
    if (rc == 0)
        find_voids(compare);
    return rc;
}

int uncertain_run(struct compare *compare, struct error_list *errors)
{
    struct compare_uncertain *uncertain = compare->uncertain;
    const size_t n = uncertain->assumptions.len, arms = compare->arms.len;
    struct study study = {.tasks.compare = compare, .uncertain = uncertain};
    uncertain->replications = compare->replications < UNCERTAIN_REPLICATIONS
                                  ? compare->replications
                                  : UNCERTAIN_REPLICATIONS;
    study.tasks.end = (2 * n + uncertain->points) * uncertain->replications * arms;
    study.values = mem_new(study.tasks.end, sizeof(*study.values));
    study.grew = mem_new(study.tasks.end, sizeof(*study.grew));
    study.made = mem_new(study.tasks.end, sizeof(*study.made));
    study.jobs = mem_new(study.tasks.end, sizeof(*study.jobs));
    study.out = mem_new(study.tasks.end, sizeof(*study.out));
    for (size_t i = 0; i < study.tasks.end; i++)
        study.values[i] = (double)NAN;
    const int got = compare_tasks_run(&study.tasks, run, done, errors);
    if (got != COMPARE_FAILED)
        collect(&study);
    free(study.values);
    free(study.grew);
    free(study.made);
    free(study.jobs);
    free(study.out);
    return got;
}

static void point_deinit(struct uncertain_point *point)
{
    free(point->means);
    free(point->effects);
    free(point->missing);
}

void uncertain_free(struct compare_uncertain *uncertain)
{
    if (!uncertain)
        return;
    const size_t n = uncertain->assumptions.len;
    for (size_t i = 0; i < n; i++) {
        struct assumption *assumption = &uncertain->assumptions.items[i];
        free(assumption->path);
        free(assumption->low.text);
        point_deinit(&assumption->low.point);
        free(assumption->high.text);
        point_deinit(&assumption->high.point);
        free(assumption->correlation);
    }
    for (size_t i = 0; i < uncertain->points && uncertain->worlds; i++)
        point_deinit(&uncertain->worlds[i]);
    for (size_t i = 0; i < uncertain->points * n && uncertain->texts; i++)
        free(uncertain->texts[i]);
    free(uncertain->assumptions.items);
    free(uncertain->voids);
    free(uncertain->worlds);
    free(uncertain->texts);
    free(uncertain);
}
