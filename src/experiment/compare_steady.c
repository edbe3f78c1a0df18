/* Whether one long-run number makes sense: nothing dated, and less asked for than there is. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/compare.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Keys of the language that make one time of a run unlike another, and what stands under them:
 * names that people give may be the same words. */
static const char *find_dated(const struct node *node)
{
    static const struct {
        const char *key;
        enum node_kind kind;
    } rows[] = {{"growth", NODE_SCALAR},    {"join", NODE_SCALAR},      {"join", NODE_MAP},
                {"leave", NODE_SCALAR},     {"log", NODE_SCALAR},       {"jobs", NODE_LIST},
                {"maintenance", NODE_LIST}, {"reservations", NODE_LIST}};
    /* these may name other things elsewhere */
    static const char *const arrivals[] = {"arrival", "lublin"}, *const dates[] = {"from", "until"};
    for (size_t i = 0; i < node->len; i++) {
        const struct node_entry *entry = &node->items[i];
        for (size_t k = 0; entry->key && k < ARRAY_LEN(rows); k++)
            if (strcmp(entry->key, rows[k].key) == 0 && entry->value->kind == rows[k].kind)
                return rows[k].key;
        for (size_t k = 0; entry->key && k < ARRAY_LEN(arrivals); k++)
            for (size_t d = 0; d < ARRAY_LEN(dates); d++)
                if (strcmp(entry->key, arrivals[k]) == 0 && node_get(entry->value, dates[d]) &&
                    node_get(entry->value, dates[d])->kind == NODE_SCALAR)
                    return dates[d];
        const char *below = find_dated(entry->value);
        if (below)
            return below;
    }
    return NULL;
}

char *compare_dated(const struct program *program)
{
    static const char *const parts[] = {"changes", "centres", "tenants", "templates"};
    const struct node *root = program->resolved;
    if (program->epochs[0].scenario->time.length == SIMTIME_NEVER)
        return mem_text("it has no length");
    if (program->changes)
        return mem_text("it has `changes`");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const struct node *part = node_get(root, parts[i]);
        const char *key = part ? find_dated(part) : NULL;
        if (key)
            return mem_format("it has `%s` under `%s`", key, parts[i]);
    }
    return NULL;
}

/* --- offered load --- */

struct load {
    double asked, there; /* processors */
};

static double installed(const struct build *build, size_t row)
{
    const struct partition_setup *setup = &build->partitions[row].setup;
    double sum = 0;
    for (size_t g = 0; g < setup->n_groups; g++)
        sum += (double)setup->groups[g].nodes * (double)setup->groups[g].procs_per_node;
    return sum;
}

static bool inside(const struct build *build, size_t row, int32_t partition, int32_t centre)
{
    const struct world *world = &build->world;
    if (world->partitions[row].part)
        return false;
    return partition >= 0 ? (int32_t)row == partition
                          : centre < 0 || world->partitions[row].centre == centre;
}

/* Of a partition, of a centre (partition -1) or of all (both -1). Jobs that may run anywhere in a
 * centre are not in the load of its partitions. */
static struct load load_of(const struct build *build, int32_t partition, int32_t centre)
{
    struct load load = {0};
    for (size_t row = 0; row < build->world.n_partitions; row++)
        load.there += inside(build, row, partition, centre) ? installed(build, row) : 0;
    for (size_t w = 0; w < build->world.n_workloads; w++) {
        const struct build_workload *workload = &build->workloads[w];
        const struct job_spec *base = &workload->context.base;
        struct workload_outlook outlook = {0};
        struct workload_context context = workload->context;
        if (partition >= 0 ? base->partition != partition : centre >= 0 && base->centre != centre)
            continue;
        if (workload->workload->kind->outlook(workload->workload->params, &context, &outlook,
                                              NULL) == 0 &&
            outlook.endless && !outlook.even)
            load.asked += outlook.load;
    }
    return load;
}

static char *words(const char *what, const char *name, struct load load)
{
    return mem_format(
        "%s%s is asked for %.4g of %.4g processors (%.0f %%): its queue grows without "
        "bound, there is no long-run number",
        what, name, load.asked, load.there, 100 * load.asked / load.there);
}

static bool too_much(struct load load)
{
    return load.asked > 0 && load.asked >= load.there;
}

char *compare_instability(const struct build *build)
{
    const struct world *world = &build->world;
    const struct load all = load_of(build, -1, -1);
    if (too_much(all) && world->n_partitions > 1)
        return words("all together", "", all);
    if (build->broker && world->n_partitions > 1)
        return NULL; /* who runs where is the broker's */
    for (size_t row = 0; row < world->n_partitions; row++) {
        const struct load load = load_of(build, (int32_t)row, -1);
        if (!world->partitions[row].part && too_much(load))
            return words("partition ", world->partitions[row].path, load);
    }
    for (size_t c = 0; c < world->n_centres; c++) {
        const struct load load = load_of(build, -1, (int32_t)c);
        if (too_much(load))
            return words("centre ", world->centres[c].name, load);
    }
    return NULL;
}
