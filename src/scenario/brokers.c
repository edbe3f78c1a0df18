/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/brokers.h"

#include "scenario/complete.h"
#include "util/mem.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#define IN(type, member) offsetof(struct type, member)

const struct field link_fields[] = {
    {.key = "between",
     .kind = FIELD_TEXTS,
     .offset = IN(link_plan, between),
     .flags = FIELD_REQUIRED,
     .help = "the two centres that it joins; both directions share it"},
    {.key = "bandwidth",
     .kind = FIELD_QUANTITY,
     .offset = IN(link_plan, bandwidth),
     .unit = UNIT_BANDWIDTH,
     .flags = FIELD_REQUIRED,
     .min = 1,
     .max = 1.25e14,
     .help = "shared equally by the transfers on it"},
    {.key = "latency",
     .kind = FIELD_DURATION,
     .offset = IN(link_plan, latency),
     .def = "0s",
     .min = 0,
     .max = 1e6,
     .help = "from the last bit sent to its arrival"},
    {.kind = FIELD_END},
};

static const char *const sights[] = {"plan", "queue", "free", NULL};

const struct field broker_fields[] = {
    {.key = "policy",
     .kind = FIELD_KIND,
     .offset = IN(broker_plan, policy),
     .kinds = &broker_kinds,
     .flags = FIELD_REQUIRED,
     .help = "how it chooses"},
    {.key = "refresh",
     .kind = FIELD_DURATION,
     .offset = IN(broker_plan, refresh),
     .def = "0s",
     .min = 0,
     .max = 1e9,
     .help = "it looks at the centres at multiples of this; 0s: whenever it decides"},
    {.key = "knows_own",
     .kind = FIELD_BOOL,
     .offset = IN(broker_plan, knows_own),
     .def = "true",
     .help = "it counts what it sent itself since it looked, and what is on its way"},
    {.key = "sees",
     .kind = FIELD_CHOICE,
     .offset = IN(broker_plan, sees),
     .choices = sights,
     .def = "plan",
     .help = "what it sees of a centre: its plan, how much waits and runs, or what is free "
             "beyond what waits"},
    {.key = "depth",
     .kind = FIELD_INT,
     .offset = IN(broker_plan, depth),
     .def = "100",
     .min = 0,
     .max = 1e6,
     .help = "jobs of each queue that it plans one by one; those behind count as work spread "
             "evenly"},
    {.key = "delay",
     .kind = FIELD_DURATION,
     .offset = IN(broker_plan, delay),
     .def = "0s",
     .min = 0,
     .max = 1e9,
     .help = "before a job is sent elsewhere than home"},
    {.kind = FIELD_END},
};

/* --- checks --- */

static void check_link(struct decode *ctx, const struct scenario *scenario,
                       const struct link_plan *link, const struct node *node)
{
    const struct node *between = node_get(node, "between");
    const char *const *ends = (const char *const *)link->between.items;
    if (!between)
        return;
    const size_t len = between->kind == NODE_LIST ? between->len : 1;
    if (len != 2)
        decode_error_of(ctx, node, "between", "a link joins two centres; here are %zu", len);
    else if (link->between.len == 2 && strcmp(ends[0], ends[1]) == 0)
        decode_error_of(ctx, node, "between", "a link joins two centres, not %s with itself",
                        ends[0]);
    for (size_t i = 0; i < link->between.len; i++)
        if (scenario_centre(scenario, ends[i]) < 0)
            unknown_name(ctx, between->at, "between", "centre", ends[i], &scenario->centres,
                         sizeof(struct centre));
}

void check_links(struct decode *ctx, const struct scenario *scenario, const struct node *root)
{
    const struct node *list = node_get(root, "links");
    const struct link_plan *links = scenario->links.items;
    if (scenario->centres.len == 0)
        return;
    decode_enter(ctx, "links");
    for (size_t i = 0; i < scenario->links.len; i++) {
        decode_enter_item(ctx, i);
        check_link(ctx, scenario, &links[i], list->items[i].value);
        decode_leave(ctx);
    }
    decode_leave(ctx);
    const struct centre *centres = scenario->centres.items;
    for (size_t i = 0; i < scenario->centres.len && scenario->broker.policy.kind; i++)
        if (centre_queues(&centres[i]) > PARTITIONS_ANY_MAX)
            decode_error_of(ctx, root, "broker",
                            "it works with at most %d partitions and reservations a centre; %s has "
                            "%zu",
                            PARTITIONS_ANY_MAX, centres[i].named.name, centre_queues(&centres[i]));
}

/* Somebody has to bring data or jobs to where they belong. */
static bool is_brokered(const struct scenario *scenario, const struct freight *freight)
{
    return scenario->broker.policy.kind || freight->place != freight->home;
}

bool freight_lists(const struct scenario *scenario, const struct freight *freight, int64_t centre)
{
    const struct centre *centres = scenario->centres.items;
    bool listed = freight->centres.len == 0;
    for (size_t i = 0; i < freight->centres.len; i++)
        listed |= strcmp(freight->centres.items[i], centres[centre].named.name) == 0;
    return listed;
}

bool freight_may_run(const struct scenario *scenario, const struct freight *freight, int64_t centre)
{
    if (is_brokered(scenario, freight) && !freight->data_may_leave)
        return centre == freight->place;
    return scenario->broker.policy.kind ? freight_lists(scenario, freight, centre)
                                        : centre == freight->home;
}

static void check_centres(struct decode *ctx, const struct scenario *scenario,
                          const struct freight *freight, const struct node *node)
{
    const struct node *list = node_get(node, "centres");
    const bool none = list->kind == NODE_LIST && list->len == 0;
    bool known = freight->centres.len > 0 &&
                 !node_fails(node, "data_at"); /* else, unless there are none, none could be read */
    for (size_t i = 0; i < freight->centres.len; i++) {
        const char *name = freight->centres.items[i];
        if (scenario_centre(scenario, name) >= 0)
            continue;
        known = false;
        unknown_name(ctx, mark_of(node, "centres"), "centres", "centre", name, &scenario->centres,
                     sizeof(struct centre));
    }
    if (none) {
        decode_error_of(ctx, node, "centres", "at least one is needed");
    } else if (known && freight->place >= 0 && !freight->data_may_leave &&
               !freight_lists(scenario, freight, freight->place)) {
        const struct centre *centres = scenario->centres.items;
        decode_error_of(ctx, node, "centres",
                        "its data may not leave %s, which is none of these centres",
                        centres[freight->place].named.name);
    }
}

void complete_freight(struct decode *ctx, const struct scenario *scenario, const char *home,
                      struct workload *workload)
{
    struct freight *freight = &workload->freight;
    const struct node *list = node_get(workload->node, "centres");
    freight->home = home ? scenario_centre(scenario, home) : -1;
    freight->place = freight->data_at ? scenario_centre(scenario, freight->data_at) : freight->home;
    if (freight->data_at && freight->place < 0 && scenario->centres.len > 0)
        unknown_name(ctx, mark_of(workload->node, "data_at"), "data_at", "centre", freight->data_at,
                     &scenario->centres, sizeof(struct centre));
    if (list && scenario->centres.len > 0)
        check_centres(ctx, scenario, freight, workload->node);
}

/* --- laying out --- */

static void lay_out_links(const struct scenario *scenario, struct broker_layout *layout)
{
    const struct link_plan *plans = scenario->links.items;
    layout->links = mem_new(scenario->links.len, sizeof(*layout->links));
    for (size_t i = 0; i < scenario->links.len; i++)
        layout->links[i] = (struct link){
            .ends = {(int32_t)scenario_centre(scenario, plans[i].between.items[0]),
                     (int32_t)scenario_centre(scenario, plans[i].between.items[1])},
            .bandwidth = llround(plans[i].bandwidth * 8),
            .latency = plans[i].latency,
        };
}

/* Do both send their jobs to the same place, with the same freight? */
bool workload_same_place(const struct workload *a, const struct workload *b)
{
    const struct freight *f = &a->freight, *g = &b->freight;
    const struct node *data = node_get(a->node, "data"), *other = node_get(b->node, "data");
    bool same = f->home == g->home && f->place == g->place &&
                f->data_may_leave == g->data_may_leave && f->centres.len == g->centres.len &&
                !a->partition == !b->partition && !data == !other;
    same = same && (!a->partition || strcmp(a->partition, b->partition) == 0) &&
           (!data || node_equal(data, other));
    for (size_t i = 0; same && i < f->centres.len; i++)
        same = strcmp(f->centres.items[i], g->centres.items[i]) == 0;
    return same;
}

static void lay_out_freights(const struct build *build, struct broker_layout *layout, size_t row)
{
    const struct build_workload *bw = &build->workloads[row];
    const size_t n = build->world.n_centres;
    struct sim_freight *items = layout->items + layout->n_items;
    layout->freights[row] = (struct sim_freights){bw->context.path, items, bw->n_places};
    for (size_t k = 0; k < bw->n_places; k++) {
        const size_t epoch = bw->places[k].epoch;
        const struct scenario *scenario = build->program->epochs[epoch].scenario;
        const struct freight *freight = &build_workload_at(build, epoch, row)->freight;
        bool *allowed = layout->allowed + layout->n_items++ * n;
        for (size_t i = 0; i < n; i++)
            allowed[i] = freight_may_run(scenario, freight, (int64_t)i);
        items[k] = (struct sim_freight){
            .from = build->program->epochs[epoch].at,
            .data = freight->data,
            .home = (int32_t)freight->home,
            .data_at = (int32_t)freight->place,
            .may_leave = freight->data_may_leave,
            .centres = allowed,
        };
    }
}

struct broker_layout *broker_layout_new(const struct build *build, struct rng_seed seed)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const struct broker_plan *plan = &scenario->broker;
    const size_t n = build->world.n_workloads;
    bool needed = false;
    size_t items = 0;
    for (size_t i = 0; i < n; i++) {
        const struct build_workload *bw = &build->workloads[i];
        items += bw->n_places;
        for (size_t k = 0; k < bw->n_places; k++)
            needed |=
                is_brokered(scenario, &build_workload_at(build, bw->places[k].epoch, i)->freight);
    }
    if (!needed)
        return NULL;
    struct broker_layout *layout = mem_new(1, sizeof(*layout));
    lay_out_links(scenario, layout);
    layout->freights = mem_new(n, sizeof(*layout->freights));
    layout->items = mem_new(items, sizeof(*layout->items));
    layout->allowed = mem_new(items * build->world.n_centres, sizeof(*layout->allowed));
    for (size_t i = 0; i < n; i++)
        lay_out_freights(build, layout, i);
    layout->setup = (struct sim_broker){
        .type = plan->policy.kind ? (const struct broker_type *)(const void *)plan->policy.kind
                                  : &broker_home,
        .params = plan->policy.params,
        .refresh = plan->refresh,
        .delay = plan->delay,
        .sees = (enum broker_sees)plan->sees,
        .knows_own = plan->knows_own,
        .depth = (size_t)plan->depth,
        .links = layout->links,
        .n_links = scenario->links.len,
        .freights = layout->freights,
        .seed = seed,
    };
    return layout;
}

void broker_layout_free(struct broker_layout *layout)
{
    if (!layout)
        return;
    free(layout->links);
    free(layout->freights);
    free(layout->items);
    free(layout->allowed);
    free(layout);
}
