/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/stability.h"

#include "analysis/collect.h"
#include "experiment/capacity.h"
#include "experiment/refused.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

/* Of runs that only try whether a queue grows. */

/* Share of the jobs submitted, and times the root of their number. */
static const double LEFT_SHARE = 0.03, LEFT_ROOTS = 2;

bool stability_asked(const struct program *program)
{
    return node_get(program->resolved, "analysis") &&
           program->epochs[0].scenario->analysis == ANALYSIS_STEADY;
}

/* --- what is offered --- */

struct load {
    double asked, there; /* processors */
};

/* On average over the run, without those that maintenance takes. */
static double processors_up(const struct build *build, size_t row)
{
    const struct partition_setup *setup = &build->partitions[row].setup;
    const simtime length = build->world.length;
    double sum = 0;
    for (size_t g = 0; g < setup->n_groups; g++)
        sum += (double)setup->groups[g].nodes * (double)setup->groups[g].procs_per_node;
    if (length == SIMTIME_NEVER)
        return sum;
    return sum - maintenance_time(build, (int32_t)row, 0, length) / simtime_seconds(length);
}

/* Where only so many may wait, others are rejected and no queue grows. */
static double served(const struct build *build, size_t row)
{
    const bool bounds = build->partitions[row].config.max_queued >= 0;
    return bounds ? (double)INFINITY : processors_up(build, row);
}

static bool inside(const struct build *build, size_t row, int32_t partition, int32_t centre)
{
    const struct world *world = &build->world;
    if (world->partitions[row].part)
        return false;
    return partition >= 0 ? (int32_t)row == partition
                          : centre < 0 || world->partitions[row].centre == centre;
}

static double asked_by(const struct build *build, size_t row)
{
    const struct build_workload *workload = &build->workloads[row];
    struct workload_outlook outlook = {0};
    struct workload_context context = workload->context;
    const struct workload_kind *kind = workload->workload->kind;
    if (!kind->endless || kind->outlook(workload->workload->params, &context, &outlook, NULL) < 0)
        return 0;
    struct asks asks;
    asks_init(&asks, build, row);
    const double left = outlook.even ? 0 : refused_leaves(&asks, 0).work;
    asks_deinit(&asks);
    return left > 0 ? left * outlook.load : 0;
}

/* Of a partition, of a centre (partition -1) or of all (both -1). Jobs that may run anywhere in a
 * centre are not in the load of its partitions. */
static struct load load_of(const struct build *build, const double *asked, int32_t partition,
                           int32_t centre)
{
    struct load load = {0};
    for (size_t row = 0; row < build->world.n_partitions; row++)
        load.there += inside(build, row, partition, centre) ? served(build, row) : 0;
    for (size_t w = 0; w < build->world.n_workloads; w++) {
        const struct job_spec *base = &build->workloads[w].context.base;
        if (partition >= 0 ? base->partition != partition : centre >= 0 && base->centre != centre)
            continue;
        load.asked += asked[w];
    }
    return load;
}

/* Processors that a quota lets be used at a time, on average. */
static double allowed(const struct tenant_quota *quota)
{
    const double month = 365.2425 / 12 * 86400;
    const double period =
        quota->months > 0 ? (double)quota->months * month : simtime_seconds(quota->step);
    const double at_once =
        quota->processors < INT64_MAX ? (double)quota->processors : (double)INFINITY;
    return period > 0 ? fmin(at_once, quota->processor_seconds / period) : at_once;
}

/* Whose jobs a quota counts: a tenant's with all below it, those of a QOS (row, else 0), or those
 * of it that one tenant submits itself (else -1). */
struct quota_crowd {
    int32_t tenant, qos;
};

static bool is_of(const struct build *build, size_t workload, struct quota_crowd crowd)
{
    const struct job_spec *base = &build->workloads[workload].context.base;
    if (crowd.qos == 0)
        return tenant_within(&build->world, base->tenant, crowd.tenant);
    return base->qos == crowd.qos && (crowd.tenant < 0 || base->tenant == crowd.tenant);
}

static struct load load_of_crowd(const struct build *build, const double *asked,
                                 const struct tenant_quota *quota, struct quota_crowd crowd)
{
    const bool bounds = quota && quota->queued == INT64_MAX; /* else as in `served` */
    struct load load = {.there = bounds ? allowed(quota) : (double)INFINITY};
    if (isinf(load.there))
        return load;
    for (size_t w = 0; w < build->world.n_workloads; w++)
        load.asked += is_of(build, w, crowd) ? asked[w] : 0;
    return load;
}

static bool too_much(struct load load)
{
    return load.asked > 0 && load.asked >= load.there;
}

static char *words(const char *what, const char *name, const char *why, struct load load)
{
    return mem_format("%s%s is asked for %.4g of %.4g processors%s (%.0f %%)", what, name,
                      load.asked, load.there, why, 100 * load.asked / load.there);
}

static char *crowded_tenant(const struct build *build, const double *asked)
{
    const struct world *world = &build->world;
    for (size_t t = 0; t < world->tenants.len; t++) {
        const struct tenant_info *info = &world->tenants.items[t];
        const struct load load =
            load_of_crowd(build, asked, info->quota, (struct quota_crowd){.tenant = (int32_t)t});
        if (too_much(load))
            return words("tenant ", info->path, " that its quota allows", load);
    }
    return NULL;
}

static char *crowded_qos(const struct build *build, const double *asked)
{
    const struct world *world = &build->world;
    for (int32_t q = 1; q < (int32_t)world->n_qos; q++) {
        const struct qos_info *info = &world->qos[q];
        const struct load all =
            load_of_crowd(build, asked, info->quota, (struct quota_crowd){-1, q});
        if (too_much(all))
            return words("QOS ", info->name, " that its quota allows", all);
        for (int32_t t = 0; t < (int32_t)world->tenants.len; t++) {
            const struct load own =
                load_of_crowd(build, asked, info->each, (struct quota_crowd){t, q});
            if (!too_much(own))
                continue;
            char *why = mem_format(" that QOS %s allows each tenant", info->name);
            char *text = words("tenant ", world->tenants.items[t].path, why, own);
            free(why);
            return text;
        }
    }
    return NULL;
}

static char *too_much_asked(const struct build *build, const double *asked)
{
    const struct world *world = &build->world;
    const struct load all = load_of(build, asked, -1, -1);
    if (too_much(all) && world->n_partitions > 1)
        return words("all together", "", "", all);
    /* With a broker, who runs where is for it to choose. */
    const bool brokered = build->broker && world->n_partitions > 1;
    for (size_t row = 0; row < world->n_partitions && !brokered; row++) {
        const struct load load = load_of(build, asked, (int32_t)row, -1);
        if (!world->partitions[row].part && too_much(load))
            return words("partition ", world->partitions[row].path, "", load);
    }
    for (size_t c = 0; c < world->n_centres && !brokered; c++) {
        const struct load load = load_of(build, asked, -1, (int32_t)c);
        if (too_much(load))
            return words("centre ", world->centres[c].name, "", load);
    }
    char *text = crowded_tenant(build, asked);
    return text ? text : crowded_qos(build, asked);
}

char *stability_excess(const struct build *build)
{
    double *asked = mem_new(build->world.n_workloads + 1, sizeof(*asked)); /* by workload */
    for (size_t w = 0; w < build->world.n_workloads; w++)
        asked[w] = asked_by(build, w);
    char *text = too_much_asked(build, asked);
    free(asked);
    return text;
}

char *stability_offered(const struct build *build)
{
    char *excess = stability_excess(build);
    char *text = excess ? mem_format("%s: its queue grows without bound, there is no long-run "
                                     "number",
                                     excess)
                        : NULL;
    free(excess);
    return text;
}

/* --- what runs show --- */

static void advance(struct stability_watch *watch, simtime to)
{
    while (watch->quarter < 4 && watch->last < to) {
        const simtime edge = watch->edges[watch->quarter + 1], end = edge < to ? edge : to;
        watch->areas[watch->quarter] += (double)watch->waiting * (double)(end - watch->last);
        watch->last = end;
        if (end == edge && ++watch->quarter == 4)
            watch->left = watch->waiting;
    }
}

static void see(void *ctx, const struct fact *fact)
{
    struct stability_watch *watch = ctx;
    int64_t change = 0;
    switch (fact->kind) {
    case FACT_SUBMIT:
        watch->submitted += fact->at >= watch->edges[0] && fact->at < watch->edges[4];
        change = 1;
        break;
    case FACT_STOP:
        change = 1;
        break;
    case FACT_START:
    case FACT_REJECT:
        change = -1;
        break;
    case FACT_END:
        change = fact->job->state == JOB_ABANDONED ? -1 : 0;
        break;
    default:
        break;
    }
    if (change == 0)
        return;
    advance(watch, fact->at);
    watch->waiting += change;
}

static void finish(void *ctx, simtime end)
{
    struct stability_watch *watch = ctx;
    (void)end;
    advance(watch, watch->edges[4]);
}

int stability_begin(void *ctx, struct simulation *simulation, struct error *err)
{
    const struct world *world = &simulation->build.world;
    struct stability_watch *watch = ctx;
    char *text = stability_offered(&simulation->build);
    (void)err;
    *watch = (struct stability_watch){.offered = text != NULL, .quarter = 4};
    free(text);
    const simtime from = world->measure_from > 0 ? world->measure_from : 0;
    const simtime until =
        world->measure_until < world->length ? world->measure_until : world->length;
    if (until == SIMTIME_NEVER || until - from < 4)
        return 0;
    for (int i = 0; i < 5; i++)
        watch->edges[i] = from + (until - from) / 4 * i;
    watch->last = from;
    watch->quarter = 0;
    REQUIRE(simulation->n_observers < SIMULATION_OBSERVERS_MAX);
    simulation->observers[simulation->n_observers++] = (struct observer){
        .ctx = watch,
        .hears = FACT_BIT(FACT_SUBMIT) | FACT_BIT(FACT_STOP) | FACT_BIT(FACT_START) |
                 FACT_BIT(FACT_REJECT) | FACT_BIT(FACT_END),
        .see = see,
        .finish = finish};
    return 0;
}

bool stability_grew(const struct stability_watch *watch)
{
    const double submitted = (double)watch->submitted, left = (double)watch->left;
    for (int i = 1; i < 4; i++)
        if (!(watch->areas[i] > watch->areas[i - 1]))
            return false;
    return left > LEFT_SHARE * submitted && left > LEFT_ROOTS * sqrt(submitted);
}

bool stability_most(size_t unstable, size_t runs)
{
    return 2 * unstable > runs;
}
