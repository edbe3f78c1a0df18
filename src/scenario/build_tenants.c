/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/build_tenants.h"

#include "scenario/variation.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

const struct tenant *build_tenant(const struct build *build, size_t epoch, size_t row)
{
    const struct scenario *scenario = build->program->epochs[epoch].scenario;
    const struct tenant *drawn =
        build->drawn ? build->drawn[epoch * scenario->rows.len + row] : NULL;
    return drawn ? drawn : scenario->rows.items[row].tenant;
}

char *tenant_path(const struct build *build, int32_t row)
{
    const struct tenant_row *rows = build->program->epochs[0].scenario->rows.items;
    const int32_t parent = rows[row].parent;
    const char *above = parent >= 0 ? build->world.tenants.items[parent].path : NULL;
    if (rows[row].member)
        return mem_format("%s/%d", above, (int)rows[row].member);
    const char *name = rows[row].tenant->named.name;
    return above ? mem_format("%s/%s", above, name) : mem_text(name);
}

/* The rows of a member are in the order of those of the first, which follow their group's. */
int32_t *build_alike(const struct build *build)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    int32_t *alike = mem_new(scenario->rows.len, sizeof(*alike));
    for (size_t i = 0; i < scenario->rows.len; i++) {
        const int32_t row = (int32_t)i, parent = scenario->rows.items[i].parent;
        int32_t first = row;
        if (parent >= 0 && alike[parent] != parent)
            first = alike[parent] + (row - parent);
        else if (scenario->rows.items[i].member > 1)
            first = parent + 1;
        alike[i] = first == row ? row : alike[first];
    }
    return alike;
}

/* --- members that vary --- */

static bool varies(const struct tenant_row *rows, size_t row)
{
    return rows[row].member && rows[rows[row].parent].tenant->n_variations > 0;
}

static int draw_member(struct build *build, size_t epoch, size_t row, struct rng_seed seed,
                       struct error_list *errors)
{
    const struct scenario *scenario = build->program->epochs[epoch].scenario;
    const struct tenant_row *rows = scenario->rows.items;
    const struct tenant *group = rows[rows[row].parent].tenant;
    char *address = mem_format("tenants/%s", build->world.tenants.items[row].path);
    struct error err;
    struct tenant *member = member_new(scenario, group, address, seed, &err);
    free(address);
    build->drawn[epoch * scenario->rows.len + row] = member;
    if (member)
        return 0;
    struct path path = {0};
    char place[200];
    push_tenant(&path, rows, (int32_t)row);
    error_list_addf(errors, group->variations[0].at, "%s: member %d draws: %s",
                    path_format(&path, place, sizeof(place)), (int)rows[row].member, err.text);
    path_deinit(&path);
    return -1;
}

void draw_members(struct build *build, const struct build_options *options,
                  struct error_list *errors)
{
    const struct program *program = build->program;
    const struct rng_seed seed = {options->seed, options->replication};
    const size_t n = program->epochs[0].scenario->rows.len;
    int rc = 0;
    for (size_t row = 0; row < n && rc == 0; row++) {
        if (!varies(program->epochs[0].scenario->rows.items, row))
            continue;
        if (!build->drawn)
            build->drawn = mem_new(n * program->n_epochs, sizeof(struct tenant *));
        for (size_t e = 0; e < program->n_epochs && rc == 0; e++)
            rc = draw_member(build, e, row, seed, errors);
    }
}

void drawn_deinit(struct build *build)
{
    const struct program *program = build->program;
    const size_t n = program ? program->epochs[0].scenario->rows.len * program->n_epochs : 0;
    for (size_t i = 0; build->drawn && i < n; i++)
        member_free(build->drawn[i]);
    free(build->drawn);
}

/* --- guarantees --- */

static void check_lending(const struct build *build, size_t row, struct error_list *errors)
{
    const struct program *program = build->program;
    int64_t most = -1;
    for (size_t e = 0; e < program->n_epochs; e++) {
        const struct guarantee_plan *plan =
            &program->epochs[e].scenario->rows.items[row].tenant->guarantee;
        if (plan->processors < 0 || plan->lend == INT64_MAX || plan->lend <= plan->processors)
            return;
        most = plan->processors > most ? plan->processors : most;
    }
    struct path path = {0};
    char place[200];
    push_tenant(&path, program->epochs[0].scenario->rows.items, (int32_t)row);
    path_push_key(&path, "guarantee");
    path_push_key(&path, "lend");
    const struct node *node = path_get(program->epochs[0].tree, &path);
    error_list_addf(
        errors, node ? node->at : program->epochs[0].scenario->rows.items[row].tenant->named.at,
        "%s: at most the %lld processor%s guaranteed", path_format(&path, place, sizeof(place)),
        (long long)most, most == 1 ? "" : "s");
    path_deinit(&path);
}

void check_guarantees(const struct build *build, struct error_list *errors)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    for (size_t row = 0; row < scenario->rows.len; row++)
        if (scenario->rows.items[row].member <= 1)
            check_lending(build, row, errors);
}

/* --- stays --- */

static void cut_stay(struct stay *stay, simtime from, simtime until)
{
    if (from > stay->from)
        stay->from = from;
    if (until < stay->until)
        stay->until = until;
}

static simtime member_joins(const struct program *program, const struct tenant *group,
                            int32_t member)
{
    const double year = 365.0 * 86400;
    const simtime from = program_instant(program, &group->members.join.from);
    const int64_t count = group->members.count;
    if (group->members.join.growth > 0) {
        const double per_year = log1p(group->members.join.growth * year);
        const double years = log((double)member / (double)count) / per_year;
        return member <= count ? from : from + simtime_from_seconds(years * year);
    }
    const double part = (double)(member - 1) / (double)count;
    return from + simtime_from_seconds(part * simtime_seconds(group->members.join.over));
}

static void check_stay(const struct tenant *tenant, const struct build *build, int32_t row,
                       struct error_list *errors)
{
    const struct program *program = build->program;
    if (!tenant->join.given || !tenant->leave.given ||
        program_instant(program, &tenant->leave) > program_instant(program, &tenant->join))
        return;
    struct path path = {0};
    char place[200];
    push_tenant(&path, program->epochs[0].scenario->rows.items, row);
    error_list_addf(errors, tenant->named.at, "%s: it leaves before it joins",
                    path_format(&path, place, sizeof(place)));
    path_deinit(&path);
}

void find_stays(struct build *build, struct error_list *errors)
{
    const struct program *program = build->program;
    const struct scenario *scenario = program->epochs[0].scenario;
    build->stays = mem_new(scenario->rows.len, sizeof(*build->stays));
    for (size_t row = 0; row < scenario->rows.len; row++) {
        const struct tenant_row *r = &scenario->rows.items[row];
        struct stay *stay = &build->stays[row];
        if (r->member <= 1)
            check_stay(r->tenant, build, (int32_t)row, errors);
        *stay = r->parent >= 0 ? build->stays[r->parent] : (struct stay){INT64_MIN, SIMTIME_NEVER};
        if (r->tenant->join.given)
            cut_stay(stay, program_instant(program, &r->tenant->join), SIMTIME_NEVER);
        if (r->tenant->leave.given)
            cut_stay(stay, INT64_MIN, program_instant(program, &r->tenant->leave));
        const struct tenant *group = r->member ? scenario->rows.items[r->parent].tenant : NULL;
        if (group && group->members.join.from.given)
            cut_stay(stay, member_joins(program, group, r->member), SIMTIME_NEVER);
    }
}
