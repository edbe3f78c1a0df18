/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/qos.h"

#include "scenario/changes.h"
#include "scenario/complete.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

#define NO_QOS "none"

/* -1: there is none of that name. */
static int64_t find(const struct scenario *scenario, const char *name)
{
    const struct qos_plan *plans = scenario->qos.items;
    for (size_t i = 0; name && i < scenario->qos.len; i++)
        if (strcmp(plans[i].named.name, name) == 0)
            return (int64_t)i;
    return -1;
}

void complete_qos(struct decode *ctx, struct scenario *scenario, const struct node *root)
{
    struct qos_plan *plans = scenario->qos.items;
    const struct node *map = node_get(root, "qos");
    decode_enter(ctx, "qos");
    if (scenario->qos.len > QOS_MAX)
        decode_error(ctx, map->at, "at most %d", QOS_MAX);
    for (size_t i = 0; i < scenario->qos.len; i++) {
        const struct node *node = node_get(map, plans[i].named.name);
        decode_enter(ctx, plans[i].named.name);
        if (!*plans[i].named.name || strcmp(plans[i].named.name, NO_QOS) == 0)
            decode_error_key(ctx, plans[i].named.at,
                             "a QOS has a name, and another one than " NO_QOS
                             ", which stands for having none");
        if (!node_get(node, "priority"))
            plans[i].priority = -1;
        complete_quota(ctx, &plans[i].quota, node, "quota");
        complete_quota(ctx, &plans[i].each, node, "each");
        decode_leave(ctx);
    }
    decode_leave(ctx);
}

/* --- whose jobs have which --- */

void service_inherit(struct service *own, const struct service *above, const struct node *node)
{
    const bool priority = node_get(node, "priority"), qos = node_get(node, "qos");
    own->said = priority || (!qos && above && above->said);
    if (above && !priority)
        own->priority = above->priority;
    if (!above || qos)
        return;
    char *name = above->qos ? mem_text(above->qos) : NULL;
    free(own->qos);
    own->qos = name;
}

void service_check(struct decode *ctx, const struct scenario *scenario,
                   const struct service *service, const struct node *node)
{
    if (node_get(node, "qos") && service->qos && strcmp(service->qos, NO_QOS) != 0 &&
        find(scenario, service->qos) < 0)
        unknown_name(ctx, mark_of(node, "qos"), "qos", "QOS", service->qos, &scenario->qos,
                     sizeof(struct qos_plan));
}

int service_priority(const struct scenario *scenario, const struct service *service)
{
    const struct qos_plan *plans = scenario->qos.items;
    const int64_t row = find(scenario, service->qos);
    return row >= 0 && !service->said && plans[row].priority >= 0 ? plans[row].priority
                                                                  : service->priority;
}

int32_t service_row(const struct scenario *scenario, const struct service *service)
{
    return (int32_t)find(scenario, service->qos) + 1;
}

/* --- what their jobs may have --- */

static struct qos_info terms(struct build *build, size_t epoch, size_t i)
{
    const struct scenario *scenario = build->program->epochs[epoch].scenario;
    const struct qos_plan *plan = (const struct qos_plan *)scenario->qos.items + i;
    return (struct qos_info){.name = plan->named.name,
                             .quota = kept_quota(build, &plan->quota),
                             .each = kept_quota(build, &plan->each)};
}

void lay_out_qos(struct build *build)
{
    struct world *world = &build->world;
    const size_t n = build->program->epochs[0].scenario->qos.len;
    if (n == 0)
        return;
    world->qos = mem_new(n + 1, sizeof(*world->qos));
    world->n_qos = n + 1;
    world->qos[0] = (struct qos_info){.name = NO_QOS};
    for (size_t i = 0; i < n; i++)
        world->qos[i + 1] = terms(build, 0, i);
}

void find_qos_changes(struct build *build)
{
    for (size_t i = 0; i + 1 < build->world.n_qos; i++) {
        struct qos_info old = build->world.qos[i + 1];
        for (size_t e = 1; e < build->program->n_epochs; e++) {
            const struct qos_info new = terms(build, e, i);
            if (!same_quota(old.quota, new.quota) || !same_quota(old.each, new.each))
                add_change(build, &(struct sim_change){.at = build->program->epochs[e].at,
                                                       .what = CHANGE_QOS,
                                                       .qos = (int32_t)i + 1,
                                                       .quota = new.quota,
                                                       .each = new.each});
            old = new;
        }
    }
}
