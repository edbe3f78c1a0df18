/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/explain_limits.h"

#include "analysis/text_table.h"
#include "cli/explain_load.h"
#include "experiment/refused.h"
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

/* The quota of an epoch, of what is numbered so. */
typedef const struct quota_plan *quota_at(const struct build *build, size_t epoch, size_t row);

static const struct quota_plan *quota_of_tenant(const struct build *build, size_t epoch, size_t row)
{
    return &build_tenant(build, epoch, row)->quota;
}

static const struct qos_plan *qos_plan(const struct build *build, size_t epoch, size_t row)
{
    const struct qos_plan *plans = build->program->epochs[epoch].scenario->qos.items;
    return &plans[row - 1];
}

static const struct quota_plan *quota_of_qos(const struct build *build, size_t epoch, size_t row)
{
    return &qos_plan(build, epoch, row)->quota;
}

static const struct quota_plan *quota_of_each(const struct build *build, size_t epoch, size_t row)
{
    return &qos_plan(build, epoch, row)->each;
}

/* A quota that lets no job start to the end from an epoch on within the run, which jobs that would
 * wait for another one do not. */
static void warn_nothing(const struct build *build, quota_at *quota, size_t row, const char *of,
                         const char *who, const char *each, FILE *out)
{
    const struct program *program = build->program;
    size_t from = program->n_epochs;
    char when[EXPLAIN_SPELL_MAX];
    while (from > 0 && lets_nothing(quota(build, from - 1, row)))
        from--;
    if (from < program->n_epochs && (from == 0 || program->epochs[from].at < build->world.length))
        fprintf(out, "  %s%s%s: a quota of 0 %s%s lets no job start: all are rejected.\n", of, who,
                explain_spell(build, (struct spell){from, program->n_epochs}, when),
                lets_nothing(quota(build, from, row)), each);
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
    bool *busy = mem_new(build->world.n_qos, sizeof(*busy));
    for (size_t w = 0; w < build->world.n_workloads; w++)
        if (build->world.n_qos > 0)
            busy[build->workloads[w].context.base.qos] = true;
    for (size_t q = 1; q < build->world.n_qos; q++)
        if (busy[q]) {
            const char *name = build->world.qos[q].name;
            warn_nothing(build, quota_of_qos, q, "QOS ", name, "", out);
            warn_nothing(build, quota_of_each, q, "QOS ", name, " for each tenant", out);
        }
    free(busy);
}

/* Quotas under which no job could ever start, now or at a date. */
static void warn_quotas(const struct build *build, const int32_t *alike, FILE *out)
{
    bool *busy = find_busy(build);
    for (size_t i = 0; i < build->program->epochs[0].scenario->rows.len; i++)
        if ((size_t)alike[i] == i && busy[i])
            warn_nothing(build, quota_of_tenant, i, "", build->world.tenants.items[i].path, "",
                         out);
    free(busy);
}

/* --- jobs larger than their tenants or QOS may ever hold --- */

static void warn_share(double share, const char *which, FILE *out)
{
    if (share > 1 - 1e-12)
        fputs("all are rejected.\n", out);
    else
        fprintf(out, "the %s ones (%.3g %% of its jobs) are rejected.\n", which, 100 * share);
}

static const char *path_of(const struct asks *asks)
{
    const struct job_spec *base = &asks->workload->context.base;
    return asks->build->world.workloads[base->workload].path;
}

static void warn_larger(const struct asks *asks, struct spell spell, const struct ceiling *ceiling,
                        FILE *out)
{
    int64_t fits = 0, largest = 0;
    char up_to[64] = "", when[EXPLAIN_SPELL_MAX];
    if (isinf(ceiling->most))
        return;
    for (size_t e = spell.from; e < spell.to; e++) {
        const int64_t then = asks_at(asks, e)->context.fits_procs;
        fits = then > fits ? then : fits;
    }
    if (fits > 0 && ceiling->most >= (double)fits)
        return;
    const double share = refused_by_size(asks, spell.from, spell.to, ceiling->most, &largest);
    if (!(share > 1e-12)) /* less is what sums leave */
        return;
    if (largest > 0)
        snprintf(up_to, sizeof(up_to), " of up to %lld processors", (long long)largest);
    fprintf(out, "  %s%s: jobs%s, but %s%s %s %.0f: ", path_of(asks),
            explain_spell(asks->build, spell, when), up_to, ceiling->of, ceiling->who,
            ceiling->says, ceiling->most);
    warn_share(share, "larger", out);
}

static void warn_longer(const struct asks *asks, struct spell spell, const struct ceiling *ceiling,
                        FILE *out)
{
    char number[48], when[EXPLAIN_SPELL_MAX];
    if (isinf(ceiling->most))
        return;
    const double share =
        refused_by_time(asks, spell.from, spell.to,
                        (struct workload_bounds){HUGE_VAL, ceiling->most, HUGE_VAL, NULL, NULL})
            .jobs;
    if (!(share > 1e-12))
        return;
    fprintf(out, "  %s%s: %s%s %s %s by request: ", path_of(asks),
            explain_spell(asks->build, spell, when), ceiling->of, ceiling->who, ceiling->says,
            quantity_format(ceiling->most, UNIT_TIME, number, sizeof(number)));
    warn_share(share, "longer", out);
}

static void warn_hours(const struct asks *asks, struct spell spell, const struct ceiling *ceiling,
                       double size, FILE *out)
{
    char up_to[96] = "", number[48], when[EXPLAIN_SPELL_MAX];
    if (isinf(ceiling->most))
        return;
    const struct refused_time refused =
        refused_by_time(asks, spell.from, spell.to,
                        (struct workload_bounds){size, HUGE_VAL, ceiling->most, NULL, NULL});
    if (!(refused.jobs > 0))
        return;
    if (!isnan(refused.largest))
        snprintf(up_to, sizeof(up_to), " of up to %.6g processor-hours by their requests",
                 refused.largest / 3600);
    fprintf(out, "  %s%s: jobs%s, but %s%s %s %s processor-hours: ", path_of(asks),
            explain_spell(asks->build, spell, when), up_to, ceiling->of, ceiling->who,
            ceiling->says, count_format(ceiling->most / 3600, number, sizeof(number)));
    warn_share(refused.jobs, "larger", out);
}

enum { CEILINGS = CEILING_REQUEST + 1 };

static void find_ceilings(const struct build *build, size_t workload, size_t epoch,
                          struct ceiling ret[CEILINGS])
{
    for (int kind = 0; kind < CEILINGS; kind++)
        ret[kind] = ceiling_of(build, workload, epoch, (enum ceiling_kind)kind);
}

/* From an epoch on, until a ceiling is another. */
static struct spell until_other(const struct asks *asks, size_t epoch, enum ceiling_kind kind)
{
    const struct build *build = asks->build;
    const size_t workload = (size_t)asks->workload->context.base.workload;
    const double most = ceiling_of(build, workload, epoch, kind).most;
    struct spell spell = {epoch, epoch + 1};
    while (spell.to < build->program->n_epochs &&
           fabs(ceiling_of(build, workload, spell.to, kind).most - most) <= 1e-9 * most)
        spell.to++;
    return spell;
}

/* What is lower from the epoch on than it was before. */
static void warn_sizes_from(const struct asks *asks, size_t epoch, FILE *out)
{
    const struct build *build = asks->build;
    const size_t workload = (size_t)asks->workload->context.base.workload;
    struct ceiling now[CEILINGS], before[CEILINGS];
    bool lower[CEILINGS];
    find_ceilings(build, workload, epoch, now);
    find_ceilings(build, workload, epoch > 0 ? epoch - 1 : 0, before);
    for (int kind = 0; kind < CEILINGS; kind++)
        lower[kind] = epoch == 0 || now[kind].most < before[kind].most;
    const struct ceiling *quota = &now[CEILING_QUOTA], *guarantee = &now[CEILING_GUARANTEE];
    if (lower[CEILING_QUOTA] && quota->most > 0) /* of nothing: warn_quotas tells */
        warn_larger(asks, until_other(asks, epoch, CEILING_QUOTA), quota, out);
    if (lower[CEILING_GUARANTEE] && guarantee->most < quota->most)
        warn_larger(asks, until_other(asks, epoch, CEILING_GUARANTEE), guarantee, out);
    if (lower[CEILING_REQUEST] && quota->most > 0)
        warn_longer(asks, until_other(asks, epoch, CEILING_REQUEST), &now[CEILING_REQUEST], out);
    if (lower[CEILING_HOURS] && quota->most > 0)
        warn_hours(asks, until_other(asks, epoch, CEILING_HOURS), &now[CEILING_HOURS],
                   fmin(quota->most, guarantee->most), out);
}

static void warn_sizes(const struct build *build, const int32_t *alike, FILE *out)
{
    const struct program *program = build->program;
    for (size_t w = 0; w < build->world.n_workloads; w++) {
        const int32_t tenant = build->world.workloads[w].tenant;
        const simtime leaves = build->workloads[w].stay.until;
        const simtime end = leaves < build->world.length ? leaves : build->world.length;
        struct asks asks;
        if (alike[tenant] != tenant)
            continue;
        asks_init(&asks, build, w);
        warn_sizes_from(&asks, 0, out);
        for (size_t e = 1; e < program->n_epochs && program->epochs[e].at < end; e++)
            warn_sizes_from(&asks, e, out);
        asks_deinit(&asks);
    }
}

/* --- guarantees that cannot be kept --- */

static int64_t guaranteed(const struct build *build, size_t epoch, simtime at, int32_t parent,
                          int32_t centre)
{
    const struct scenario *scenario = build->program->epochs[epoch].scenario;
    int64_t sum = 0;
    for (size_t i = 0; i < scenario->rows.len; i++) {
        const struct tenant *tenant = build_tenant(build, epoch, i);
        if (scenario->rows.items[i].parent == parent && tenant->guarantee.processors > 0 &&
            build->stays[i].from <= at && build->stays[i].until > at && tenant->home &&
            scenario_centre(scenario, tenant->home) == centre)
            sum += tenant->guarantee.processors;
    }
    return sum;
}

/* The next instant after `at` at which one of these joins; SIMTIME_NEVER: none does. */
static simtime next_join(const struct build *build, simtime at, int32_t parent)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    simtime next = SIMTIME_NEVER;
    for (size_t i = 0; i < scenario->rows.len; i++)
        if (scenario->rows.items[i].parent == parent && build->stays[i].from > at &&
            build->stays[i].from < next)
            next = build->stays[i].from;
    return next;
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

/* Guarantees of brothers that could not be kept at once. */
static bool warn_guarantees_at(const struct build *build, size_t epoch, simtime at, int32_t parent,
                               int32_t centre, FILE *out)
{
    int64_t most;
    const int64_t sum = guaranteed(build, epoch, at, parent, centre);
    char *who = ceiling(build, epoch, parent, centre, &most);
    char when[64] = "at the start";
    if (at > 0)
        date_format(build->world.start + at, build->world.offset, when, sizeof(when));
    if (sum > most)
        fprintf(out,
                "  %s%s: %lld processors are guaranteed (%s), but %s %lld: guarantees are "
                "not always kept.\n",
                parent < 0 ? "tenants" : "tenants below ",
                parent < 0 ? "" : build->world.tenants.items[parent].path, (long long)sum, when,
                who, (long long)most);
    free(who);
    return sum > most;
}

/* Each told once, at the first date at which it is so: of a change, or when one joins. */
static void warn_guarantees_of(const struct build *build, int32_t parent, int32_t centre, FILE *out)
{
    const struct program *program = build->program;
    bool told = false;
    for (size_t e = 0; e < program->n_epochs && !told; e++) {
        const simtime ends = e + 1 < program->n_epochs ? program->epochs[e + 1].at : SIMTIME_NEVER;
        const simtime last = ends < build->world.length ? ends : build->world.length;
        for (simtime at = e > 0 ? program->epochs[e].at : 0; at < last && !told;
             at = next_join(build, at, parent))
            told = warn_guarantees_at(build, e, at, parent, centre, out);
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

/* --- what guarantees do not look at --- */

static bool is_guaranteed_at(const struct build *build, size_t tenant, int32_t centre)
{
    const struct tenant_info *info = &build->world.tenants.items[tenant];
    return build_tenant(build, 0, tenant)->guarantee.processors > 0 && info->home == centre;
}

/* Partitions that a guaranteed tenant may not use, and another kind of processor than in the first:
 * all count for what it is guaranteed. */
static void warn_places(const struct build *build, const int32_t *alike, FILE *out)
{
    const struct world *world = &build->world;
    for (size_t t = 0; t < build->program->epochs[0].scenario->rows.len; t++) {
        const char *kind = NULL, *first = NULL;
        bool mixed = false;
        for (size_t p = 0; p < world->n_partitions; p++) {
            const struct partition_info *info = &world->partitions[p];
            if ((size_t)alike[t] != t || !is_guaranteed_at(build, t, info->centre))
                continue;
            if (!access_may(world->access, (int32_t)t, (int32_t)p)) {
                fprintf(out,
                        "  %s: its guarantee counts %s, too, and holds jobs there, though only "
                        "others may use it.\n",
                        world->tenants.items[t].path, info->path);
                continue;
            }
            if (kind && strcmp(kind, info->processor) != 0 && !mixed) {
                mixed = true;
                fprintf(out,
                        "  %s: its guarantee counts processors of several kinds together: of %s "
                        "and of %s.\n",
                        world->tenants.items[t].path, first, info->path);
            }
            if (!kind) {
                kind = info->processor;
                first = info->path;
            }
        }
    }
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
    warn_places(build, alike, out);
    warn_shares(build, alike, out);
}
