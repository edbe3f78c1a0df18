/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/measures.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Tenants that logs bring are known only after the run. */
static bool has_members(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->rows.len; i++)
        if (scenario->rows.items[i].tenant->members.by)
            return true;
    return false;
}

/* Completes an error about the i-th metric of the scenario. */
static int place_in_metrics(const struct program *program, size_t i, struct error *err)
{
    const struct node *node = node_get(program->epochs[0].tree, "metrics");
    const bool list = node && node->kind == NODE_LIST && i < node->len;
    err->at = list ? node->items[i].value->at : node ? node->at : (struct mark){0};
    return list ? error_prefix(err, "metrics[%zu]: ", i) : error_prefix(err, "metrics: ");
}

/* Completes an error about a selector, if it is what the scenario asks about. */
static void place_in_question(const struct program *program, const char *selector,
                              struct error *err)
{
    const struct node *question = node_get(program->epochs[0].tree, "question");
    const struct node *metric = question ? node_get(question, "metric") : NULL;
    if (!metric || metric->kind != NODE_SCALAR || strcmp(metric->text, selector) != 0)
        return;
    err->at = metric->at;
    error_prefix(err, "question.metric: ");
}

static int check_selector(const char *text, const struct build *build, struct error *err)
{
    struct selector selector;
    int rc = selector_parse(text, &selector, err);
    if (rc == 0) {
        rc = selector_check(&selector, &build->world, err);
        if (rc == 0 && !has_members(build->program->epochs[0].scenario))
            rc = selector_check_tenants(&selector, &build->world, err);
        selector_deinit(&selector);
    }
    return rc;
}

/* -1 with an error for each that is wrong. */
static int check_selectors(const struct build *build, const char *const *more, size_t n_more,
                           struct error_list *errors)
{
    const struct texts *own = &build->program->epochs[0].scenario->metrics;
    const size_t before = errors->len;
    struct error err = {0};
    for (size_t i = 0; i < n_more; i++)
        if (check_selector(more[i], build, &err) < 0) {
            place_in_question(build->program, more[i], &err);
            error_list_add(errors, &err);
        }
    for (size_t i = 0; i < own->len; i++)
        if (check_selector(own->items[i], build, &err) < 0) {
            place_in_metrics(build->program, i, &err);
            error_list_add(errors, &err);
        }
    return errors->len > before ? -1 : 0;
}

struct metrics *scenario_metrics(const struct build *build, const char *const *more, size_t n_more,
                                 struct error_list *errors)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const struct texts *own = &scenario->metrics;
    if (check_selectors(build, more, n_more, errors) < 0)
        return NULL;
    const char **all = mem_new(own->len + n_more, sizeof(*all));
    for (size_t i = 0; i < own->len; i++)
        all[i] = own->items[i];
    for (size_t i = 0; i < n_more; i++)
        all[own->len + i] = more[i];
    const struct metrics_options chosen = {
        .periods = (enum periods)scenario->measure.periods,
        .tau = scenario->measure.tau,
        .selectors = all,
        .n_selectors = own->len + n_more,
    };
    struct error err = {0};
    struct metrics *metrics = metrics_new(&build->world, &chosen, &err);
    free(all);
    if (!metrics)
        error_list_add(errors, &err);
    return metrics;
}

int scenario_metrics_check(const struct build *build, struct metrics *metrics, struct error *err)
{
    size_t wrong;
    if (metrics_check(metrics, &wrong, err) == 0)
        return 0;
    return wrong < build->program->epochs[0].scenario->metrics.len
               ? place_in_metrics(build->program, wrong, err)
               : -1;
}
