/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/purchase.h"

#include "util/date.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

static size_t level_before(const struct purchases *purchases, size_t date)
{
    return date > 0 ? purchases->levels[date - 1] : 0;
}

size_t purchases_level(const struct purchases *purchases, size_t date, const struct trial *trial)
{
    return level_before(purchases, date) + trial->at[0];
}

static void add_change(struct node *list, const struct purchase_setup *setup, size_t date,
                       size_t from, size_t to)
{
    const struct mark none = {NULL, 0, 0};
    char at[64], amount[64];
    struct node *change = node_new(NODE_MAP, none), *set = node_new(NODE_MAP, none);
    date_format(setup->dates[date].delivery, setup->offset, at, sizeof(at));
    vary_difference(setup->vary, from, to, amount, sizeof(amount));
    node_add(set, setup->vary->path, none, node_new_scalar(amount, none));
    node_add(change, "at", none, node_new_scalar(at, none));
    node_add(change, "set", none, set);
    node_append(list, change);
}

char *purchases_changes(const struct purchases *purchases, const size_t at[2],
                        const struct node *changes)
{
    const struct mark none = {NULL, 0, 0};
    struct node *list = changes ? node_copy(changes) : node_new(NODE_LIST, none);
    size_t before = 0;
    for (size_t date = purchases->first; date <= purchases->planned; date++) {
        const size_t level = date < purchases->planned ? purchases->levels[date]
                                                       : level_before(purchases, date) + at[0];
        if (level > before)
            add_change(list, purchases->setup, date, before, level);
        before = level;
    }
    char *yaml = list->len > 0 ? node_emit(list) : mem_text("[]");
    char *text = mem_format("changes=%s", yaml);
    free(yaml);
    node_free(list);
    return text;
}

static int plan_date(struct purchases *purchases, struct error *err)
{
    const size_t date = purchases->planned;
    struct sizing *search = &purchases->searches[date];
    struct sizing_setup *step = &purchases->steps[date];
    *step = purchases->setup->sizing;
    step->len[0] = purchases->setup->vary->len - level_before(purchases, date);
    step->len[1] = 0;
    step->rule.periods = &purchases->periods[purchases->first];
    step->rule.n_periods = date - purchases->first + 1;
    const int rc = sizing_make(search, step, err);
    if (rc < 0)
        return -1;
    purchases->met = search->best != NULL;
    const struct trial *most = search->items[search->len - 1];
    purchases->levels[date] =
        purchases_level(purchases, date, purchases->met ? search->best : most);
    purchases->planned++;
    return 0;
}

int purchases_make(struct purchases *purchases, const struct purchase_setup *setup,
                   struct error *err)
{
    *purchases = (struct purchases){.setup = setup,
                                    .met = true,
                                    .levels = mem_new(setup->len, sizeof(*purchases->levels)),
                                    .steps = mem_new(setup->len, sizeof(*purchases->steps)),
                                    .searches = mem_new(setup->len, sizeof(struct sizing)),
                                    .periods = mem_new(setup->len, sizeof(const char *))};
    for (size_t i = 0; i < setup->len; i++)
        purchases->periods[i] = setup->dates[i].period;
    while (purchases->first < setup->len && !setup->dates[purchases->first].possible)
        purchases->first++;
    purchases->planned = purchases->first;
    int rc = 0;
    while (rc == 0 && purchases->met && purchases->planned < setup->len)
        rc = plan_date(purchases, err);
    return rc;
}

void purchases_deinit(struct purchases *purchases)
{
    for (size_t i = 0; purchases->setup && i < purchases->setup->len; i++)
        sizing_deinit(&purchases->searches[i]);
    free(purchases->searches);
    free(purchases->steps);
    free(purchases->periods);
    free(purchases->levels);
    *purchases = (struct purchases){0};
}
