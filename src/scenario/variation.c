/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/variation.h"

#include "scenario/complete.h"
#include "scenario/decode_internal.h"
#include "scenario/field_at.h"
#include "util/dist.h"
#include "util/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void variations_deinit(struct tenant *group)
{
    for (size_t i = 0; i < group->n_variations; i++) {
        path_deinit(&group->variations[i].path);
        free(group->variations[i].purpose);
        dist_free(group->variations[i].dist);
    }
    free(group->variations);
    group->variations = NULL;
    group->n_variations = 0;
}

/* --- reading --- */

static bool is_number(const struct field *field)
{
    return field->kind == FIELD_QUANTITY || field->kind == FIELD_INT ||
           field->kind == FIELD_DURATION || field->kind == FIELD_DIST;
}

static bool is_own(const struct path *path)
{
    static const char *const own[] = {"share", "quota", "guarantee", "workloads"};
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (path->len > 0 && path->items[0].key && strcmp(path->items[0].key, own[i]) == 0)
            return true;
    return false;
}

/* Does the path lead to what is not there as something on the way is wrong, which is told? */
static bool is_told(const struct node *each, const struct path *path)
{
    struct path front = {path->items, 0, 0};
    bool told = false;
    for (; front.len < path->len && !path_get(each, path); front.len++) {
        const struct node *node = path_get(each, &front);
        told |= node && node->faulty;
    }
    return told;
}

static int find_place(struct decode *ctx, const struct tenant *group, struct variation *v,
                      const struct node_entry *entry)
{
    struct error err;
    struct field_place place;
    if (path_parse(entry->key, &v->path, &err) < 0)
        return decode_error_key(ctx, entry->at, "%s", err.text);
    if (!is_own(&v->path))
        return decode_error_key(
            ctx, entry->at,
            "only what is each member's own can vary: share, quota, guarantee and "
            "workloads");
    if (is_told(group->members.each_node, &v->path)) {
        ctx->failures++;
        return -1;
    }
    if (!field_at(tenant_fields, group->members.each_node, &v->path, 0, &place)) {
        char hint[200];
        path_suggest(group->members.each_node, &v->path, hint, sizeof(hint));
        return decode_error_key(ctx, entry->at, "each member has no such value%s", hint);
    }
    if (!is_number(place.field))
        return decode_error_key(ctx, entry->at, "only numbers can vary");
    v->field = place.field;
    v->unit = place.field->kind == FIELD_DURATION ? UNIT_TIME : place.unit;
    return 0;
}

static int check_scaled(struct decode *ctx, const struct tenant *group, const struct variation *v)
{
    double number;
    const struct node *node = path_get(group->members.each_node, &v->path);
    if (node && node->kind == NODE_SCALAR && quantity_number(node->text, &number) > 0)
        return 0;
    return decode_error_key(ctx, v->at, "there is no number to multiply in what each member is");
}

static void decode_variation(struct decode *ctx, struct tenant *group,
                             const struct node_entry *entry, bool scales)
{
    group->variations =
        mem_resize(group->variations, group->n_variations + 1, sizeof(*group->variations));
    struct variation *v = &group->variations[group->n_variations++];
    *v = (struct variation){.scales = scales, .purpose = mem_text(entry->key), .at = entry->at};
    if (find_place(ctx, group, v, entry) < 0 || (scales && check_scaled(ctx, group, v) < 0))
        return;
    const struct field field = {
        .key = "vary", .kind = FIELD_DIST, .unit = scales ? UNIT_NONE : v->unit};
    decode_dist(ctx, &field, entry->value, &v->dist);
}

static void decode_all(struct decode *ctx, struct tenant *group, const char *key,
                       const struct node *map, bool scales)
{
    char found[80];
    if (!map)
        return;
    decode_enter(ctx, key);
    if (map->kind != NODE_MAP)
        decode_error(ctx, map->at, "expected a map PATH: distribution, found %s",
                     node_describe(map, found, sizeof(found)));
    for (size_t i = 0; map->kind == NODE_MAP && i < map->len; i++) {
        decode_enter(ctx, map->items[i].key);
        decode_variation(ctx, group, &map->items[i], scales);
        decode_leave(ctx);
    }
    decode_leave(ctx);
}

void variations_decode(struct decode *ctx, struct tenant *group)
{
    decode_all(ctx, group, "vary", group->members.vary_node, false);
    decode_all(ctx, group, "scale", group->members.scale_node, true);
}

/* --- drawing --- */

static char *drawn_text(const struct variation *v, const struct node *each, double value)
{
    char text[64];
    const bool whole = field_is_whole(v->field);
    if (whole && !v->scales)
        value = round(value);
    /* The shortest text takes long to find, and there may be many members. */
    if (!v->scales && v->unit == UNIT_NONE)
        return mem_format("%.17g", value);
    if (!v->scales && (v->unit == UNIT_TIME || v->unit == UNIT_RATE))
        return mem_format("%.17g%s", value, v->unit == UNIT_TIME ? " s" : "/s");
    if (!v->scales)
        return mem_text(quantity_format(value, v->unit, text, sizeof(text)));
    const char *old = path_get(each, &v->path)->text;
    double number;
    if (whole && quantity_parse(old, UNIT_NONE, &number, NULL) == 0)
        return mem_format("%.17g", round(number * value));
    const size_t len = quantity_number(old, &number);
    return mem_format("%.17g%s", number * value, old + len);
}

static int draw(const struct variation *v, struct node *each, const char *address,
                struct rng_seed seed, struct error *err)
{
    struct rng_stream stream;
    rng_stream_init(&stream, seed, address, v->purpose);
    double value = dist_draw(v->dist, rng_at(&stream, 0));
    rng_stream_deinit(&stream);
    if (v->scales && v->field->kind == FIELD_INT)
        value = fmax(value, 0);
    char *text = drawn_text(v, each, value);
    const int rc = path_set(each, &v->path, v->at, node_new_scalar(text, v->at), err);
    if (rc < 0)
        error_prefix(err, "%s: ", v->purpose);
    free(text);
    return rc;
}

/* Its own values: the tenants below it are the same for all. */
static struct node *own_part(const struct node *each)
{
    struct node *copy = node_new(NODE_MAP, each->at);
    for (size_t i = 0; i < each->len; i++)
        if (strcmp(each->items[i].key, "tenants") != 0 &&
            strcmp(each->items[i].key, "members") != 0)
            node_add(copy, each->items[i].key, each->items[i].at, node_copy(each->items[i].value));
    return copy;
}

/* The drawn tree dies: what each is has the same nodes, but for the values. */
static void borrow_nodes(struct tenant *member, const struct tenant *each)
{
    struct workload *own = member->workloads.items;
    const struct workload *theirs = each->workloads.items;
    member->workloads_node = each->workloads_node;
    for (size_t k = 0; k < member->workloads.len; k++)
        own[k].node = theirs[k].node;
}

void member_free(struct tenant *member)
{
    if (!member)
        return;
    workloads_deinit(member);
    schema_free(tenant_fields, member);
    free(member);
}

struct tenant *member_new(const struct scenario *scenario, const struct tenant *group,
                          const char *address, struct rng_seed seed, struct error *err)
{
    struct error_list errors = {0};
    struct decode ctx = {.errors = &errors};
    struct node *each = own_part(group->members.each_node);
    struct tenant *member = mem_new(1, sizeof(*member));
    int rc = 0;
    for (size_t i = 0; i < group->n_variations && rc == 0; i++)
        rc = draw(&group->variations[i], each, address, seed, err);
    if (rc == 0) {
        decode_table(each, tenant_fields, member, &ctx);
        complete_alone(&ctx, scenario, member, group, each);
        borrow_nodes(member, group->each);
        if (ctx.failures > 0)
            rc = error_set(err, "%s", errors.len > 0 ? errors.items[0].text : "cannot be drawn");
    }
    node_free(each);
    error_list_deinit(&errors);
    decode_deinit(&ctx);
    if (rc == 0)
        return member;
    member_free(member);
    return NULL;
}
