/* Designs: which points of the space of factors are run. A design is one file in designs/ and one
 * line in meson.build; it either takes levels of the factors or fills the unit cube, which the
 * quantiles of the factors map to values.
 *
 * A design is a pure function of its parameters, the factors and the seed. What a factor draws is
 * addressed by its name: another factor changes no column but its own (of sobol, also those after
 * it). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_DESIGN_H
#define EXPERIMENT_DESIGN_H

#include "util/dist.h"

/* What is varied: one of `levels` things that the caller knows by their numbers, or a number of a
 * distribution. All borrowed. */
struct design_factor {
    const char *name;        /* of its own: the address of its draws */
    size_t levels;           /* 0: a distribution */
    const struct dist *dist; /* NULL: levels */
    bool whole;              /* numbers of the distribution are rounded to nearest */
};

struct design_input {
    const struct design_factor *factors;
    size_t n_factors; /* at least 1 */
    uint64_t seed;
};

struct design_type {
    struct kind kind;
    /* How many points, at least 1; -1 with an error if it cannot be of these factors. */
    int (*points)(const void *params, const struct design_input *input, size_t *ret_points,
                  struct error *err);
    /* By level: how many numbers stand for a distribution (NULL: there are none), and the number of
     * the level of each point and factor (points x factors, row by row). */
    size_t (*levels)(const void *params);
    void (*place)(const void *params, const struct design_input *input, size_t points, size_t *ret);
    /* Else where each point is in the unit cube [0, 1)^factors, row by row. */
    void (*fill)(const void *params, const struct design_input *input, size_t points, double *ret);
};

extern const struct kind_list design_kinds;

/* A table of points. Zeroed is empty. */
struct design {
    size_t points, factors;
    double *cells; /* owned; row by row: the number of the level, or the value */
};

/* More points x factors than this are refused: 160 MB. */
#define DESIGN_CELLS_MAX 20000000

/* `chosen` as FIELD_KIND of design_kinds decodes it. -1 with an error, which begins with the name
 * of the design; *ret is empty then. */
int design_make(const struct kinded *chosen, const struct design_input *input, struct design *ret,
                struct error *err);
void design_deinit(struct design *design);

/* Of a factor with levels, its number from 0; of one without, its value in SI units. */
size_t design_level(const struct design *design, size_t point, size_t factor);
double design_value(const struct design *design, size_t point, size_t factor);

/* The value of a factor without levels at u of [0, 1): its quantile, rounded where it is whole. */
double design_quantile(const struct design_factor *factor, double u);

/* For designs: how many levels a factor has where a distribution is given so many. The numbers that
 * stand for it are quantiles in equal steps of probability: from end to end where it has two ends,
 * else the middles of strata. */
size_t design_levels_of(const struct design_factor *factor, size_t levels);

/* For designs that take a number of points and nothing else. */
struct design_points {
    int64_t points;
};
extern const struct field design_points_fields[];
int design_points(const void *params, const struct design_input *input, size_t *ret_points,
                  struct error *err);

#endif
