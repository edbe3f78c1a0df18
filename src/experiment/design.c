/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/design.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

#define DESIGN(name) extern const struct design_type design_##name;
#include "design_list.h"
#undef DESIGN

static const struct kind *const designs[] = {
#define DESIGN(name) &design_##name.kind,
#include "design_list.h"
#undef DESIGN
    NULL,
};

const struct kind_list design_kinds = {.what = "design", .whats = "designs", .items = designs};

const struct field design_points_fields[] = {
    {"points", FIELD_INT, offsetof(struct design_points, points), "how many", .min = 1,
     .max = DESIGN_CELLS_MAX, .flags = FIELD_REQUIRED},
    {0},
};

int design_points(const void *params, const struct design_input *input, size_t *ret_points,
                  struct error *err)
{
    (void)input;
    (void)err;
    *ret_points = (size_t)((const struct design_points *)params)->points;
    return 0;
}

size_t design_levels_of(const struct design_factor *factor, size_t levels)
{
    return factor->dist ? levels : factor->levels;
}

double design_quantile(const struct design_factor *factor, double u)
{
    const double value = dist_quantile(factor->dist, u > 0 ? u : 0x1p-54);
    return factor->whole ? round(value) : value;
}

/* A level of a distribution: ends included where there are any, else middles of strata. */
static double level_value(const struct design_factor *factor, size_t level, size_t levels)
{
    const double least = dist_least(factor->dist), greatest = dist_greatest(factor->dist);
    double value;
    if (levels < 2 || !isfinite(least) || !isfinite(greatest))
        value = dist_quantile(factor->dist, ((double)level + 0.5) / (double)levels);
    else if (level == 0 || level + 1 == levels)
        value = level == 0 ? least : greatest;
    else
        value = dist_quantile(factor->dist, (double)level / (double)(levels - 1));
    return factor->whole ? round(value) : value;
}

static void make_placed(const struct design_type *type, const void *params,
                        const struct design_input *input, struct design *design)
{
    const size_t n = input->n_factors, own = type->levels ? type->levels(params) : 0;
    size_t *levels = mem_new(design->points * n, sizeof(*levels));
    type->place(params, input, design->points, levels);
    for (size_t i = 0; i < design->points * n; i++) {
        const struct design_factor *factor = &input->factors[i % n];
        REQUIRE(levels[i] < design_levels_of(factor, own));
        design->cells[i] = factor->dist ? level_value(factor, levels[i], own) : (double)levels[i];
    }
    free(levels);
}

static void make_filled(const struct design_type *type, const void *params,
                        const struct design_input *input, struct design *design)
{
    const size_t n = input->n_factors;
    type->fill(params, input, design->points, design->cells);
    for (size_t i = 0; i < design->points * n; i++) {
        const struct design_factor *factor = &input->factors[i % n];
        const double u = design->cells[i];
        REQUIRE(u >= 0 && u < 1);
        design->cells[i] =
            factor->dist ? design_quantile(factor, u) : floor(u * (double)factor->levels);
    }
}

int design_make(const struct kinded *chosen, const struct design_input *input, struct design *ret,
                struct error *err)
{
    const struct design_type *type = (const struct design_type *)chosen->kind;
    struct design design = {.factors = input->n_factors};
    *ret = (struct design){0};
    REQUIRE(input->n_factors > 0);
    for (size_t i = 0; i < input->n_factors; i++)
        REQUIRE((input->factors[i].dist == NULL) == (input->factors[i].levels > 0));
    if (type->points(chosen->params, input, &design.points, err) < 0)
        return error_prefix(err, "%s: ", type->kind.name);
    if (design.points > DESIGN_CELLS_MAX / design.factors)
        return error_set(err, "%s: too many points: at most %zu of %zu factors", type->kind.name,
                         DESIGN_CELLS_MAX / design.factors, design.factors);
    design.cells = mem_new(design.points * design.factors, sizeof(*design.cells));
    if (type->fill)
        make_filled(type, chosen->params, input, &design);
    else
        make_placed(type, chosen->params, input, &design);
    *ret = design;
    return 0;
}

void design_deinit(struct design *design)
{
    free(design->cells);
    *design = (struct design){0};
}

double design_value(const struct design *design, size_t point, size_t factor)
{
    REQUIRE(point < design->points && factor < design->factors);
    return design->cells[point * design->factors + factor];
}

size_t design_level(const struct design *design, size_t point, size_t factor)
{
    return (size_t)design_value(design, point, factor);
}
