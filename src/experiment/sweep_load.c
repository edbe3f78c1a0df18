/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/sweep_load.h"

#include "experiment/capacity.h"
#include "experiment/offer.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* The workload whose arrival the path leads to; -1: none. Members share one. */
static int64_t workload_at(const struct build *build, const struct path *path)
{
    const struct path front = {path->items, path->len - 1, 0};
    const struct node *node = path_get(build->program->epochs[0].tree, &front);
    for (size_t i = 0; i < build->world.n_workloads; i++)
        if (build->workloads[i].workload->node == node)
            return (int64_t)i;
    return -1;
}

static bool same_place(const struct job_spec *a, const struct job_spec *b)
{
    return a->centre == b->centre && a->partition == b->partition;
}

/* Processors installed there, on average over the run. */
static double installed(const struct build *build, const struct job_spec *place)
{
    const struct world *world = &build->world;
    const simtime end = world->length < SIMTIME_NEVER ? world->length : SIMTIME_SECOND;
    struct phases phases;
    double sum = 0;
    phases_init(&phases, build);
    for (size_t row = 0; row < world->n_partitions; row++)
        if (place->partition == PARTITION_ANY ? world->partitions[row].centre == place->centre
                                              : (int32_t)row == place->partition)
            sum += phases_installed(&phases, (int32_t)row, 0, end);
    phases_deinit(&phases);
    return sum / simtime_seconds(end);
}

/* Processors that a workload keeps busy on average over the run; -1 with an error. */
static int asked(const struct build *build, size_t row, double *ret, struct error *err)
{
    const struct offer_span run = {0, build->world.length};
    struct offer offer;
    if (offer_init(&offer, build, row, NULL, err) < 0) {
        offer_deinit(&offer);
        return -1;
    }
    *ret = offer_load(&offer, build->program, run);
    offer_deinit(&offer);
    return 0;
}

static int find_factor(const struct build *build, const struct path *path, double load, double *ret,
                       struct error *err)
{
    const int64_t own = workload_at(build, path);
    double mine = 0, others = 0;
    if (own < 0)
        return error_set(err, "no tenant has such a workload of its own");
    const struct job_spec *place = &build->workloads[own].context.base;
    for (size_t i = 0; i < build->world.n_workloads; i++) {
        double busy;
        if (!same_place(&build->workloads[i].context.base, place))
            continue;
        if (asked(build, i, &busy, err) < 0)
            return -1;
        if (build->workloads[i].workload->node == build->workloads[own].workload->node)
            mine += busy;
        else
            others += busy;
    }
    const double wanted = load * installed(build, place);
    if (!(mine > 0 && mine < HUGE_VAL))
        return error_set(err, "what its jobs ask for has no mean");
    if (!(wanted > others))
        return error_set(err,
                         "the other workloads there ask for %.3g processors, and an offered load "
                         "of %g is only %.3g",
                         others, load, wanted);
    *ret = (wanted - others) / mine;
    return 0;
}

/* The load of a place is one number: two factors cannot both say it. */
static int check_others(const struct sweep *sweep, const struct sweep_factor *factor,
                        const struct build *build, struct error *err)
{
    const int64_t own = workload_at(build, &factor->path[0]);
    for (const struct sweep_factor *other = sweep->factors; other < factor; other++) {
        const int64_t its = other->kind == FACTOR_LOAD ? workload_at(build, &other->path[0]) : -1;
        if (own >= 0 && its >= 0 &&
            same_place(&build->workloads[own].context.base, &build->workloads[its].context.base))
            return error_set(err,
                             "%.80s says the load of the same place, and each is of all workloads "
                             "there; vary the rate of one of the two instead",
                             other->name);
    }
    return 0;
}

/* `{poisson: 9 per h}` or `{poisson: {rate: 9 per h}}`. */
void sweep_load_path(const struct path *by, const struct node *tree, struct path *ret)
{
    path_copy(by, ret);
    path_push_key(ret, "poisson");
    const struct node *poisson = path_get(tree, ret);
    if (poisson && poisson->kind == NODE_MAP)
        path_push_key(ret, "rate");
}

static struct node *rate_of(const struct node *tree, const struct path *by)
{
    struct path path;
    sweep_load_path(by, tree, &path);
    struct node *rate = path_get(tree, &path);
    path_deinit(&path);
    return rate && rate->kind == NODE_SCALAR ? rate : NULL;
}

static int multiply(struct node *rate, double factor, struct error *err)
{
    double number;
    const size_t len = rate ? quantity_number(rate->text, &number) : 0;
    if (len == 0)
        return error_set(err, "there is no poisson: RATE to multiply");
    char *text = mem_format("%.17g%s", number * factor, rate->text + len);
    free(rate->text);
    rate->text = text;
    return 0;
}

int sweep_load_put(const struct sweep *sweep, const struct sweep_factor *factor, double load,
                   struct node *tree, struct error_list *errors)
{
    struct program program;
    struct build build = {0};
    struct error err = {0};
    double times = 0;
    const struct build_options options = {.replication = 1};
    int rc = program_from_tree(&program, &sweep->scenario, node_copy(tree), errors);
    if (rc == 0)
        rc = build_init(&build, &program, &options, errors);
    if (rc == 0) {
        rc = check_others(sweep, factor, &build, &err);
        if (rc == 0)
            rc = find_factor(&build, &factor->path[0], load, &times, &err);
        if (rc == 0)
            rc = multiply(rate_of(tree, &factor->path[0]), times, &err);
        if (rc < 0)
            error_list_addf(errors, factor->at, "factors.%s: offered_load: %s", factor->name,
                            err.text);
    }
    build_deinit(&build);
    program_free(&program);
    return rc;
}
