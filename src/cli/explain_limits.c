/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/explain_limits.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- quotas of nothing --- */

/* Does the quota let nothing start, whatever it asks? */
static const char *lets_nothing(const struct quota_plan *quota)
{
    return quota->processors <= 0              ? "processors"
           : quota->jobs <= 0                  ? "jobs"
           : quota->processor_hours.limit <= 0 ? "processor-hours"
                                               : NULL;
}

/* By tenant: has it jobs, itself or below it? To be freed. */
static bool *find_busy(const struct build *build)
{
    const struct world *world = &build->world;
    bool *busy = mem_new(world->tenants.len, sizeof(*busy));
    for (size_t w = 0; w < world->n_workloads; w++)
        for (int32_t t = world->workloads[w].tenant; t >= 0; t = world->tenants.items[t].parent)
            busy[t] = true;
    return busy;
}

/* The same of QOS that jobs have at the start. */
static void warn_qos(const struct build *build, FILE *out)
{
    const struct program *program = build->program;
    bool *busy = mem_new(build->world.n_qos, sizeof(*busy));
    for (size_t w = 0; w < build->world.n_workloads; w++)
        if (build->world.n_qos > 0)
            busy[build->workloads[w].context.base.qos] = true;
    for (size_t q = 1; q < build->world.n_qos; q++)
        for (int each = 0; each <= 1 && busy[q]; each++) {
            const char *what = NULL;
            for (size_t e = 0; e < program->n_epochs; e++) {
                const struct qos_plan *plans = program->epochs[e].scenario->qos.items;
                what = lets_nothing(each ? &plans[q - 1].each : &plans[q - 1].quota);
                if (!what)
                    break;
            }
            if (what)
                fprintf(out, "  QOS %s: a quota of 0 %s%s lets no job start: all are rejected.\n",
                        build->world.qos[q].name, what, each ? " for each tenant" : "");
        }
    free(busy);
}

/* Quotas under which no job could ever start, now or at a date. */
static void warn_quotas(const struct build *build, const int32_t *alike, FILE *out)
{
    const struct program *program = build->program;
    bool *busy = find_busy(build);
    for (size_t i = 0; i < program->epochs[0].scenario->rows.len; i++) {
        const char *what = NULL;
        for (size_t e = 0; e < program->n_epochs; e++) {
            what = lets_nothing(&build_tenant(build, e, i)->quota);
            if (!what)
                break;
        }
        if (what && (size_t)alike[i] == i && busy[i])
            fprintf(out, "  %s: a quota of 0 %s lets no job start: all are rejected.\n",
                    build->world.tenants.items[i].path, what);
    }
    free(busy);
}

/* --- jobs larger than a tenant above may ever hold --- */

/* A bound on what a job may ask for, and who says so. */
struct most {
    int64_t processors; /* INT64_MAX: no bound */
    const char *of, *who, *says;
};

static void tighten(struct most *most, int64_t own, const char *of, const char *who,
                    const char *says)
{
    if (own < most->processors)
        *most = (struct most){own, of, who, says};
}

/* The highest that the terms of the tenant ever are. */
static int64_t highest(const struct build *build, size_t tenant,
                       int64_t (*of)(const struct tenant *))
{
    int64_t most = INT64_MIN;
    for (size_t e = 0; e < build->program->n_epochs; e++) {
        const int64_t value = of(build_tenant(build, e, tenant));
        most = value > most ? value : most;
    }
    return most;
}

static int64_t quota_of(const struct tenant *tenant)
{
    return tenant->quota.processors;
}

static int64_t size_of(const struct tenant *tenant)
{
    return tenant->quota.max_processors;
}

static int64_t guarantee_of(const struct tenant *tenant)
{
    const struct guarantee_plan *plan = &tenant->guarantee;
    return plan->processors < 0 || plan->borrow == INT64_MAX ? INT64_MAX
                                                             : plan->processors + plan->borrow;
}

#define ONE_JOB "lets one job have no more than"

static void raise_to(struct quota_plan *highest, const struct quota_plan *plan)
{
    if (plan->processors > highest->processors)
        highest->processors = plan->processors;
    if (plan->max_processors > highest->max_processors)
        highest->max_processors = plan->max_processors;
}

/* The tightest of what the QOS of the workload at the start ever lets its jobs ask for; nothing of
 * one whose QOS changes. */
static void tighten_by_qos(const struct build *build, size_t workload, struct most *most)
{
    const struct program *program = build->program;
    const int32_t row = build->workloads[workload].context.base.qos;
    struct qos_plan highest = {.quota = {.processors = INT64_MIN, .max_processors = INT64_MIN},
                               .each = {.processors = INT64_MIN, .max_processors = INT64_MIN}};
    if (row == 0)
        return;
    for (size_t i = 0; i < build->n_changes; i++)
        if (build->changes[i].what == CHANGE_KIND &&
            build->changes[i].workload == (int32_t)workload)
            return;
    for (size_t e = 0; e < program->n_epochs; e++) {
        const struct qos_plan *plans = program->epochs[e].scenario->qos.items;
        const struct qos_plan *plan = &plans[row - 1];
        raise_to(&highest.quota, &plan->quota);
        raise_to(&highest.each, &plan->each);
    }
    const char *who = build->world.qos[row].name;
    tighten(most, highest.quota.processors, "QOS ", who, "has a quota of");
    tighten(most, highest.each.processors, "QOS ", who, "lets each tenant have no more than");
    tighten(most, highest.quota.max_processors, "QOS ", who, ONE_JOB);
    tighten(most, highest.each.max_processors, "QOS ", who, ONE_JOB);
}

/* The tightest of the quotas of the tenant, of those above it, and of the QOS. */
static struct most most_by_quotas(const struct build *build, size_t workload)
{
    const struct world *world = &build->world;
    struct most most = {.processors = INT64_MAX};
    int32_t t = world->workloads[workload].tenant;
    for (; t >= 0; t = world->tenants.items[t].parent) {
        const char *who = world->tenants.items[t].path;
        tighten(&most, highest(build, (size_t)t, quota_of), "", who, "has a quota of");
        tighten(&most, highest(build, (size_t)t, size_of), "", who, ONE_JOB);
    }
    tighten_by_qos(build, workload, &most);
    return most;
}

/* The tightest of the guarantees: of the home alone, and with a broker jobs may run elsewhere. */
static struct most most_by_guarantees(const struct build *build, size_t workload)
{
    const struct world *world = &build->world;
    const int32_t centre = build->workloads[workload].context.base.centre;
    struct most most = {.processors = INT64_MAX};
    int32_t t = build->broker ? -1 : world->workloads[workload].tenant;
    for (; t >= 0; t = world->tenants.items[t].parent)
        if (world->tenants.items[t].home == centre)
            tighten(&most, highest(build, (size_t)t, guarantee_of), "",
                    world->tenants.items[t].path, "is guaranteed, and may borrow, no more than");
    return most;
}

/* The share of its jobs that asks for more than so many processors. */
static double share_above(const struct build_workload *workload, int64_t processors,
                          int64_t *ret_largest)
{
    const void *params = workload->workload->params;
    const struct workload_kind *kind = workload->workload->kind;
    struct workload_context context = workload->context;
    struct workload_outlook outlook = {0};
    const int64_t per_node = context.procs_per_node > 0 ? context.procs_per_node : 1;
    const bool whole = kind->asks_nodes && kind->asks_nodes(params);
    context.from = workload->stay.from > 0 ? workload->stay.from : 0;
    if (workload->stay.until < context.limit)
        context.limit = workload->stay.until;
    context.fits_procs = processors > 0 ? processors : 1;
    context.fits_nodes = processors >= per_node ? processors / per_node : 1;
    if (context.from >= context.limit || kind->outlook(params, &context, &outlook, NULL) < 0)
        return 0;
    *ret_largest = outlook.largest;
    return processors < (whole ? per_node : 1) ? 1 : outlook.too_large;
}

static void warn_larger(const struct build *build, size_t workload, const struct most *most,
                        FILE *out)
{
    const struct build_workload *bw = &build->workloads[workload];
    int64_t largest = 0;
    char up_to[64] = "";
    if (most->processors == INT64_MAX ||
        (bw->context.fits_procs > 0 && most->processors >= bw->context.fits_procs))
        return;
    const double share = share_above(bw, most->processors, &largest);
    if (!(share > 1e-12)) /* less is what sums leave */
        return;
    if (largest > 0)
        snprintf(up_to, sizeof(up_to), " of up to %lld processors", (long long)largest);
    fprintf(out, "  %s: jobs%s, but %s%s %s %lld: ", build->world.workloads[workload].path, up_to,
            most->of, most->who, most->says, (long long)most->processors);
    if (share > 1 - 1e-12)
        fputs("all are rejected.\n", out);
    else
        fprintf(out, "the larger ones (%.3g %% of its jobs) are rejected.\n", 100 * share);
}

static void warn_sizes(const struct build *build, const int32_t *alike, FILE *out)
{
    for (size_t w = 0; w < build->world.n_workloads; w++) {
        const int32_t tenant = build->world.workloads[w].tenant;
        if (alike[tenant] != tenant)
            continue;
        const struct most quota = most_by_quotas(build, w);
        const struct most guarantee = most_by_guarantees(build, w);
        if (quota.processors > 0) /* of nothing: warn_quotas tells */
            warn_larger(build, w, &quota, out);
        if (guarantee.processors < quota.processors)
            warn_larger(build, w, &guarantee, out);
    }
}

/* --- guarantees that cannot be kept --- */

static int64_t guaranteed(const struct build *build, size_t epoch, int32_t parent, int32_t centre)
{
    const struct scenario *scenario = build->program->epochs[epoch].scenario;
    int64_t sum = 0;
    for (size_t i = 0; i < scenario->rows.len; i++) {
        const struct tenant *tenant = build_tenant(build, epoch, i);
        if (scenario->rows.items[i].parent == parent && tenant->guarantee.processors > 0 &&
            tenant->home && scenario_centre(scenario, tenant->home) == centre)
            sum += tenant->guarantee.processors;
    }
    return sum;
}

/* What there is for tenants below `parent` (-1: all): the least of the centre's processors, the
 * parent's own guarantee there, and the quotas from the parent upwards. To be freed. */
static char *ceiling(const struct build *build, size_t epoch, int32_t parent, int32_t centre,
                     int64_t *ret)
{
    const struct scenario *scenario = build->program->epochs[epoch].scenario;
    const struct centre *at = (const struct centre *)scenario->centres.items + centre;
    char *text = mem_format("%s has", at->named.name);
    *ret = centre_processors(at);
    for (int32_t t = parent; t >= 0; t = scenario->rows.items[t].parent) {
        const struct tenant *tenant = build_tenant(build, epoch, (size_t)t);
        const int64_t own = tenant->guarantee.processors;
        const char *path = build->world.tenants.items[t].path;
        const bool bound = t == parent && own >= 0 && own < *ret && tenant->home &&
                           scenario_centre(scenario, tenant->home) == centre;
        if (!bound && tenant->quota.processors >= *ret)
            continue;
        free(text);
        text = mem_format(bound ? "%s itself is guaranteed" : "%s has a quota of", path);
        *ret = bound ? own : tenant->quota.processors;
    }
    return text;
}

/* Guarantees of brothers that could not be kept at once: each told once, at the first date at which
 * it is so. */
static void warn_guarantees_of(const struct build *build, int32_t parent, int32_t centre, FILE *out)
{
    bool told = false;
    for (size_t e = 0; e < build->program->n_epochs && !told; e++) {
        int64_t most;
        const int64_t sum = guaranteed(build, e, parent, centre);
        char *who = ceiling(build, e, parent, centre, &most);
        char when[64] = "at the start";
        if (e > 0)
            date_format(build->world.start + build->program->epochs[e].at, build->world.offset,
                        when, sizeof(when));
        told = sum > most;
        if (told)
            fprintf(out,
                    "  %s%s: %lld processors are guaranteed (%s), but %s %lld: guarantees are "
                    "not always kept.\n",
                    parent < 0 ? "tenants" : "tenants below ",
                    parent < 0 ? "" : build->world.tenants.items[parent].path, (long long)sum, when,
                    who, (long long)most);
        free(who);
    }
}

static void warn_guarantees(const struct build *build, FILE *out)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const size_t n = scenario->rows.len;
    bool *parents = mem_new(n + 1, sizeof(*parents));
    for (size_t e = 0; e < build->program->n_epochs; e++)
        for (size_t i = 0; i < n; i++)
            parents[scenario->rows.items[i].parent + 1] |=
                build_tenant(build, e, i)->guarantee.processors > 0;
    for (size_t p = 0; p <= n; p++)
        for (size_t c = 0; c < scenario->centres.len && parents[p]; c++)
            if (p == 0 || build->stays[p - 1].until > 0)
                warn_guarantees_of(build, (int32_t)p - 1, (int32_t)c, out);
    free(parents);
}

/* --- shares that an order does not look at --- */

/* The order of a partition that compares tenants as they are, wherever in the tree; NULL: none. */
static const struct order_type *flat_order(const struct build *build)
{
    for (size_t i = 0; i < build->world.n_partitions; i++)
        if (build->partitions[i].config.order->level)
            return build->partitions[i].config.order;
    return NULL;
}

static void warn_shares(const struct build *build, const int32_t *alike, FILE *out)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const struct order_type *order = flat_order(build);
    bool *parents = mem_new(scenario->rows.len, sizeof(*parents));
    for (size_t i = 0; i < scenario->rows.len; i++)
        if (scenario->rows.items[i].parent >= 0)
            parents[scenario->rows.items[i].parent] = true;
    for (size_t i = 0; i < scenario->rows.len && order; i++) {
        const double share = build_tenant(build, 0, i)->share;
        if (parents[i] && (size_t)alike[i] == i && (share < 1 || share > 1))
            fprintf(out,
                    "  %s: its share of %g counts for its own jobs only: %s compares all tenants "
                    "as they are, whatever stands above them.\n",
                    build->world.tenants.items[i].path, share, order->kind.name);
    }
    free(parents);
}

void explain_limits(const struct build *build, const int32_t *alike, FILE *out)
{
    warn_quotas(build, alike, out);
    warn_qos(build, out);
    warn_sizes(build, alike, out);
    warn_guarantees(build, out);
    warn_shares(build, alike, out);
}
