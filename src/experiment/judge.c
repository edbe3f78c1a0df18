/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/judge.h"

#include "experiment/assumed.h"
#include "experiment/measures.h"
#include "experiment/question.h"
#include "scenario/mend.h"
#include "util/mem.h"
#include "workload/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int judge_measures(const struct build *build, struct error_list *errors)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const char *const asked[] = {scenario->question.metric};
    const int rc = question_check(build, errors);
    struct metrics *metrics = scenario_metrics(build, asked, rc == 0 && asked[0], errors);
    metrics_free(metrics);
    return metrics ? rc : -1;
}

/* Has a scenario a workload that is written the same? */
static bool has_workload(const struct scenario *scenario, const struct node *node)
{
    for (size_t i = 0; i < scenario->rows.len; i++) {
        const struct items *list = &scenario->rows.items[i].tenant->workloads;
        for (size_t k = 0; k < list->len; k++)
            if (node_equal(((const struct workload *)list->items)[k].node, node))
                return true;
    }
    return false;
}

/* Whom a log brings is nobody here. */
static int32_t its_tenant(void *ctx, int64_t key)
{
    (void)key;
    return *(const int32_t *)ctx;
}

static int read_log(const struct build *build, size_t row, bool sort, struct error *err)
{
    const struct build_workload *bw = &build->workloads[row];
    struct workload_context context = bw->context;
    int32_t tenant = context.base.tenant;
    struct job_spec job;
    context.sort |= sort;
    context.tenant_of = its_tenant;
    context.tenant_ctx = &tenant;
    struct source *source =
        bw->workload->kind->open(bw->epochs, build->program->n_epochs, &context, err);
    int got = source ? SOURCE_JOB : SOURCE_ERROR;
    while (got == SOURCE_JOB)
        got = source_next(source, &job, err);
    source_free(source);
    return got;
}

/* But for those of which the base reads the same part. */
static int judge_other_logs(const struct build *build, const struct program *base,
                            struct error_list *errors)
{
    const struct scenario *scenario = base ? base->epochs[0].scenario : NULL;
    const bool same = base && build->program->start == base->start &&
                      build->program->epochs[0].scenario->time.length == scenario->time.length;
    const size_t before = errors->len;
    for (size_t row = 0; row < build->world.n_workloads; row++) {
        const struct workload *workload = build->workloads[row].workload;
        struct error err = {0};
        if (workload->kind != &workload_log || (same && has_workload(scenario, workload->node)))
            continue;
        int got = read_log(build, row, false, &err);
        if (got == SOURCE_UNSORTED)
            got = read_log(build, row, true, &err);
        if (got == SOURCE_ERROR) {
            build_workload_error(build, row, &err);
            error_list_add(errors, &err);
        }
    }
    return errors->len > before ? -1 : 0;
}

int judge_logs(const struct build *build, struct error_list *errors)
{
    return judge_other_logs(build, NULL, errors);
}

/* `logs`: they are read to their ends, but for those that the base (NULL: none) has, too. */
static int judge_program(const struct program *program, const struct build_options *options,
                         bool open, bool logs, const struct program *base,
                         struct error_list *errors)
{
    struct build build;
    int rc = build_init(&build, program, options, errors);
    if (build.laid_out) {
        rc |= judge_measures(&build, errors);
        rc |= open ? build_open(&build, errors) : 0;
    }
    if (build.laid_out && logs)
        rc |= judge_other_logs(&build, base, errors);
    build_deinit(&build);
    return rc;
}

/* Of a program of which something is told: what is wrong with the rest of it. What follows from
 * what stands for a value that nobody knows is another thing where another stands there. */
static void judge_mended(const struct program *program, const struct build_options *options,
                         bool open, struct error_list *errors)
{
    struct error_list found[MEND_WAYS] = {0};
    if (errors->len >= ERROR_LIST_MAX) /* more would not be shown */
        return;
    for (int way = 0; way < MEND_WAYS; way++) {
        struct program mended;
        if (program_mend(program, errors, (enum mend_way)way, &mended, &found[way]) == 0)
            judge_program(&mended, options, open, open, NULL, &found[way]);
        program_free(&mended);
    }
    for (size_t i = 0; i < found[MEND_LOW].len; i++)
        if (error_list_has(&found[MEND_HIGH], &found[MEND_LOW].items[i]))
            error_list_add(errors, &found[MEND_LOW].items[i]);
    for (int way = 0; way < MEND_WAYS; way++)
        error_list_deinit(&found[way]);
}

/* `base`: logs are read to their ends, but for those that it has, too; NULL: they are not.
 * `errors`: that are told of it already, and what else is wrong. */
static void judge_loaded(const struct program *program, const struct build_options *options,
                         bool open, const struct program *base, struct error_list *errors)
{
    const bool right = program->sound && errors->len == 0 && !node_has_fault(program->resolved);
    if (right)
        judge_program(program, options, open, base != NULL, base, errors);
    else
        judge_mended(program, options, open, errors);
}

/* With another variant and other settings than the base has. */
static int judge_again(const struct judge *judge, const char *variant, const char *const *sets,
                       size_t n_sets, bool open, const struct program *base,
                       struct error_list *errors)
{
    const size_t before = errors->len;
    struct program program;
    program_again(judge->base, variant, sets, n_sets, &program, errors);
    judge_loaded(&program, &judge->options, open, base, errors);
    program_free(&program);
    return errors->len > before ? -1 : 0;
}

void judge_rest(const struct judge *judge, struct error_list *errors)
{
    judge_loaded(judge->base, &judge->options, true, NULL, errors);
}

/* Is the text among what is wrong with the first n settings? */
static bool is_wrong_with(const struct judge *judge, size_t n, const char *text)
{
    struct error_list found = {0};
    judge_again(judge, judge->variant, judge->sets, n, true, NULL, &found);
    const bool is = error_list_has_text(&found, text);
    error_list_deinit(&found);
    return is;
}

void judge_settings(const struct judge *judge, size_t n, struct error_list *errors)
{
    if (judge->n_sets == 0 || n == 0 || !judge->base->document.base)
        return;
    struct error_list without = {0}; /* settings: most are wrong with the file alone */
    judge_again(judge, judge->variant, judge->sets, 0, true, NULL, &without);
    for (size_t i = 0; i < n; i++) {
        struct error *err = &errors->items[i];
        size_t right = 0, wrong = judge->n_sets;
        if (!program_has_file(judge->base, err->at.file) ||
            error_list_has_text(&without, err->text) || !is_wrong_with(judge, wrong, err->text))
            continue;
        while (wrong - right > 1) {
            const size_t middle = right + (wrong - right) / 2;
            if (is_wrong_with(judge, middle, err->text))
                wrong = middle;
            else
                right = middle;
        }
        err->at = setting_mark(wrong);
    }
    error_list_deinit(&without);
}

/* --- variants --- */

/* What is wrong with a setting may be told in other words where other names are known. */
static bool has_setting(const struct error_list *told, struct mark at)
{
    const size_t setting = setting_of(at);
    bool has = false;
    for (size_t i = 0; i < told->len && setting > 0; i++)
        has |= setting_of(told->items[i].at) == setting;
    return has;
}

/* `told`: without names, so that what two variants share is told of the first. */
static void tell_variant(const char *name, const struct error_list *found, struct error_list *told,
                         struct error_list *errors)
{
    for (size_t i = 0; i < found->len; i++) {
        if (error_list_has(told, &found->items[i]) || has_setting(told, found->items[i].at))
            continue;
        struct error err = found->items[i];
        error_list_add(told, &err);
        if (strncmp(err.text, "variants.", strlen("variants.")) != 0)
            error_prefix(&err, "variant %.80s: ", name);
        error_list_add(errors, &err);
    }
}

int judge_variants(const struct judge *judge, struct error_list *errors)
{
    const struct node *variants = judge->base->document.variants;
    /* What is told of the scenario is not told again of what variants make of it. */
    struct program faulty = {.document = judge->base->document};
    struct judge again = *judge;
    faulty.document.base = node_copy(faulty.document.base);
    node_blame(faulty.document.base, errors, 0);
    again.base = &faulty;
    const size_t before = errors->len;
    struct error_list told = {0};
    for (size_t i = 0; i < before; i++)
        error_list_add(&told, &errors->items[i]);
    for (size_t i = 0; variants && i < variants->len && errors->len < ERROR_LIST_MAX; i++) {
        struct error_list found = {0};
        judge_again(&again, variants->items[i].key, judge->sets, judge->n_sets, true,
                    judge->base->sound ? judge->base : NULL, &found);
        tell_variant(variants->items[i].key, &found, &told, errors);
        error_list_deinit(&found);
    }
    error_list_deinit(&told);
    node_free(faulty.document.base);
    return errors->len > before ? -1 : 0;
}

/* --- assumptions --- */

/* Of a range as good as its ends, which themselves are never drawn. */
enum { ENDS = 2 };
static const double near_ends[ENDS] = {0.001, 0.999};

static int try_values(const struct judge *judge, char *const *values, size_t n,
                      struct error_list *errors)
{
    const char **sets = mem_new(judge->n_sets + n, sizeof(*sets));
    for (size_t i = 0; i < judge->n_sets; i++)
        sets[i] = judge->sets[i];
    for (size_t i = 0; i < n; i++)
        sets[judge->n_sets + i] = values[i];
    const int rc = judge_again(judge, judge->variant, sets, judge->n_sets + n, false, NULL, errors);
    free(sets);
    return rc;
}

/* PATH=VALUE; NULL: it has no such end. To be freed. */
static char *value_near(const struct judge *judge, size_t item, double end)
{
    const struct uncertain *items = judge->base->epochs[0].scenario->uncertain.items;
    const double value = dist_quantile(items[item].dist, end);
    if (!isfinite(value))
        return NULL;
    char *text = assumed_text(judge->base, item, value);
    char *set = mem_format("%s=%s", items[item].path, text);
    free(text);
    return set;
}

/* A map, where one number is to be put. */
static const char *map_at(const struct program *program, const char *text)
{
    struct path path = {0};
    const struct node *node =
        path_parse(text, &path, NULL) == 0 ? path_get(program->epochs[0].tree, &path) : NULL;
    path_deinit(&path);
    return !node || node->kind == NODE_SCALAR ? NULL : node->kind == NODE_MAP ? "map" : "list";
}

static int judge_one(const struct judge *judge, size_t item, char *set, struct error_list *errors)
{
    const struct uncertain *items = judge->base->epochs[0].scenario->uncertain.items;
    const struct uncertain *one = &items[item];
    const char *value = set + strlen(one->path) + 1, *map = map_at(judge->base, one->path);
    struct error_list found = {0};
    const int rc = try_values(judge, &set, 1, &found);
    if (rc < 0 && map)
        error_list_addf(errors, one->at,
                        "uncertain: %.100s: a %s stands there, for which no number such as %.40s "
                        "can be drawn; give the path of a value in it",
                        one->path, map, value);
    else if (rc < 0)
        error_list_addf(errors, one->at, "uncertain: %s: %.40s may be drawn, which cannot be: %s",
                        one->path, value, found.items[0].text);
    error_list_deinit(&found);
    return rc;
}

/* Windows are held against each other: what does together may not do alone. */
static bool is_of_time(const char *path)
{
    return strncmp(path, "time.", 5) == 0 || strncmp(path, "measure.", 8) == 0;
}

int judge_assumptions(const struct judge *judge, struct error_list *errors)
{
    const struct items *list = &judge->base->epochs[0].scenario->uncertain;
    const struct uncertain *items = list->items;
    const size_t n = list->len, before = errors->len;
    char **values = mem_new(ENDS * n, sizeof(*values)), **there = mem_new(n, sizeof(*there));
    bool together[ENDS];
    for (size_t e = 0; e < ENDS; e++) {
        struct error_list found = {0};
        size_t len = 0;
        for (size_t i = 0; i < n; i++)
            if ((values[i * ENDS + e] = value_near(judge, i, near_ends[e])))
                there[len++] = values[i * ENDS + e];
        together[e] = len == 0 || try_values(judge, there, len, &found) == 0;
        error_list_deinit(&found);
    }
    for (size_t i = 0; i < n; i++) {
        int rc = 0;
        for (size_t e = 0; e < ENDS; e++) {
            char *value = values[i * ENDS + e];
            if (rc == 0 && value && (!together[e] || is_of_time(items[i].path)))
                rc = judge_one(judge, i, value, errors);
            free(value);
        }
    }
    free(values);
    free(there);
    return errors->len > before ? -1 : 0;
}
