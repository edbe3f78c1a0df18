/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/sweep.h"

#include "analysis/selector.h"
#include "experiment/draws.h"
#include "experiment/measures.h"
#include "experiment/sweep_factors.h"
#include "experiment/sweep_load.h"
#include "experiment/sweep_names.h"
#include "experiment/sweep_overlap.h"
#include "experiment/sweep_put.h"
#include "util/file.h"
#include "util/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUNS_MAX = 100000000 };

#define IN(member) offsetof(struct sweep, member)

const struct field sweep_fields[] = {
    {.key = "jishi-sweep",
     .kind = FIELD_INT,
     .offset = IN(version),
     .min = 1,
     .max = 1,
     .flags = FIELD_REQUIRED,
     .help = "version of this language: 1"},
    {.key = "title", .kind = FIELD_TEXT, .offset = IN(title), .help = "what is asked"},
    {.key = "scenario",
     .kind = FIELD_NODE,
     .offset = IN(scenario_node),
     .flags = FIELD_REQUIRED,
     .schema = "{\"anyOf\": [{\"type\": \"object\"}, {\"type\": \"string\", \"minLength\": 1}]}",
     .help = "the file of the scenario, or the scenario itself"},
    {.key = "replications",
     .kind = FIELD_INT,
     .offset = IN(replications),
     .min = 1,
     .max = 1000000,
     .def = "1",
     .help = "of each point: the same with other random draws"},
    {.key = "seed",
     .kind = FIELD_INT,
     .offset = IN(seed),
     .min = 0,
     .max = (double)INT64_MAX,
     .help = "of all runs, and of the design; the scenario's if not given"},
    {.key = "set",
     .kind = FIELD_NODE,
     .offset = IN(set),
     .schema = "{\"type\": \"object\"}",
     .help = "a map PATH: value of what is changed at all points"},
    {.key = "variants",
     .kind = FIELD_TEXTS,
     .offset = IN(variants),
     .flags = FIELD_UNIQUE,
     .help = "variants of the scenario as a factor; base: none"},
    {.key = "factors",
     .kind = FIELD_NODE,
     .offset = IN(factors_node),
     .forms = sweep_factor_forms,
     .help = "what is varied: a map PATH: [values]"},
    {.key = "design",
     .kind = FIELD_KIND,
     .offset = IN(design_kind),
     .kinds = &design_kinds,
     .def = "grid",
     .help = "which points are run"},
    {.key = "measures",
     .kind = FIELD_TEXTS,
     .offset = IN(measure_texts),
     .flags = FIELD_REQUIRED | FIELD_UNIQUE,
     .help = "selectors of metrics: wait.p95[tenant=handary]"},
    {.key = "limit",
     .kind = FIELD_DURATION,
     .offset = IN(limit),
     .min = 0,
     .max = HUGE_VAL,
     .help = "wall time after which a run is given up; none if not given"},
    {.key = "traces",
     .kind = FIELD_BOOL,
     .offset = IN(traces),
     .def = "false",
     .help = "whether every run leaves its trace in traces/"},
    {0},
};

void sweep_deinit(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->n_factors; i++)
        sweep_factor_deinit(&sweep->factors[i]);
    free(sweep->factors);
    free(sweep->measures);
    design_deinit(&sweep->design);
    schema_free(sweep_fields, sweep);
    document_deinit(&sweep->scenario);
    node_free(sweep->tree);
    free(sweep->file);
    *sweep = (struct sweep){0};
}

const char *unit_symbol(enum unit unit)
{
    static const char *const symbols[] = {
        [UNIT_NONE] = "1",
        [UNIT_SAME] = "1",
        [UNIT_TIME] = "s",
        [UNIT_RATE] = "1/s",
        [UNIT_FLOPS] = "FLOP/s",
        [UNIT_WORK] = "FLOP",
        [UNIT_POWER] = "W",
        [UNIT_ENERGY] = "J",
        [UNIT_MONEY] = "yuan",
        [UNIT_BYTES] = "B",
        [UNIT_BANDWIDTH] = "B/s",
        [UNIT_MONEY_RATE] = "yuan/s",
        [UNIT_ENERGY_PRICE] = "yuan/J",
    };
    return symbols[unit];
}

/* --- reading --- */

static int load_scenario(struct sweep *sweep, const char *builtin_dir, struct error_list *errors)
{
    const struct resolve_options options = {.builtin_dir = builtin_dir, .table = scenario_fields};
    const struct node *node = sweep->scenario_node;
    if (node->kind == NODE_MAP)
        return document_from_tree(&sweep->scenario, node, sweep->file, &options, errors);
    if (node->kind != NODE_SCALAR || node_is_null(node) || !node->text[0]) {
        error_list_addf(errors, node->at, "scenario: expected the name of a file");
        return -1;
    }
    char *path = path_beside(node->at.file, node->text);
    if (access(path, R_OK) < 0) {
        error_list_addf(errors, node->at, "scenario: \"%.200s\" cannot be read: %s", node->text,
                        strerror(errno));
        free(path);
        return -1;
    }
    struct error err;
    int rc = file_need_regular(path, &err);
    if (rc < 0)
        error_list_addf(errors, node->at, "scenario: \"%.200s\" %s", node->text, err.text);
    else
        rc = document_load(&sweep->scenario, path, &options, errors);
    free(path);
    return rc;
}

static void read_measures(struct decode *ctx, struct sweep *sweep)
{
    const struct node *node = node_get(sweep->tree, "measures");
    const struct texts *texts = &sweep->measure_texts;
    struct error err;
    sweep->measures = mem_new(texts->len, sizeof(*sweep->measures));
    if (texts->len == 0)
        decode_error(ctx, node->at, "measures: at least one is needed");
    for (size_t i = 0; i < texts->len; i++) {
        struct selector selector;
        const struct mark at = node->kind == NODE_LIST ? node->items[i].value->at : node->at;
        if (selector_parse(texts->items[i], &selector, &err) < 0) {
            decode_error(ctx, at, "measures: %s", err.text);
            continue;
        }
        for (size_t k = 0; k < sweep->n_measures; k++)
            if (strcmp(sweep->measures[k].selector, texts->items[i]) == 0)
                decode_error(ctx, at, "measures: \"%.80s\" is there twice", texts->items[i]);
        sweep->measures[sweep->n_measures++] =
            (struct sweep_measure){texts->items[i], selector.metric, at};
        selector_deinit(&selector);
    }
}

/* Where a design can be said to be wrong: where none is named, the grid cannot take a factor
 * without levels, or has too many. */
static struct mark design_mark(const struct sweep *sweep)
{
    const struct node *node = node_get(sweep->tree, "design");
    if (node)
        return node->at;
    for (size_t i = 0; i < sweep->n_factors; i++)
        if (sweep->factors[i].kind == FACTOR_DRAWN)
            return sweep->factors[i].at;
    return sweep->factors[0].at;
}

/* A sweep of no factors is one point. */
static int make_points(struct decode *ctx, struct sweep *sweep)
{
    struct error err;
    const size_t n = sweep->n_factors;
    struct design_factor *factors = mem_new(n + 1, sizeof(*factors));
    for (size_t i = 0; i < n; i++) {
        const struct sweep_factor *factor = &sweep->factors[i];
        factors[i] =
            (struct design_factor){factor->text, factor->levels, factor->dist, factor->whole};
    }
    const struct design_input input = {factors, n, sweep->run_seed};
    int rc = 0;
    if (n == 0) {
        sweep->points = 1;
    } else if (design_make(&sweep->design_kind, &input, &sweep->design, &err) == 0) {
        sweep->points = sweep->design.points;
    } else {
        rc = decode_error(ctx, design_mark(sweep), "design: %s", err.text);
    }
    free(factors);
    if (rc == 0 && sweep->points > RUNS_MAX / (size_t)sweep->replications)
        rc = decode_error(ctx, sweep->tree->at, "%zu points of %lld replications are too many runs",
                          sweep->points, (long long)sweep->replications);
    sweep->runs = rc == 0 ? sweep->points * (size_t)sweep->replications : 0;
    return rc;
}

/* The scenario before factors and variants: what paths lead to. NULL with errors. */
static struct node *base_tree(const struct sweep *sweep, struct error_list *errors)
{
    if (sweep->set && sweep->set->kind != NODE_MAP) {
        error_list_addf(errors, sweep->set->at, "set: expected a map PATH: value");
        return NULL;
    }
    return sweep_tree(sweep, NULL, errors);
}

static uint64_t seed_in(const struct sweep *sweep, const struct node *tree)
{
    const struct node *node = node_get(tree, "seed");
    double seed = 0;
    if (sweep->seed >= 0)
        return (uint64_t)sweep->seed;
    /* What is no number is told when the scenario is decoded. */
    if (!node || node->kind != NODE_SCALAR ||
        quantity_parse(node->text, UNIT_NONE, &seed, NULL) < 0)
        return 0;
    return seed > 0 ? strtoull(node->text, NULL, 10) : 0;
}

static void read_sweep(struct decode *ctx, struct sweep *sweep, const char *builtin_dir)
{
    if (decode_table(sweep->tree, sweep_fields, sweep, ctx) < 0)
        return;
    if (!node_get(sweep->tree, "seed"))
        sweep->seed = -1;
    const size_t before = ctx->errors->len;
    if (load_scenario(sweep, builtin_dir, ctx->errors) < 0) {
        ctx->failures += ctx->errors->len - before + 1;
        return;
    }
    struct node *tree = base_tree(sweep, ctx->errors);
    if (!tree) {
        ctx->failures++;
        return;
    }
    read_measures(ctx, sweep);
    sweep_factors_read(ctx, sweep, tree);
    if (ctx->failures == 0)
        sweep_overlap_check(ctx, sweep, tree);
    if (ctx->failures == 0)
        sweep_names_make(ctx, sweep);
    sweep->run_seed = seed_in(sweep, tree);
    if (ctx->failures == 0)
        make_points(ctx, sweep);
    node_free(tree);
}

int sweep_load(struct sweep *sweep, const char *path, const char *builtin_dir,
               struct error_list *errors)
{
    struct error err;
    size_t len;
    *sweep = (struct sweep){.file = mem_text(path)};
    char *text = file_read_regular(path, NODE_BYTES_MAX, &len, &err);
    if (!text) {
        error_list_addf(errors, (struct mark){sweep->file, 0, 0}, "%s", err.text);
        return -1;
    }
    sweep->tree = node_parse(text, len, sweep->file, &err);
    free(text);
    if (!sweep->tree) {
        error_list_add(errors, &err);
        return -1;
    }
    struct decode ctx = {.errors = errors, .file = sweep->file};
    read_sweep(&ctx, sweep, builtin_dir);
    decode_deinit(&ctx);
    return ctx.failures == 0 ? 0 : -1;
}

/* --- points --- */

const char *sweep_value(const struct sweep *sweep, size_t point, size_t f, double *ret_number)
{
    const struct sweep_factor *factor = &sweep->factors[f];
    *ret_number = (double)NAN;
    if (factor->kind == FACTOR_DRAWN) {
        *ret_number = design_value(&sweep->design, point, f);
        return NULL;
    }
    const size_t level = design_level(&sweep->design, point, f);
    if (factor->numbers)
        *ret_number = factor->numbers[level];
    return factor->labels ? factor->labels[level] : NULL;
}

/* What a point is, or what a check puts in its place. */
struct setting {
    const size_t *levels;  /* by factor */
    const double *numbers; /* of those that are drawn */
};

static struct node *value_at(const struct sweep_factor *factor, const struct setting *at,
                             const struct sweep_put *put)
{
    return factor->kind == FACTOR_DRAWN
               ? sweep_drawn_value(factor, at->numbers[put->factor])
               : node_copy(factor->values[at->levels[put->factor] * factor->n_paths + put->path]);
}

static struct node *tree_of(const struct sweep *sweep, const struct setting *at,
                            struct error_list *errors)
{
    const char *variant = NULL;
    for (size_t i = 0; i < sweep->n_factors; i++)
        if (sweep->factors[i].kind == FACTOR_VARIANTS)
            variant = sweep->factors[i].labels[at->levels[i]];
    struct node *tree = sweep_tree(sweep, variant, errors);
    if (!tree)
        return NULL;
    size_t n;
    struct sweep_put *puts = sweep_puts(sweep, tree, &n);
    struct error err;
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        const struct sweep_factor *factor = &sweep->factors[puts[i].factor];
        rc = sweep_put_value(tree, &factor->path[puts[i].path], factor->at,
                             value_at(factor, at, &puts[i]), &err);
    }
    free(puts);
    if (rc == 0)
        return tree;
    error_list_add(errors, &err);
    node_free(tree);
    return NULL;
}

/* Loads are put last, when all that they are measured against is known. */
static int put_loads(const struct sweep *sweep, const struct setting *at, struct node *tree,
                     struct error_list *errors)
{
    for (size_t i = 0; i < sweep->n_factors; i++) {
        const struct sweep_factor *factor = &sweep->factors[i];
        if (factor->kind == FACTOR_LOAD &&
            sweep_load_put(sweep, factor, factor->numbers[at->levels[i]], tree, errors) < 0)
            return -1;
    }
    return 0;
}

static int program_at(const struct sweep *sweep, const struct setting *at, struct program *program,
                      struct error_list *errors)
{
    *program = (struct program){0};
    struct node *tree = tree_of(sweep, at, errors);
    if (!tree)
        return -1;
    if (put_loads(sweep, at, tree, errors) < 0) {
        node_free(tree);
        return -1;
    }
    return program_from_tree(program, &sweep->scenario, tree, errors);
}

int sweep_program(const struct sweep *sweep, size_t point, struct program *program,
                  struct error_list *errors)
{
    size_t *levels = mem_new(sweep->n_factors + 1, sizeof(*levels));
    double *numbers = mem_new(sweep->n_factors + 1, sizeof(*numbers));
    for (size_t i = 0; i < sweep->n_factors; i++)
        if (sweep->factors[i].kind == FACTOR_DRAWN)
            numbers[i] = design_value(&sweep->design, point, i);
        else
            levels[i] = design_level(&sweep->design, point, i);
    const int rc = program_at(sweep, &(struct setting){levels, numbers}, program, errors);
    free(levels);
    free(numbers);
    return rc;
}

/* --- checks --- */

/* Nothing is told twice. */
static void add_new(struct error_list *errors, const struct error_list *found)
{
    for (size_t i = 0; i < found->len; i++) {
        const struct error *a = &found->items[i];
        bool old = false;
        for (size_t k = 0; k < errors->len && !old; k++) {
            const struct error *b = &errors->items[k];
            old = a->at.line == b->at.line && a->at.column == b->at.column &&
                  strcmp(a->text, b->text) == 0;
        }
        if (!old)
            error_list_add(errors, a);
    }
}

/* The scenario's own metrics first, so that what is wrong after them is a measure. */
static int check_measures(const struct sweep *sweep, const struct program *program,
                          struct error_list *errors)
{
    const struct build_options options = {.seed = sweep->run_seed, .replication = 1};
    struct build build;
    int rc = build_init(&build, program, &options, errors);
    struct metrics *own = rc == 0 ? scenario_metrics(&build, NULL, 0, errors) : NULL;
    if (!own)
        rc = -1;
    metrics_free(own);
    for (size_t i = 0; rc == 0 && i < sweep->n_measures; i++) {
        struct error_list wrong = {0};
        struct metrics *metrics = scenario_metrics(&build, &sweep->measures[i].selector, 1, &wrong);
        for (size_t k = 0; k < wrong.len; k++)
            error_list_addf(errors, sweep->measures[i].at, "measures: %s", wrong.items[k].text);
        rc = metrics ? 0 : -1;
        metrics_free(metrics);
        error_list_deinit(&wrong);
    }
    build_deinit(&build);
    return rc;
}

/* A log says the same in each replication, unless it is told to differ. */
static int check_replications(const struct sweep *sweep, const struct program *program,
                              struct error_list *errors)
{
    if (sweep->replications == 1 || program_draws(program))
        return 0;
    const struct node *node = node_get(sweep->tree, "replications");
    error_list_addf(errors, node->at,
                    "replications: the scenario draws nothing at random, so that %lld replications "
                    "would all be the same; for a log see `replicate: {shake: 60s}` and "
                    "`replicate: {resample: users}`",
                    (long long)sweep->replications);
    return -1;
}

struct check {
    const struct sweep *sweep;
    void (*see)(void *ctx, const struct program *program);
    void *ctx;
    struct error_list *errors;
};

static int check_at(const struct check *check, const struct setting *at)
{
    struct program program;
    struct error_list found = {0};
    int rc = program_at(check->sweep, at, &program, &found);
    if (rc == 0)
        rc = check_measures(check->sweep, &program, &found);
    if (rc == 0)
        rc = check_replications(check->sweep, &program, &found);
    if (rc == 0 && check->see)
        check->see(check->ctx, &program);
    /* File names of the found are those of the sweep and its document. */
    add_new(check->errors, &found);
    error_list_deinit(&found);
    program_free(&program);
    return rc;
}

int sweep_check(const struct sweep *sweep, void (*see)(void *ctx, const struct program *program),
                void *ctx, struct error_list *errors)
{
    const struct check check = {sweep, see, ctx, errors};
    const size_t n = sweep->n_factors;
    size_t *levels = mem_new(n + 1, sizeof(*levels));
    double *numbers = mem_new(n + 1, sizeof(*numbers));
    const struct setting at = {levels, numbers};
    for (size_t i = 0; i < n; i++)
        if (sweep->factors[i].kind == FACTOR_DRAWN)
            numbers[i] = design_value(&sweep->design, 0, i);
    int rc = check_at(&check, &at);
    for (size_t i = 0; i < n && rc == 0; i++) {
        const struct sweep_factor *factor = &sweep->factors[i];
        for (size_t level = 1; level < factor->levels; level++) {
            levels[i] = level;
            rc |= check_at(&check, &at);
        }
        levels[i] = 0;
    }
    free(levels);
    free(numbers);
    return rc == 0 ? 0 : -1;
}
