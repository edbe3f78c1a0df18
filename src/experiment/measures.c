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

static int place_in_metrics(const struct program *program, struct error *err)
{
    const struct node *node = node_get(program->epochs[0].tree, "metrics");
    err->at = node ? node->at : (struct mark){0};
    return error_prefix(err, "metrics: ");
}

static int check_selector(const char *text, const struct world *world, struct error *err)
{
    struct selector selector;
    int rc = selector_parse(text, &selector, err);
    if (rc == 0) {
        rc = selector_check(&selector, world, err);
        selector_deinit(&selector);
    }
    return rc;
}

struct metrics *scenario_metrics(const struct build *build, const char *const *more, size_t n_more,
                                 struct error *err)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const struct texts *own = &scenario->metrics;
    for (size_t i = 0; i < n_more; i++)
        if (check_selector(more[i], &build->world, err) < 0)
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
    struct metrics *metrics = metrics_new(&build->world, &chosen, err);
    free(all);
    if (!metrics || (!has_members(scenario) && metrics_check_tenants(metrics, err) < 0)) {
        place_in_metrics(build->program, err);
        metrics_free(metrics);
        return NULL;
    }
    return metrics;
}

int scenario_metrics_check(const struct build *build, struct metrics *metrics, struct error *err)
{
    if (metrics_check(metrics, err) < 0)
        return place_in_metrics(build->program, err);
    return 0;
}
