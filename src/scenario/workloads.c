/* The workloads of a tenant: each of the kind that its keys tell. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/brokers.h"
#include "scenario/complete.h"
#include "scenario/decode_internal.h"
#include "scenario/qos.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* The first key that no workload has and that may be meant to be one of the kinds; NULL: none. */
static const struct node_entry *mistyped_kind(const struct node *node, const char **ret_meant)
{
    const char *names[16];
    size_t len = 0;
    for (; len < ARRAY_LEN(names) && workload_kinds[len]; len++)
        names[len] = workload_kinds[len]->key;
    for (size_t i = 0; i < node->len; i++) {
        const char *key = node->items[i].key;
        bool known = field_find(workload_common_fields, key) != NULL;
        for (size_t k = 0; k < len; k++)
            known |= field_find(workload_kinds[k]->fields, key) != NULL;
        *ret_meant = known ? NULL : nearest_name(key, names, len);
        if (*ret_meant)
            return &node->items[i];
    }
    return NULL;
}

static const struct workload_kind *kind_of(struct decode *ctx, const struct node *node)
{
    const struct workload_kind *kind = NULL;
    char keys[200] = "";
    for (size_t i = 0; workload_kinds[i]; i++) {
        strncat(keys, i ? ", " : "", sizeof(keys) - strlen(keys) - 1);
        strncat(keys, workload_kinds[i]->key, sizeof(keys) - strlen(keys) - 1);
        if (!node_get(node, workload_kinds[i]->key))
            continue;
        if (kind) {
            decode_error(ctx, mark_of(node, workload_kinds[i]->key),
                         "jobs come from one source: %s or %s", kind->key, workload_kinds[i]->key);
            return NULL;
        }
        kind = workload_kinds[i];
    }
    if (kind)
        return kind;
    const char *meant;
    const struct node_entry *mistyped = mistyped_kind(node, &meant);
    if (mistyped) {
        decode_enter(ctx, mistyped->key);
        decode_error_key(ctx, mistyped->at, "unknown key, did you mean %s?", meant);
        decode_leave(ctx);
    } else if (node->faulty) {
        ctx->failures++;
    } else {
        decode_error(ctx, node->at, "where do its jobs come from? One of %s is needed", keys);
    }
    return NULL;
}

static size_t table_len(const struct field *table)
{
    size_t len = 0;
    while (table[len].kind != FIELD_END)
        len++;
    return len;
}

/* A workload's map holds the common keys and those of its kind: both tables as one, the second
 * behind the first in one object. */
static int decode_both(struct decode *ctx, const struct node *node, struct workload *workload,
                       const struct workload_kind *kind)
{
    const size_t n = table_len(workload_common_fields), m = table_len(kind->fields);
    struct field *table = mem_new(n + m + 1, sizeof(*table));
    memcpy(table, workload_common_fields, n * sizeof(*table));
    memcpy(table + n, kind->fields, (m + 1) * sizeof(*table));
    const size_t shift = (sizeof(struct workload) + 15) / 16 * 16;
    for (size_t i = n; i < n + m; i++)
        table[i].offset += shift;
    char *both = mem_new(1, shift + kind->size);
    memcpy(both, workload, sizeof(*workload));
    const int rc = decode_table(node, table, both, ctx);
    memcpy(workload, both, sizeof(*workload));
    workload->kind = kind;
    workload->params = mem_new(1, kind->size);
    memcpy(workload->params, both + shift, kind->size);
    free(both);
    free(table);
    return rc;
}

/* Where its jobs run must be clear. */
static void check_place(struct decode *ctx, const struct scenario *scenario,
                        const struct tenant *tenant, const struct workload *workload)
{
    const int64_t home = tenant->home ? scenario_centre(scenario, tenant->home) : -1;
    if (home < 0)
        return;
    const struct centre *centre = (const struct centre *)scenario->centres.items + home;
    const size_t queues = centre_queues(centre);
    if (workload->partition && strcmp(workload->partition, "any") == 0 &&
        queues > PARTITIONS_ANY_MAX) {
        decode_error_of(ctx, workload->node, "partition",
                        "any works with at most %d partitions; %s has %zu", PARTITIONS_ANY_MAX,
                        tenant->home, queues);
    } else if (!workload->partition && !node_get(workload->node, "partition") &&
               centre->partitions.len > 1) {
        decode_error_of(ctx, workload->node, "partition",
                        "%s has %zu partitions; name one of them, or any", tenant->home,
                        centre->partitions.len);
    } else if (workload->partition && strcmp(workload->partition, "any") != 0 &&
               centre_partition(centre, workload->partition) < 0) {
        unknown_name(ctx, mark_of(workload->node, "partition"), "partition", "partition",
                     workload->partition, &centre->partitions, sizeof(struct partition_plan));
    }
}

static void decode_workload(struct decode *ctx, const struct scenario *scenario,
                            const struct tenant *tenant, struct workload *workload)
{
    const struct node *node = workload->node;
    if (node->kind != NODE_MAP) {
        char found[80];
        decode_error(ctx, node->at, "expected a map, found %s",
                     node_describe(node, found, sizeof(found)));
        return;
    }
    const struct workload_kind *kind = kind_of(ctx, node);
    if (!kind)
        return;
    struct error err;
    if (decode_both(ctx, node, workload, kind) == 0 && kind->check &&
        kind->check(workload->params, &err) < 0)
        decode_fault(ctx, node, err.text);
    service_inherit(&workload->service, &tenant->service, node);
    service_check(ctx, scenario, &workload->service, node);
    workload->service.priority = service_priority(scenario, &workload->service);
    if (tenant->members.by && strcmp(kind->key, "log") != 0)
        decode_error(ctx, node->at, "members by user, group, queue or partition come from logs");
    check_place(ctx, scenario, tenant, workload);
    if (!node_get(node, "data_may_leave"))
        workload->freight.data_may_leave = tenant->data_may_leave;
    complete_freight(ctx, scenario, tenant->home, workload);
}

void complete_workloads(struct decode *ctx, const struct scenario *scenario, struct tenant *tenant)
{
    const struct node *map = tenant->workloads_node;
    if (!map)
        return;
    decode_enter(ctx, "workloads");
    if (map->kind != NODE_MAP) {
        char found[80];
        decode_error(ctx, map->at, "expected a map of names, found %s",
                     node_describe(map, found, sizeof(found)));
    } else {
        tenant->workloads.items = mem_new(map->len, sizeof(struct workload));
        for (size_t i = 0; i < map->len; i++) {
            struct workload *workload =
                (struct workload *)tenant->workloads.items + tenant->workloads.len++;
            workload->named = (struct named){mem_text(map->items[i].key), map->items[i].at};
            workload->node = map->items[i].value;
            decode_enter(ctx, workload->named.name);
            decode_workload(ctx, scenario, tenant, workload);
            decode_leave(ctx);
        }
    }
    decode_leave(ctx);
}

void workloads_deinit(struct tenant *tenant)
{
    struct workload *workloads = tenant->workloads.items;
    for (size_t i = 0; i < tenant->workloads.len; i++) {
        struct workload *w = &workloads[i];
        if (w->kind && w->params)
            schema_free(w->kind->fields, w->params);
        free(w->params);
        schema_free(workload_common_fields, w);
        free(w->named.name);
    }
    free(workloads);
    tenant->workloads = (struct items){0};
}
