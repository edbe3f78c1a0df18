/* Selectors, declared before the run or asked for after it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics_inner.h"
#include "analysis/times.h"
#include "util/mem.h"
#include "util/schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int read_watch(struct metrics *metrics, struct watch *watch, double *ret_value,
                      struct error *err)
{
    const struct collect *collect = metrics->collect;
    const struct selector *selector = &watch->selector;
    const struct condition *tenant = selector_condition(selector, CONDITION_TENANT);
    const struct condition *period = selector_condition(selector, CONDITION_PERIOD);
    const int32_t row = watch_tenant(watch, collect->world);
    *ret_value = (double)NAN;
    if (selector_check_tenants(selector, collect->world, err) < 0)
        return -1;
    bool *slices = mem_new(collect->slices.len, sizeof(*slices));
    for (size_t s = 0; s < collect->slices.len; s++)
        slices[s] = slice_matches(&collect->slices.items[s], period);
    struct leaf **leaves = mem_new(metrics->n_leaves, sizeof(struct leaf *));
    size_t len = 0;
    struct cell cell = {0};
    for (size_t i = 0; i < metrics->n_leaves && !watch->needs_jobs; i++) {
        struct leaf *leaf = metrics->leaves[i];
        if (!slices[leaf->slice] || !watch->places[leaf->place] ||
            (tenant && !tenant_within(collect->world, leaf->tenant, row)) ||
            !selector_wants_tenant(selector, collect->world, leaf->tenant))
            continue;
        leaves[len++] = leaf;
    }
    qsort(leaves, len, sizeof(struct leaf *), leaves_by_slice); /* to add up as rows do */
    for (size_t i = 0; i < len; i++)
        cell_merge(&cell, &leaves[i]->cell, collect->tau);
    struct metric_view view = metrics_view(collect, watch->needs_jobs ? &watch->cell : &cell);
    view.part = period;
    struct use use = {0};
    if (selector->metric->about != METRIC_JOBS) {
        view_times(collect, watch->places, slices, &use, &view);
        view.whole = !period && metrics_whole(collect);
        metrics_fairness(metrics, leaves, len, &view);
    }
    *ret_value = metric_value(selector->metric, &view);
    cell_deinit(&cell);
    free(slices);
    free(leaves);
    return 0;
}

void metrics_emit_declared(struct metrics *metrics)
{
    for (size_t i = 0; i < metrics->collect->watches.len; i++) {
        struct watch *watch = &metrics->collect->watches.items[i];
        double value;
        read_watch(metrics, watch, &value, NULL);
        MEM_GROW(&metrics->rows);
        metrics->rows.items[metrics->rows.len++] =
            (struct metric_row){.name = watch->selector.text,
                                .scope = "all",
                                .period = "",
                                .value = value,
                                .unit = watch->selector.metric->unit,
                                .kind = SCOPE_ALL,
                                .declared = true};
    }
}

int metrics_select(struct metrics *metrics, const char *text, double *ret_value, struct error *err)
{
    metrics_prepare(metrics);
    struct collect *collect = metrics->collect;
    for (size_t i = 0; i < collect->watches.len; i++)
        if (strcmp(collect->watches.items[i].selector.text, text) == 0)
            return read_watch(metrics, &collect->watches.items[i], ret_value, err);
    struct watch watch = {.tenant = -1};
    if (selector_parse(text, &watch.selector, err))
        return -1;
    const struct condition *period = selector_condition(&watch.selector, CONDITION_PERIOD);
    const enum periods least = !period                ? PERIODS_NONE
                               : period->number % 100 ? PERIODS_MONTH
                                                      : PERIODS_YEAR;
    int status = selector_check(&watch.selector, collect->world, err);
    if (status == 0 && (selector_needs_jobs(&watch.selector) || least > collect->periods))
        status =
            error_set(err, "\"%.100s\" must be declared before the run, under `metrics`", text);
    if (status == 0) {
        watch.places = collect_places(collect, &watch.selector);
        status = read_watch(metrics, &watch, ret_value, err);
        free(watch.places);
    }
    selector_deinit(&watch.selector);
    return status;
}

int metrics_check(struct metrics *metrics, size_t *ret_wrong, struct error *err)
{
    metrics_prepare(metrics);
    for (size_t i = 0; i < metrics->collect->watches.len; i++) {
        double value;
        if (read_watch(metrics, &metrics->collect->watches.items[i], &value, err)) {
            *ret_wrong = i;
            return -1;
        }
    }
    return 0;
}
