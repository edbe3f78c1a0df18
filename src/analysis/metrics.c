/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics_inner.h"

#include "analysis/due.h"
#include "analysis/fairness.h"
#include "analysis/times.h"
#include "util/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which jobs and partitions a number is about. */
struct scope {
    enum scope_kind kind;
    int32_t row;
    const char *text;
    const bool *places;   /* by place; NULL: all */
    struct leaf **leaves; /* by slice */
    size_t len;
};

struct metrics *metrics_new(const struct world *world, const struct metrics_options *options,
                            struct error *err)
{
    struct metrics *metrics = mem_new(1, sizeof(*metrics));
    metrics->periods = options->periods;
    metrics->collect =
        collect_new(world, options->periods, options->tau > 0 ? options->tau : 10 * SIMTIME_SECOND);
    for (size_t i = 0; i < options->n_selectors; i++) {
        struct selector selector;
        if (selector_parse(options->selectors[i], &selector, err)) {
            metrics_free(metrics);
            return NULL;
        }
        const int status = selector_check(&selector, world, err);
        collect_watch(metrics->collect, &selector);
        if (status) {
            metrics_free(metrics);
            return NULL;
        }
    }
    return metrics;
}

static void forget_last(struct metrics *metrics)
{
    for (size_t i = 0; metrics->last.cells && i < metrics->spans.len; i++)
        cell_deinit(&metrics->last.cells[i]);
    free(metrics->last.cells);
    free(metrics->last.leaves);
    metrics->last.cells = NULL;
    metrics->last.leaves = NULL;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; i < metrics->texts.len; i++)
        free(metrics->texts.items[i]);
    forget_last(metrics);
    for (size_t i = 0; i < metrics->spans.len; i++)
        free(metrics->spans.items[i].label);
    collect_free(metrics->collect);
    free(metrics->rows.items);
    free(metrics->texts.items);
    free(metrics->spans.items);
    free(metrics->finest);
    free(metrics->leaves);
    free(metrics->order);
    free(metrics->members);
    free(metrics->tenants);
    free(metrics->centres);
    free(metrics->received);
    free(metrics->demand);
    free(metrics->due);
    free(metrics);
}

struct observer metrics_observer(struct metrics *metrics)
{
    return collect_observer(metrics->collect);
}

const struct world *metrics_world(const struct metrics *metrics)
{
    return metrics->collect->world;
}

const struct collect *metrics_collect(const struct metrics *metrics)
{
    REQUIRE(metrics->collect->finished);
    return metrics->collect;
}

simtime metrics_end(const struct metrics *metrics)
{
    REQUIRE(metrics->collect->finished);
    return metrics->collect->end;
}

simtime metrics_tau(const struct metrics *metrics)
{
    return metrics->collect->tau;
}

/* ---- one number ---- */

/* Of a leaf without a partition: jobs that may run in any of the centre, of whatever kind. */
static bool is_of_kind(const struct world *world, int32_t place, const char *kind)
{
    if ((size_t)place < world->n_partitions)
        return strcmp(world->partitions[place].processor, kind) == 0;
    for (size_t p = 0; p < world->n_partitions; p++)
        if ((size_t)world->partitions[p].centre == (size_t)place - world->n_partitions &&
            strcmp(world->partitions[p].processor, kind) == 0)
            return true;
    return false;
}

/* Processor-microseconds of one kind; adds up what was received and asked for by tenant. Of a
 * period that is what was received in it, and asked for at least what jobs submitted in it need. */
static wide gather(struct metrics *metrics, struct leaf *const *leaves, size_t len,
                   const char *kind, bool part)
{
    const struct collect *collect = metrics->collect;
    wide total = 0;
    for (size_t i = 0; i < len; i++) {
        const struct cell *cell = &leaves[i]->cell;
        if (!is_of_kind(collect->world, leaves[i]->place, kind))
            continue;
        const wide own = cell_received(cell, collect->end);
        const wide asked = cell->used + cell->lost + cell->asked;
        const wide received = part ? cell->ran : cell_delivered(cell, collect->end);
        metrics->received[leaves[i]->tenant] += received;
        metrics->demand[leaves[i]->tenant] +=
            part ? asked : received + (asked > own ? asked - own : 0);
        total += received;
    }
    return total;
}

/* Of processors of one kind: adds what was due to metrics->due. Was any received? */
static bool measure_kind(struct metrics *metrics, struct leaf *const *leaves, size_t len,
                         const char *kind, struct metric_view *view)
{
    const struct world *world = metrics->collect->world;
    const size_t n = world->tenants.len;
    const wide total = gather(metrics, leaves, len, kind, view->part);
    double *demands = mem_new(4 * n, sizeof(*demands)), *due = demands + n, *got = demands + 2 * n;
    double *due_all = demands + 3 * n;
    for (size_t t = 0; t < n; t++) {
        const wide least = metrics->received[t];
        demands[t] = (double)(metrics->demand[t] > least ? metrics->demand[t] : least) / 1e6;
    }
    const struct tenant_tree tree = {world, metrics->order, metrics->members};
    tenants_due(&tree, view->from, view->to, (double)total / 1e6, demands, due, due_all);
    size_t with = 0;
    for (size_t t = 0; t < n; t++) {
        if (due[t] > 0)
            got[with++] = (double)metrics->received[t] / 1e6 / due[t];
        metrics->due[t] += due_all[t];
        metrics->demand[t] = metrics->received[t] = 0;
    }
    if (total > 0) {
        view->jain = jain_index(got, with);
        view->gini = gini_coefficient(got, with);
    }
    free(demands);
    return total > 0;
}

/* Jain and Gini over the tenants whose jobs these are, where they ran on one kind of processor: an
 * hour of one is not an hour of another. metrics->due holds what each was due, kind by kind, as
 * processor-hours are added up. */
void metrics_fairness(struct metrics *metrics, struct leaf *const *leaves, size_t len,
                      struct metric_view *view)
{
    const struct world *world = metrics->collect->world;
    size_t kinds = 0;
    memset(metrics->due, 0, world->tenants.len * sizeof(*metrics->due));
    for (size_t p = 0; p < world->n_partitions; p++) {
        const char *kind = world->partitions[p].processor;
        size_t first = 0;
        while (strcmp(world->partitions[first].processor, kind) != 0)
            first++;
        if (first == p)
            kinds += measure_kind(metrics, leaves, len, kind, view);
    }
    if (kinds > 1)
        view->jain = view->gini = (double)NAN;
}

bool metrics_whole(const struct collect *collect)
{
    return collect->world->measure_from <= collect->world->begins &&
           collect->world->measure_until >= collect->end;
}

struct metric_view metrics_view(const struct collect *collect, const struct cell *cell)
{
    const struct world *world = collect->world;
    return (struct metric_view){.cell = cell,
                                .from = world->measure_from,
                                .to = world->measure_until < collect->end ? world->measure_until
                                                                          : collect->end,
                                .end = collect->end,
                                .peak = -1,
                                .jain = (double)NAN,
                                .gini = (double)NAN,
                                .due = (double)NAN};
}

/* Of all counted jobs. */
static void measure_due(struct metrics *metrics)
{
    struct metric_view view = metrics_view(metrics->collect, NULL);
    metrics_fairness(metrics, metrics->leaves, metrics->n_leaves, &view);
}

/* ---- rows of a scope ---- */

static void emit(struct metrics *metrics, const struct scope *scope, const struct period *period,
                 const struct metric_view *view)
{
    const bool whole = !*period->label;
    for (size_t i = 0; i < metrics_table_len; i++) {
        const struct metric *metric = &metrics_table[i];
        if ((!whole && scope->kind == SCOPE_TENANT && !metric->brief) ||
            !metric_applies(metric, metrics->collect->world))
            continue;
        if (metric->about == METRIC_DUE && !metrics->shared)
            continue;
        const double value = metric_value(metric, view);
        if (value == 0 && metric_is_rare(metric))
            continue;
        if (isnan(value) && !(whole && scope->kind == SCOPE_ALL))
            continue;
        MEM_GROW(&metrics->rows);
        metrics->rows.items[metrics->rows.len++] = (struct metric_row){.name = metric->name,
                                                                       .scope = scope->text,
                                                                       .period = period->label,
                                                                       .value = value,
                                                                       .unit = metric->unit,
                                                                       .kind = scope->kind,
                                                                       .row = scope->row};
    }
}

static void emit_period(struct metrics *metrics, const struct scope *scope,
                        const struct period *period, struct cell *cell, struct leaf *const *leaves,
                        size_t len)
{
    const struct collect *collect = metrics->collect;
    const bool whole = !*period->label;
    if (!whole && scope->kind == SCOPE_TENANT && len == 0)
        return;
    cell_settle(cell, collect->tau);
    struct metric_view view = metrics_view(collect, cell);
    view.part = !whole;
    struct use use = {0};
    if (scope->kind != SCOPE_TENANT) {
        bool *slices = mem_new(collect->slices.len, sizeof(*slices));
        for (int32_t s = period->from; s < period->to; s++)
            slices[s] = true;
        view_times(collect, scope->places, slices, &use, &view);
        free(slices);
        view.whole = whole && metrics_whole(collect);
        metrics_fairness(metrics, leaves, len, &view);
    }
    if (whole && scope->kind == SCOPE_TENANT)
        view.due = metrics->due[scope->row] / 3600;
    else if (whole && scope->kind == SCOPE_ALL)
        view.due = (double)cell_delivered(cell, collect->end) / 3600e6;
    if (whole || view.span > 0 || len > 0)
        emit(metrics, scope, period, &view);
}

int leaves_by_slice(const void *a, const void *b)
{
    const struct leaf *x = *(struct leaf *const *)a, *y = *(struct leaf *const *)b;
    if (x->slice != y->slice)
        return (x->slice > y->slice) - (x->slice < y->slice);
    if (x->tenant != y->tenant)
        return (x->tenant > y->tenant) - (x->tenant < y->tenant);
    return (x->place > y->place) - (x->place < y->place);
}

static size_t first_of_slice(const struct scope *scope, int32_t slice)
{
    size_t low = 0, high = scope->len;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (scope->leaves[middle]->slice < slice)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Cells by span. Months are put together from leaves, years from months, the whole from years: a
 * leaf is gone through once. */
static struct cell *put_together(struct metrics *metrics, const struct scope *scope)
{
    const size_t n = metrics->spans.len, size = scope->len * sizeof(struct leaf *);
    const simtime tau = metrics->collect->tau;
    if (metrics->last.cells && metrics->last.len == scope->len &&
        (size == 0 || memcmp(metrics->last.leaves, scope->leaves, size) == 0))
        return metrics->last.cells;
    forget_last(metrics);
    struct cell *cells = metrics->last.cells = mem_new(n, sizeof(*cells));
    metrics->last.leaves = mem_new(scope->len, sizeof(struct leaf *));
    metrics->last.len = scope->len;
    for (size_t i = 0; i < scope->len; i++) {
        metrics->last.leaves[i] = scope->leaves[i];
        cell_merge(&cells[metrics->finest[scope->leaves[i]->slice]], &scope->leaves[i]->cell, tau);
    }
    for (size_t i = n; i-- > 1;)
        cell_merge(&cells[metrics->spans.items[i].inside], &cells[i], tau);
    return cells;
}

/* Takes scope->leaves in any order; sorts them. */
static void emit_scope(struct metrics *metrics, struct scope *scope)
{
    const struct period *periods = metrics->spans.items;
    qsort(scope->leaves, scope->len, sizeof(struct leaf *), leaves_by_slice);
    struct cell *cells = put_together(metrics, scope);
    for (size_t i = 0; i < metrics->spans.len; i++) {
        const size_t from = first_of_slice(scope, periods[i].from);
        const size_t to = first_of_slice(scope, periods[i].to);
        emit_period(metrics, scope, &periods[i], &cells[i], scope->leaves + from, to - from);
    }
}

static const char *scope_text(struct metrics *metrics, const char *kind, const char *name)
{
    MEM_GROW(&metrics->texts);
    char *text = mem_format("%s:%s", kind, name);
    metrics->texts.items[metrics->texts.len++] = text;
    return text;
}

static void emit_places(struct metrics *metrics, enum scope_kind kind, int32_t row,
                        const char *text, const bool *places)
{
    struct scope scope = {.kind = kind, .row = row, .text = text, .places = places};
    scope.leaves = mem_new(metrics->n_leaves, sizeof(struct leaf *));
    for (size_t i = 0; i < metrics->n_leaves; i++)
        if (!places || places[metrics->leaves[i]->place])
            scope.leaves[scope.len++] = metrics->leaves[i];
    emit_scope(metrics, &scope);
    free(scope.leaves);
}

static void emit_processors(struct metrics *metrics, bool *places)
{
    const struct world *world = metrics->collect->world;
    if (partitions_of_one_kind(world, NULL))
        return;
    for (size_t p = 0; p < world->n_partitions; p++) {
        const char *kind = world->partitions[p].processor;
        size_t first = 0;
        while (strcmp(world->partitions[first].processor, kind) != 0)
            first++;
        if (first < p)
            continue;
        memset(places, 0, metrics->collect->n_places * sizeof(*places));
        for (size_t q = p; q < world->n_partitions; q++)
            places[q] = strcmp(world->partitions[q].processor, kind) == 0;
        emit_places(metrics, SCOPE_PROCESSOR, (int32_t)p,
                    scope_text(metrics, "processor", *kind ? kind : "unnamed"), places);
    }
}

static void emit_centres(struct metrics *metrics, bool *places)
{
    const struct world *world = metrics->collect->world;
    for (size_t c = 0; c < world->n_centres; c++) {
        for (size_t p = 0; p < world->n_partitions; p++)
            places[p] = (size_t)world->partitions[p].centre == c;
        for (size_t k = 0; k < world->n_centres; k++)
            places[world->n_partitions + k] = k == c;
        emit_places(metrics, SCOPE_CENTRE, (int32_t)c,
                    scope_text(metrics, "centre", world->centres[c].name), places);
    }
    for (size_t p = 0; p < world->n_partitions; p++) {
        memset(places, 0, metrics->collect->n_places * sizeof(*places));
        places[p] = true;
        emit_places(metrics, SCOPE_PARTITION, (int32_t)p,
                    scope_text(metrics, "partition", world->partitions[p].path), places);
    }
}

/* Leaves lie in tree order, so a tenant and its members are one stretch of them. */
static void emit_tenants(struct metrics *metrics)
{
    const struct world *world = metrics->collect->world;
    const size_t n = world->tenants.len;
    size_t *from = mem_new(n + 1, sizeof(*from)), *place = mem_new(n, sizeof(*place));
    for (size_t i = 0; i < n; i++)
        place[metrics->order[i]] = i;
    for (size_t i = 0; i < metrics->n_leaves; i++)
        from[place[metrics->leaves[i]->tenant] + 1]++;
    for (size_t i = 0; i < n; i++)
        from[i + 1] += from[i];
    struct leaf **leaves = mem_new(metrics->n_leaves, sizeof(struct leaf *));
    for (size_t i = 0; i < n; i++) {
        struct scope scope = {.kind = SCOPE_TENANT, .row = metrics->order[i]};
        scope.text = scope_text(metrics, "tenant", world->tenants.items[scope.row].path);
        scope.len = from[i + metrics->members[i]] - from[i];
        scope.leaves = leaves;
        memcpy(leaves, metrics->leaves + from[i], scope.len * sizeof(struct leaf *));
        emit_scope(metrics, &scope);
    }
    free(leaves);
    free(from);
    free(place);
}

/* ---- all of it ---- */

/* Returns its place. */
static size_t add_period(struct metrics *metrics, char *label, int32_t from, int32_t to,
                         size_t inside)
{
    MEM_GROW(&metrics->spans);
    metrics->spans.items[metrics->spans.len] =
        (struct period){.label = label, .from = from, .to = to, .inside = inside};
    for (int32_t s = from; s < to; s++)
        metrics->finest[s] = metrics->spans.len;
    return metrics->spans.len++;
}

static void list_periods(struct metrics *metrics)
{
    const struct collect *collect = metrics->collect;
    const struct slice *slices = collect->slices.items;
    const int32_t n = (int32_t)collect->slices.len;
    metrics->finest = mem_new((size_t)n, sizeof(*metrics->finest));
    size_t year = add_period(metrics, mem_text(""), 0, n, 0);
    for (int32_t s = 0; metrics->periods != PERIODS_NONE && s < n; s++) {
        if (slices[s].year == INT32_MIN)
            continue;
        if (s == 0 || slices[s].year != slices[s - 1].year) {
            int32_t to = s;
            while (to < n && slices[to].year == slices[s].year)
                to++;
            year = add_period(metrics, mem_format("%04d", slices[s].year), s, to, 0);
        }
        if (metrics->periods == PERIODS_MONTH)
            add_period(metrics, mem_format("%04d-%02d", slices[s].year, slices[s].month), s, s + 1,
                       year);
    }
}

/* Counted leaves, tenants in tree order: a stable counting sort. */
static void list_leaves(struct metrics *metrics)
{
    const struct collect *collect = metrics->collect;
    const size_t n = collect->world->tenants.len;
    tenant_order(collect->world, &metrics->order, &metrics->members);
    size_t *at = mem_new(n + 1, sizeof(*at)), *place = mem_new(n, sizeof(*place));
    for (size_t i = 0; i < n; i++)
        place[metrics->order[i]] = i;
    for (size_t i = 0; i < collect->leaves.len; i++)
        if (collect->leaves.items[i]->slice != SLICE_OUTSIDE)
            at[place[collect->leaves.items[i]->tenant] + 1]++;
    for (size_t i = 0; i < n; i++)
        at[i + 1] += at[i];
    metrics->n_leaves = at[n];
    metrics->leaves = mem_new(metrics->n_leaves, sizeof(*metrics->leaves));
    for (size_t i = 0; i < collect->leaves.len; i++) {
        struct leaf *leaf = collect->leaves.items[i];
        if (leaf->slice != SLICE_OUTSIDE)
            metrics->leaves[at[place[leaf->tenant]]++] = leaf;
    }
    free(at);
    free(place);
    metrics->received = mem_new(n, sizeof(*metrics->received));
    metrics->demand = mem_new(n, sizeof(*metrics->demand));
    metrics->due = mem_new(n, sizeof(*metrics->due));
}

/* What every reading needs; once. */
void metrics_prepare(struct metrics *metrics)
{
    REQUIRE(metrics->collect->finished);
    if (metrics->order)
        return;
    list_periods(metrics);
    list_leaves(metrics);
}

const struct metric_row *metrics_rows(struct metrics *metrics, size_t *ret_len)
{
    metrics_prepare(metrics);
    if (metrics->rows.len == 0) {
        bool *places = mem_new(metrics->collect->n_places, sizeof(*places));
        metrics->shared = tenants_have_shares(metrics->collect->world);
        emit_places(metrics, SCOPE_ALL, 0, "all", NULL);
        emit_processors(metrics, places);
        emit_centres(metrics, places);
        measure_due(metrics);
        emit_tenants(metrics);
        metrics_emit_declared(metrics);
        forget_last(metrics);
        free(places);
    }
    *ret_len = metrics->rows.len;
    return metrics->rows.items;
}

const struct metric_row *metrics_find(struct metrics *metrics, const char *name, const char *scope,
                                      const char *period)
{
    size_t len;
    const struct metric_row *rows = metrics_rows(metrics, &len);
    for (size_t i = 0; i < len; i++)
        if (strcmp(rows[i].name, name) == 0 && strcmp(rows[i].scope, scope) == 0 &&
            strcmp(rows[i].period, period) == 0)
            return &rows[i];
    return NULL;
}

static const struct record_column metric_columns[] = {
    {"name", RECORD_TEXT, offsetof(struct metric_row, name), "", "metric or declared selector"},
    {"scope", RECORD_TEXT, offsetof(struct metric_row, scope), "", "what it is of"},
    {"period", RECORD_TEXT, offsetof(struct metric_row, period), "", "year or month; empty: whole"},
    {"value", RECORD_REAL, offsetof(struct metric_row, value), "", "in the unit beside it"},
    {"unit", RECORD_TEXT, offsetof(struct metric_row, unit), "", "SI"},
};

size_t metrics_tables(struct metrics *metrics, struct record_table *ret_tables)
{
    size_t len;
    const struct metric_row *rows = metrics_rows(metrics, &len);
    const struct world *world = metrics->collect->world;
    if (!metrics->tenants) {
        metrics->tenants = tenant_accounts(metrics->collect);
        metrics->centres = centre_accounts(metrics->collect);
        metrics->n_columns = account_columns(world, metrics->columns);
    }
    ret_tables[0] = (struct record_table){"metrics",      "the numbers that run prints",
                                          metric_columns, ARRAY_LEN(metric_columns),
                                          rows,           len,
                                          sizeof(*rows)};
    ret_tables[1] = (struct record_table){"tenants",
                                          "totals of each tenant, members included",
                                          metrics->columns,
                                          metrics->n_columns,
                                          metrics->tenants,
                                          world->tenants.len,
                                          sizeof(struct account)};
    ret_tables[2] = (struct record_table){
        "centres",        "totals of each centre", metrics->columns,      metrics->n_columns,
        metrics->centres, world->n_centres,        sizeof(struct account)};
    return METRICS_TABLES;
}
